"""Cutting a field that does not fit into memory into blocks that do, each with all windows that touch it.

A cell of the map is a weighted mean over all windows that cover it. A block solves every window that touches its core,
on the part of the field these windows read, and keeps the core: so the map does not depend on where the cuts are, and
only windows across a cut are solved more than once. Indices count in the direction of growing coordinates; what a
block reads may go on over the end of a circle of longitudes. Called by ``Model.reconstruct``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xdvn.grid.patches import Patcher

__all__ = ["Block", "block_sizes", "blocks"]

_CELLS = 8_000_000
"""How much of a field a block may read."""


@dataclass(frozen=True)
class Block:
    """A part of a field and the windows that touch it.

    Parameters
    ----------
    core : tuple of slice
        What it maps, in indices of the field (time, *space).
    reads : tuple of numpy.ndarray
        What it reads, indices of the field along each dimension.
    patcher : Patcher
        Windows of the part it reads.
    starts : tuple of tuple of int
        First indices of its windows, in the part it reads.
    origin : tuple of int
        First index of what it reads, below 0 where that begins before the end of a circle.
    """

    core: tuple[slice, ...]
    reads: tuple[np.ndarray, ...]
    patcher: Patcher
    starts: tuple[tuple[int, ...], ...]
    origin: tuple[int, ...]

    @classmethod
    def whole(cls, patcher: Patcher) -> Block:
        """Return the field itself, uncut."""
        core = tuple(slice(0, n) for n in patcher.shape)
        reads = tuple(np.arange(n) for n in patcher.shape)
        return cls(core, reads, patcher, tuple(patcher.starts), (0,) * len(core))

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the core."""
        return tuple(c.stop - c.start for c in self.core)

    @property
    def inside(self) -> tuple[slice, ...]:
        """The core in indices of the part it reads."""
        return tuple(slice(c.start - o, c.stop - o) for c, o in zip(self.core, self.origin, strict=True))


def blocks(patcher: Patcher, sizes: Sequence[int]) -> tuple[list[int], list[Block]]:
    """Cut a field into blocks with cores of some sizes.

    Parameters
    ----------
    patcher : Patcher
        Windows of the whole field.
    sizes : sequence of int
        Of the cores along (time, *space); the last of a row is what is left.

    Returns
    -------
    tuple of list
        How many blocks there are along each dimension, and the blocks in C order.

    Examples
    --------
    Windows of 4 with a stride of 2 over 10 cells, in two blocks; the one at (4,) touches both:

    >>> counts, parts = blocks(Patcher((10,), (4,), (2,)), (6,))
    >>> counts, [part.starts for part in parts], [part.reads[0].tolist() for part in parts]
    ([2], [((0,), (2,), (4,)), ((0,), (2,))], [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 8, 9]])
    """
    each = zip(patcher.shape, patcher.patch, patcher.starts_by_axis, patcher.periodic, sizes, strict=True)
    by_axis = [_cut(*axis) for axis in each]
    found: list[Block] = []
    for parts in itertools.product(*by_axis):
        core, origin, length, starts, periodic = zip(*parts, strict=True)
        reads = tuple((o + np.arange(n)) % whole for o, n, whole in zip(origin, length, patcher.shape, strict=True))
        local = Patcher(length, patcher.patch, patcher.stride, patcher.target, periodic)
        found.append(Block(core, reads, local, tuple(itertools.product(*starts)), origin))
    return [len(axis) for axis in by_axis], found


_Part = tuple[slice, int, int, list[int], bool]


def _cut(n: int, patch: int, starts: list[int], periodic: bool, size: int) -> list[_Part]:
    whole = [(slice(0, n), 0, n, starts, periodic)]
    if size >= n:
        return whole
    candidates = [s + turn * n for turn in (-1, 0, 1) for s in starts] if periodic else starts
    parts: list[_Part] = []
    for first in range(0, n, size):
        core = slice(first, min(first + size, n))
        mine = [s for s in candidates if s + patch > core.start and s < core.stop]
        origin = min(mine)
        length = max(mine) + patch - origin
        if length > n:
            return whole  # a block that would meet itself on the far side
        parts.append((core, origin, length, [s - origin for s in mine], False))
    return parts


def block_sizes(patcher: Patcher, cells: int = _CELLS) -> tuple[int, ...]:
    """Choose cores so that no block reads more than some number of cells and few windows are solved twice.

    A cut costs as many windows as overlap it, so the dimension whose blocks are longest in overlaps is halved first.

    Examples
    --------
    >>> block_sizes(Patcher((100, 720, 1440), (15, 64, 64), (10, 32, 32)), cells=6_000_000)
    (50, 192, 192)
    """
    pieces = [1] * len(patcher.shape)
    # Of windows that begin every stride, over cuts that lie at one of their beginnings.
    margin = [s * ((p - 1) // s) + p - s for p, s in zip(patcher.patch, patcher.stride, strict=True)]

    def core(axis: int) -> int:
        n, stride = patcher.shape[axis], patcher.stride[axis]
        return min(n, -(-n // (pieces[axis] * stride)) * stride)

    def reads(axis: int) -> int:
        return min(patcher.shape[axis], core(axis) + (margin[axis] if pieces[axis] > 1 else 0))

    axes = range(len(pieces))
    while np.prod([float(reads(a)) for a in axes]) > cells:
        # Cores shorter than a window would solve most windows several times.
        long = [a for a in axes if core(a) >= 2 * patcher.patch[a]]
        if not long:
            break
        pieces[max(long, key=lambda a: core(a) / (1 + margin[a]))] *= 2
    return tuple(core(a) for a in axes)
