"""Fewer multiplications for kernels of 3 x 3 taps: minimal filtering on tiles of 4 x 4 cells.

    y = A' [(G w G') * (B' d B)] A,      D(d, g) = G' [(B' d B) * (A g A')] G,      sums over tiles and channels

A tile d of 4 x 4 cells gives 2 x 2 results by 16 products where the sum as it stands takes 36, and the derivative by
the kernel likewise. With channels, each of the 16 is a product of matrices, (tiles, channels in) by (channels in,
channels out). All factors in B and A are 1 and in G 1/2, so rounding is that of a few more additions. Tiles are taken
in blocks that a processor's cache can hold. Winograd 1980, doi:10.1137/1.9781611970364; Lavin & Gray 2016,
arXiv:1509.09308.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["summed_products", "tiled_correlate", "tiled_derivative"]

_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_BLOCK = 1024 * _CORES
"""Cells of a block: 16 products of 1024 / 4 tiles by 192 channels are 3 MB; all cores share a block."""
LANES = 16
"""Channels are filled up to a multiple of this, the width of a vector register."""

# B': each of four values is the first plus or minus the second of these cells of a row of a tile.
_DIFFERENCES = ((0, 2, -1), (1, 2, 1), (2, 1, -1), (1, 3, -1))
# A': each of two results is a sum of these of four values.
_SUMS = (((0, 1), (1, 1), (2, 1)), ((1, 1), (2, -1), (3, -1)))
_PAIRS = tuple(itertools.product(range(4), range(4)))


def tiled_correlate(
    x: Float[Array, "sample rows_and_rims columns_and_rims channels_in"],
    kernel: Float[Array, "3 3 channels_in channels_out"],
) -> Float[Array, "sample rows columns channels_out"]:
    """Return C(x, kernel) of samples that have their rims on."""
    channels = kernel.shape[-1]
    kernel = jnp.pad(kernel, [(0, 0), (0, 0), (0, -kernel.shape[2] % LANES), (0, -channels % LANES)])
    spread = _spread(_spread(kernel, 0), 1)
    blocks = _Blocks(x.shape[0], x.shape[1] - 2, x.shape[2] - 2)

    def block(part: Array) -> Array:
        n, height, width, _ = part.shape
        shape = (n, height // 2 - 1, width // 2 - 1, spread.shape[-1])
        values = _values_of_tiles(part)
        products = {at: jax.lax.dot(values[at], spread[at]).reshape(shape) for at in _PAIRS}
        results = [
            [
                _sum((products[i, j], s * t) for i, s in _SUMS[row] for j, t in _SUMS[column])[..., :channels]
                for column in range(2)
            ]
            for row in range(2)
        ]
        both = jnp.stack([jnp.stack(each, 3) for each in results], 2)
        return both.reshape(n, height - 2, width - 2, channels)

    return blocks.map(block, blocks.padded(x))


def tiled_derivative(
    x: Float[Array, "sample rows_and_rims columns_and_rims channels_in"],
    g: Float[Array, "sample rows columns channels_out"],
) -> Float[Array, "3 3 channels_in channels_out"]:
    """Return D(x, g) of samples that have their rims on."""
    blocks = _Blocks(*g.shape[:3])
    channels = x.shape[-1], g.shape[-1]

    def block(part: Array, seen: Array) -> Array:
        values = _values_of_tiles(part)
        n, height, width, deep = seen.shape
        cells = seen.reshape(n, height // 2, 2, width // 2, 2, deep)
        products = []
        for i, j in _PAIRS:
            from_rows = [(row, s) for row in range(2) for k, s in _SUMS[row] if k == i]
            from_columns = [(column, t) for column in range(2) for k, t in _SUMS[column] if k == j]
            weights = _sum((cells[:, :, r, :, c], s * t) for r, s in from_rows for c, t in from_columns)
            products.append(summed_products(values[i, j], weights.reshape(-1, deep)))
        return jnp.stack(products)

    total = blocks.sum(block, blocks.padded(x), blocks.filled(g))
    total = total.reshape(4, 4, *total.shape[1:])[..., : channels[0], : channels[1]]
    return _gathered(_gathered(total, 0), 1)


class _Blocks:
    """How the rows of samples are cut into blocks of tiles."""

    def __init__(self, samples: int, rows: int, columns: int) -> None:
        self.samples, self.rows, self.columns = samples, rows, columns
        self.width = columns + columns % 2
        pairs = -(-rows // 2)
        least = min(max(1, round(2 * pairs * self.width / _BLOCK)), pairs)
        # The number of blocks, or somewhat more, that leaves the fewest rows to fill up.
        self.count = min(range(least, min(2 * least, pairs + 1)), key=lambda n: n * -(-pairs // n))
        self.height = 2 * -(-pairs // self.count)

    @property
    def whole(self) -> bool:
        """Whether all samples make one block."""
        return self.samples * self.count * self.height * self.width <= 2 * _BLOCK

    def padded(self, x: Array) -> Array:
        """Fill a field that has its rims on up to whole blocks."""
        rows = self.count * self.height - self.rows
        return jnp.pad(x, [(0, 0), (0, rows), (0, self.width - self.columns), (0, -x.shape[-1] % LANES)])

    filled = padded

    def map(self, function: Callable[[Array], Array], x: Array) -> Array:
        """Apply a function to every block and put the results together."""
        if self.whole:
            y = function(x)
        else:
            blocks = self._scan(lambda _, part: (None, function(*part)), None, (x,))[1]
            y = blocks.reshape(self.samples, -1, *blocks.shape[3:])
        return y[:, : self.rows, : self.columns]

    def sum(self, function: Callable[[Array, Array], Array], x: Array, g: Array) -> Array:
        """Apply a function to every pair of blocks and add the results up."""
        if self.whole:
            return function(x, g)
        zero = jnp.zeros((len(_PAIRS), x.shape[-1], g.shape[-1]), x.dtype)
        return self._scan(lambda total, parts: (total + function(*parts), None), zero, (x, g))[0]

    def _scan(
        self, step: Callable[[Any, tuple[Array, ...]], tuple[Any, Any]], start: Any, fields: tuple[Array, ...]
    ) -> tuple[Any, Any]:
        """Scan over the blocks of the fields, of which those with a rim have two rows more than blocks."""
        rows = range(0, self.count * self.height, self.height)
        places = jnp.asarray([*itertools.product(range(self.samples), rows), (0, 0)])

        def blocks(at: Array) -> tuple[Array, ...]:
            heights = [self.height + f.shape[1] - self.count * self.height for f in fields]
            return tuple(
                jax.lax.dynamic_slice(f, (at[0], at[1], 0, 0), (1, height, *f.shape[2:]))
                for f, height in zip(fields, heights, strict=True)
            )

        def body(carry: Any, following: Array) -> tuple[Any, Any]:
            # A block is cut out one turn before it is used: it then lies in memory, where the compiler would else cut
            # it out anew in each of the many operations that read it.
            state, parts = carry
            state, result = step(state, parts)
            return (state, blocks(following)), result

        (state, _), results = jax.lax.scan(body, (start, blocks(places[0])), places[1:])
        return state, results


def summed_products(x: Float[Array, "cell channels_in"], g: Float[Array, "cell channels_out"]) -> Array:
    """Return x' g. Of lax, as ``_sum`` below."""
    return jax.lax.dot_general(x, g, (((0,), (0,)), ((), ())))


def _values_of_tiles(x: Array) -> dict[tuple[int, int], Array]:
    """B' d B: for each of 16 places, a matrix (tiles, channels)."""
    n, height, width, channels = x.shape
    down, right = height // 2 - 1, width // 2 - 1
    cells = x.reshape(n, height // 2, 2, width // 2, 2, channels)

    def cell(i: int, j: int) -> Array:
        """Cell (i, j) of all tiles, which start at every second cell."""
        (u, a), (v, b) = divmod(i, 2), divmod(j, 2)
        part = jax.lax.slice(cells, (0, u, a, v, b, 0), (n, u + down, a + 1, v + right, b + 1, channels))
        return jax.lax.squeeze(part, (2, 4))

    cell_of = {at: cell(*at) for at in _PAIRS}
    values = {}
    for i, j in _PAIRS:
        (one, other, sign), (left, right_, turn) = _DIFFERENCES[i], _DIFFERENCES[j]
        terms = [(one, left, 1), (other, left, sign), (one, right_, turn), (other, right_, sign * turn)]
        values[i, j] = _sum((cell_of[r, c], s) for r, c, s in terms).reshape(-1, channels)
    return values


def _spread(kernel: Array, axis: int) -> Array:
    """G w along one axis: three taps become four factors."""
    first, middle, last = _apart(kernel, axis)
    plus, minus = (_half(_sum([(first, 1), (middle, sign), (last, 1)])) for sign in (1, -1))
    return jax.lax.concatenate([first, plus, minus, last], axis)


def _gathered(values: Array, axis: int) -> Array:
    """G' s along one axis: four sums become three taps."""
    a, b, c, d = _apart(values, axis)
    half, less = _half(jax.lax.add(b, c)), _half(jax.lax.sub(b, c))
    return jax.lax.concatenate([jax.lax.add(a, half), less, jax.lax.add(half, d)], axis)


def _apart(values: Array, axis: int) -> list[Array]:
    return [jax.lax.slice_in_dim(values, i, i + 1, axis=axis) for i in range(values.shape[axis])]


def _half(values: Array) -> Array:
    return jax.lax.mul(values, jax.lax.full_like(values, 0.5))


def _sum(terms: Iterable[tuple[Array, int]]) -> Array:
    # Of lax, not of jnp: hundreds of them are traced, and operators of arrays take several times as long to be.
    total: Array | None = None
    for term, sign in terms:
        if total is None:
            total = term if sign > 0 else jax.lax.neg(term)
        else:
            total = jax.lax.add(total, term) if sign > 0 else jax.lax.sub(total, term)
    assert total is not None
    return total
