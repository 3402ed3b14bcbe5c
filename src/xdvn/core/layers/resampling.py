"""Resampling between grids of any size: pooling, linear upsampling, and exchange of space and channels."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

__all__ = ["depth_to_space", "pool", "space_to_depth", "upsample"]


def pool(x: Float[Array, "*space channel"], factor: int) -> Float[Array, "*coarse channel"]:
    """Average over blocks of ``factor`` cells per dimension; the edge value completes a partial block."""
    x = _pad(x, factor, "edge")
    blocks = x.reshape(*[m for n in x.shape[:-1] for m in (n // factor, factor)], x.shape[-1])
    return blocks.mean(axis=tuple(range(1, 2 * (x.ndim - 1), 2)))


def upsample(x: Float[Array, "*coarse channel"], shape: tuple[int, ...]) -> Float[Array, "*space channel"]:
    """Interpolate linearly along each dimension to ``shape``, with aligned corners."""
    for axis, n in enumerate(shape):
        matrix = _interpolation_matrix(n, x.shape[axis])
        bands = None if x.shape[axis] <= _DENSE else _bands(matrix)
        if bands is None:
            x = jnp.moveaxis(jnp.tensordot(jnp.asarray(matrix, x.dtype), x, (1, axis)), 0, axis)
        else:
            x = _multiply_banded(bands, x, axis, n)
    return x


# Largest number of cells along a dimension for which a dense matrix is as fast, and faster to compile. Its cost per
# cell grows with the grid, so larger grids use sums of shifted fields if the factor is close to an integer.
_DENSE = 32


def space_to_depth(x: Float[Array, "*space channel"], factor: int) -> Float[Array, "*coarse deep"]:
    """Move each block of ``factor`` cells per dimension into the channels; zeros complete a partial block."""
    ndim = x.ndim - 1
    x = _pad(x, factor, "constant")
    coarse = [n // factor for n in x.shape[:-1]]
    blocks = x.reshape(*[m for n in coarse for m in (n, factor)], x.shape[-1])
    order = [*range(0, 2 * ndim, 2), *range(1, 2 * ndim, 2), 2 * ndim]
    return blocks.transpose(order).reshape(*coarse, factor**ndim * x.shape[-1])


def depth_to_space(
    x: Float[Array, "*coarse deep"], factor: int, shape: tuple[int, ...]
) -> Float[Array, "*space channel"]:
    """Invert ``space_to_depth`` and crop to ``shape``."""
    ndim = x.ndim - 1
    coarse = x.shape[:-1]
    blocks = x.reshape(*coarse, *(factor,) * ndim, x.shape[-1] // factor**ndim)
    order = [a for d in range(ndim) for a in (d, ndim + d)] + [2 * ndim]
    padded = blocks.transpose(order).reshape(*[n * factor for n in coarse], -1)
    return padded[tuple(slice(n) for n in shape)]


def _pad(x: Array, factor: int, mode: str) -> Array:
    missing = [-n % factor for n in x.shape[:-1]]
    return jnp.pad(x, [(0, m) for m in missing] + [(0, 0)], mode=mode) if any(missing) else x


def _multiply_banded(bands: np.ndarray, x: Array, axis: int, fine: int) -> Array:
    """Multiply by a banded matrix along one axis; the r-th of p fields contains the cells p i + r."""
    n, ndim = x.shape[axis], x.ndim
    padded = jax.lax.pad(x, jnp.zeros((), x.dtype), [(1, 1, 0) if a == axis else (0, 0, 0) for a in range(ndim)])
    shifted = [jax.lax.slice_in_dim(padded, d, d + n, axis=axis) for d in range(3)]
    shape = (*x.shape[:axis], n, 1, *x.shape[axis + 1 :])
    fields = []
    for weights in bands:
        field: Array | None = None
        for d, weight in enumerate(weights):
            if weight.any():
                term = jax.lax.mul(shifted[d], jax.lax.broadcast_in_dim(np.asarray(weight, x.dtype), x.shape, [axis]))
                field = term if field is None else jax.lax.add(field, term)
        assert field is not None
        fields.append(jax.lax.reshape(field, shape))
    joined = jax.lax.concatenate(fields, axis + 1)
    joined = jax.lax.reshape(joined, (*x.shape[:axis], len(bands) * n, *x.shape[axis + 1 :]))
    return joined if len(bands) * n == fine else jax.lax.slice_in_dim(joined, 0, fine, axis=axis)


def _bands(matrix: np.ndarray) -> np.ndarray | None:
    """Return b with matrix[p i + r, i + d - 1] = b[r, d, i], or None if other elements are not zero."""
    fine, coarse = matrix.shape
    p = -(-fine // coarse)
    j, i = np.nonzero(matrix)
    d = i - j // p + 1
    if d.min() < 0 or d.max() > 2:
        return None
    bands = np.zeros((p, 3, coarse))
    bands[j % p, d, j // p] = matrix[j, i]
    return bands


def _interpolation_matrix(fine: int, coarse: int) -> np.ndarray:
    position = np.linspace(0, coarse - 1, fine) if fine > 1 else np.zeros(1)
    left = np.clip(np.floor(position).astype(int), 0, max(coarse - 2, 0))
    matrix = np.zeros((fine, coarse))
    matrix[np.arange(fine), left] += 1 - (position - left)
    matrix[np.arange(fine), np.minimum(left + 1, coarse - 1)] += position - left
    return matrix
