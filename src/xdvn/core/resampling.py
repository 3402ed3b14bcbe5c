"""Between grids: pooling, bilinear upsampling, and trading space for channels.

All are linear maps of one sample "*space channel" for any number of space dimensions and any size: a size that the
factor does not divide is padded at its far end and cropped on the way back, so no row is ever lost. Upsampling
by a whole factor is a sum of shifted fields, whose transpose is again one (a gather would be transposed into a
scatter); to any other size it is a product with small dense matrices.
"""

from __future__ import annotations

import jax
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
        matrix = _interpolation(n, x.shape[axis])
        bands = _bands(matrix)
        if bands is None:
            x = jnp.moveaxis(jnp.tensordot(jnp.asarray(matrix, x.dtype), x, (1, axis)), 0, axis)
        else:
            x = _banded(bands, x, axis, n)
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


def _banded(bands: np.ndarray, x: Array, axis: int, fine: int) -> Array:
    """Multiply by the matrix that has these bands, along one axis: the r-th of p fields holds cells p i + r."""
    n = x.shape[axis]
    padded = jnp.pad(x, [(1, 1) if a == axis else (0, 0) for a in range(x.ndim)])
    column = [-1 if a == axis else 1 for a in range(x.ndim)]
    phases = []
    for weights in bands:
        terms = [
            jnp.asarray(weights[d].reshape(column), x.dtype) * jax.lax.slice_in_dim(padded, d, d + n, axis=axis)
            for d in range(3)
            if weights[d].any()
        ]
        phases.append(sum(terms[1:], terms[0]))
    whole = jnp.stack(phases, axis + 1)
    whole = whole.reshape(*x.shape[:axis], len(bands) * n, *x.shape[axis + 1 :])
    return jax.lax.slice_in_dim(whole, 0, fine, axis=axis)


def _bands(matrix: np.ndarray) -> np.ndarray | None:
    """Return b with matrix[p i + r, i + d - 1] = b[r, d, i], or None where more than these are not zero."""
    fine, coarse = matrix.shape
    p = -(-fine // coarse)
    bands = np.zeros((p, 3, coarse))
    for j, i in zip(*np.nonzero(matrix), strict=True):
        if abs(i - j // p) > 1:
            return None
        bands[j % p, 1 + i - j // p, j // p] = matrix[j, i]
    return bands


def _interpolation(fine: int, coarse: int) -> np.ndarray:
    at = np.linspace(0, coarse - 1, fine) if fine > 1 else np.zeros(1)
    left = np.clip(np.floor(at).astype(int), 0, max(coarse - 2, 0))
    matrix = np.zeros((fine, coarse))
    matrix[np.arange(fine), left] += 1 - (at - left)
    matrix[np.arange(fine), np.minimum(left + 1, coarse - 1)] += at - left
    return matrix
