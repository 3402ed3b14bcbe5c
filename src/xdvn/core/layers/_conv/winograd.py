"""Minimal filtering on tiles of 4 x 4 cells, with fewer multiplications for kernels of 3 x 3 taps."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["contract_cells", "winograd_conv", "winograd_kernel_derivative"]

LANES = 16
"""Width of a vector register; the channels are filled to a multiple of it."""


def winograd_conv(
    x: Float[Array, "sample padded_rows padded_columns channels_in"],
    kernel: Float[Array, "3 3 channels_in channels_out"],
) -> Float[Array, "sample rows columns channels_out"]:
    """Return C(x, kernel) of padded samples.

        C(d, w) = A' [(G w G') * (B' d B)] A,   summed over channels

    A tile d of 4 x 4 cells gives 2 x 2 results with 16 products instead of 36. Each product is a matrix product,
    (tiles, channels in) by (channels in, channels out). All factors in B and A are 1 and in G 1/2, so the rounding
    error is that of a few additions. Blocks of tiles fit the cache of a processor.

    References
    ----------
    Winograd 1980, doi:10.1137/1.9781611970364; Lavin & Gray 2016, arXiv:1509.09308.
    """
    channels = kernel.shape[-1]
    kernel = jnp.pad(kernel, [(0, 0), (0, 0), (0, -kernel.shape[2] % LANES), (0, -channels % LANES)])
    factors = _transform_kernel(_transform_kernel(kernel, 0), 1)
    blocks = _Blocks(x.shape[0], x.shape[1] - 2, x.shape[2] - 2)

    def convolve_block(part: Array) -> Array:
        n, height, width, _ = part.shape
        shape = (n, height // 2 - 1, width // 2 - 1, factors.shape[-1])
        values = _transform_tiles(part)
        products = {ij: jax.lax.dot(values[ij], factors[ij]).reshape(shape) for ij in _PAIRS}
        results = [
            [
                _sum((products[i, j], s * t) for i, s in _SUMS[row] for j, t in _SUMS[column])[..., :channels]
                for column in range(2)
            ]
            for row in range(2)
        ]
        tiles = jnp.stack([jnp.stack(row, 3) for row in results], 2)
        return tiles.reshape(n, height - 2, width - 2, channels)

    return blocks.map(convolve_block, blocks.fill(x))


# A': each of two results is a sum of three of the four values, with these signs.
_SUMS = (((0, 1), (1, 1), (2, 1)), ((1, 1), (2, -1), (3, -1)))
_PAIRS = tuple(itertools.product(range(4), range(4)))


def winograd_kernel_derivative(
    x: Float[Array, "sample padded_rows padded_columns channels_in"],
    g: Float[Array, "sample rows columns channels_out"],
) -> Float[Array, "3 3 channels_in channels_out"]:
    """Return D(x, g) of padded samples.

    D(d, g) = G' [(B' d B) * (A g A')] G,   summed over tiles
    """
    blocks = _Blocks(*g.shape[:3])
    channels = x.shape[-1], g.shape[-1]

    def differentiate_block(x_part: Array, g_part: Array) -> Array:
        values = _transform_tiles(x_part)
        n, height, width, channels_out = g_part.shape
        cells = g_part.reshape(n, height // 2, 2, width // 2, 2, channels_out)
        products = []
        for i, j in _PAIRS:
            from_rows = [(row, s) for row in range(2) for k, s in _SUMS[row] if k == i]
            from_columns = [(column, t) for column in range(2) for k, t in _SUMS[column] if k == j]
            weights = _sum((cells[:, :, r, :, c], s * t) for r, s in from_rows for c, t in from_columns)
            products.append(contract_cells(values[i, j], weights.reshape(-1, channels_out)))
        return jnp.stack(products)

    total = blocks.sum(differentiate_block, blocks.fill(x), blocks.fill(g))
    total = total.reshape(4, 4, *total.shape[1:])[..., : channels[0], : channels[1]]
    return _transpose_transform_kernel(_transpose_transform_kernel(total, 0), 1)


class _Blocks:
    """Division of the rows of samples into blocks of tiles."""

    def __init__(self, samples: int, rows: int, columns: int) -> None:
        self.samples, self.rows, self.columns = samples, rows, columns
        self.width = columns + columns % 2
        pairs = -(-rows // 2)
        smallest = min(max(1, round(2 * pairs * self.width / _BLOCK)), pairs)
        # Use more blocks where that leaves fewer rows to fill.
        self.count = min(range(smallest, min(2 * smallest, pairs + 1)), key=lambda n: n * -(-pairs // n))
        self.height = 2 * -(-pairs // self.count)

    @property
    def single(self) -> bool:
        """Whether all samples fit one block."""
        return self.samples * self.count * self.height * self.width <= 2 * _BLOCK

    def fill(self, x: Array) -> Array:
        """Extend a field with zeros to whole blocks and vector registers."""
        rows = self.count * self.height - self.rows
        return jnp.pad(x, [(0, 0), (0, rows), (0, self.width - self.columns), (0, -x.shape[-1] % LANES)])

    def map(self, function: Callable[[Array], Array], x: Array) -> Array:
        """Apply a function to every block and concatenate the results."""
        if self.single:
            y = function(x)
        else:
            blocks = self._scan(lambda _, part: (None, function(*part)), None, (x,))[1]
            y = blocks.reshape(self.samples, -1, *blocks.shape[3:])
        return y[:, : self.rows, : self.columns]

    def sum(self, function: Callable[[Array, Array], Array], x: Array, g: Array) -> Array:
        """Apply a function to every pair of blocks and sum the results."""
        if self.single:
            return function(x, g)
        zero = jnp.zeros((len(_PAIRS), x.shape[-1], g.shape[-1]), x.dtype)
        return self._scan(lambda total, parts: (total + function(*parts), None), zero, (x, g))[0]

    def _scan(
        self, step: Callable[[Any, tuple[Array, ...]], tuple[Any, Any]], start: Any, fields: tuple[Array, ...]
    ) -> tuple[Any, Any]:
        """Scan over the blocks of the fields; blocks of padded fields have two more rows."""
        rows = range(0, self.count * self.height, self.height)
        origins = jnp.asarray([*itertools.product(range(self.samples), rows), (0, 0)])

        def cut(origin: Array) -> tuple[Array, ...]:
            heights = [self.height + f.shape[1] - self.count * self.height for f in fields]
            return tuple(
                jax.lax.dynamic_slice(f, (origin[0], origin[1], 0, 0), (1, height, *f.shape[2:]))
                for f, height in zip(fields, heights, strict=True)
            )

        def body(carry: Any, next_origin: Array) -> tuple[Any, Any]:
            # Cutting a block one iteration early stores it in memory. The compiler would otherwise repeat the slice in
            # each of the many operations that read it.
            state, parts = carry
            state, result = step(state, parts)
            return (state, cut(next_origin)), result

        (state, _), results = jax.lax.scan(body, (start, cut(origins[0])), origins[1:])
        return state, results


_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
# Cells of a block, which all cores share: 16 products of 1024 / 4 tiles by 192 channels are 3 MB per core.
_BLOCK = 1024 * _CORES


def contract_cells(x: Float[Array, "cell channels_in"], g: Float[Array, "cell channels_out"]) -> Array:
    """Return x' g, the sum of products over all cells."""
    return jax.lax.dot_general(x, g, (((0,), (0,)), ((), ())))


def _transform_tiles(x: Array) -> dict[tuple[int, int], Array]:
    """Return B' d B as a matrix (tiles, channels) for each of its 16 elements."""
    n, height, width, channels = x.shape
    down, right = height // 2 - 1, width // 2 - 1
    cells = x.reshape(n, height // 2, 2, width // 2, 2, channels)

    def cell(i: int, j: int) -> Array:
        """Select cell (i, j) of all tiles, which start at every second cell."""
        (u, a), (v, b) = divmod(i, 2), divmod(j, 2)
        part = jax.lax.slice(cells, (0, u, a, v, b, 0), (n, u + down, a + 1, v + right, b + 1, channels))
        return jax.lax.squeeze(part, (2, 4))

    cell_of = {ij: cell(*ij) for ij in _PAIRS}
    values = {}
    for i, j in _PAIRS:
        (r1, r2, s), (c1, c2, t) = _DIFFERENCES[i], _DIFFERENCES[j]
        terms = [(r1, c1, 1), (r2, c1, s), (r1, c2, t), (r2, c2, s * t)]
        values[i, j] = _sum((cell_of[r, c], sign) for r, c, sign in terms).reshape(-1, channels)
    return values


# B': each of four values is the first cell of a tile's row plus or minus the second.
_DIFFERENCES = ((0, 2, -1), (1, 2, 1), (2, 1, -1), (1, 3, -1))


def _transform_kernel(kernel: Array, axis: int) -> Array:
    """Return G w along one axis, four factors from three taps."""
    first, middle, last = _slices(kernel, axis)
    plus, minus = (_half(_sum([(first, 1), (middle, sign), (last, 1)])) for sign in (1, -1))
    return jax.lax.concatenate([first, plus, minus, last], axis)


def _transpose_transform_kernel(values: Array, axis: int) -> Array:
    """Return G' s along one axis, three taps from four sums."""
    a, b, c, d = _slices(values, axis)
    mean, difference = _half(jax.lax.add(b, c)), _half(jax.lax.sub(b, c))
    return jax.lax.concatenate([jax.lax.add(a, mean), difference, jax.lax.add(mean, d)], axis)


def _slices(values: Array, axis: int) -> list[Array]:
    return [jax.lax.slice_in_dim(values, i, i + 1, axis=axis) for i in range(values.shape[axis])]


def _half(values: Array) -> Array:
    return jax.lax.mul(values, jax.lax.full_like(values, 0.5))


def _sum(terms: Iterable[tuple[Array, int]]) -> Array:
    # Hundreds of sums are traced, and jax.lax traces several times faster than operators of arrays.
    total: Array | None = None
    for term, sign in terms:
        if total is None:
            total = term if sign > 0 else jax.lax.neg(term)
        else:
            total = jax.lax.add(total, term) if sign > 0 else jax.lax.sub(total, term)
    assert total is not None
    return total
