"""Between grids: pooling, bilinear upsampling, and trading space for channels.

All are linear maps of one sample "*space channel" for any number of space dimensions and any size: a size that the
factor does not divide is padded at its far end and cropped on the way back, so no row is ever lost. Upsampling is a
product with small dense matrices, whose transpose is again a product (a gather would be transposed into a scatter).
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

__all__ = ["depth_to_space", "pool", "space_to_depth", "upsample"]


def pool(x: Float[Array, "*space channel"], factor: int) -> Float[Array, "*coarse channel"]:
    """Average over blocks of ``factor`` cells per dimension; a last partial block repeats the edge value."""
    x = _pad(x, factor, "edge")
    blocks = x.reshape(*[m for n in x.shape[:-1] for m in (n // factor, factor)], x.shape[-1])
    return blocks.mean(axis=tuple(range(1, 2 * (x.ndim - 1), 2)))


def upsample(x: Float[Array, "*coarse channel"], shape: tuple[int, ...]) -> Float[Array, "*space channel"]:
    """Interpolate linearly along each dimension to ``shape``, first and last points kept (aligned corners)."""
    for axis, n in enumerate(shape):
        matrix = jnp.asarray(_interpolation(n, x.shape[axis]), x.dtype)
        x = jnp.moveaxis(jnp.tensordot(matrix, x, (1, axis)), 0, axis)
    return x


def space_to_depth(x: Float[Array, "*space channel"], factor: int) -> Float[Array, "*coarse deep"]:
    """Move each block of ``factor`` cells per dimension into the channels; zeros pad a last partial block."""
    ndim = x.ndim - 1
    x = _pad(x, factor, "constant")
    coarse = [n // factor for n in x.shape[:-1]]
    blocks = x.reshape(*[m for n in coarse for m in (n, factor)], x.shape[-1])
    order = [*range(0, 2 * ndim, 2), *range(1, 2 * ndim, 2), 2 * ndim]
    return blocks.transpose(order).reshape(*coarse, factor**ndim * x.shape[-1])


def depth_to_space(
    x: Float[Array, "*coarse deep"], factor: int, shape: tuple[int, ...]
) -> Float[Array, "*space channel"]:
    """Undo ``space_to_depth`` and crop to ``shape``."""
    ndim = x.ndim - 1
    coarse = x.shape[:-1]
    blocks = x.reshape(*coarse, *(factor,) * ndim, x.shape[-1] // factor**ndim)
    order = [a for d in range(ndim) for a in (d, ndim + d)] + [2 * ndim]
    whole = blocks.transpose(order).reshape(*[n * factor for n in coarse], -1)
    return whole[tuple(slice(n) for n in shape)]


def _pad(x: Array, factor: int, mode: str) -> Array:
    short = [-n % factor for n in x.shape[:-1]]
    return jnp.pad(x, [(0, s) for s in short] + [(0, 0)], mode=mode) if any(short) else x


def _interpolation(fine: int, coarse: int) -> np.ndarray:
    at = np.linspace(0, coarse - 1, fine) if fine > 1 else np.zeros(1)
    left = np.clip(np.floor(at).astype(int), 0, max(coarse - 2, 0))
    matrix = np.zeros((fine, coarse))
    matrix[np.arange(fine), left] += 1 - (at - left)
    matrix[np.arange(fine), np.minimum(left + 1, coarse - 1)] += at - left
    return matrix
