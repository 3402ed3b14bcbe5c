"""Blocks of a field larger than memory, each with all windows that overlap it.

The map in a grid cell is a weighted mean over all windows that cover the cell. A block solves every window that
overlaps its core, so the map does not depend on the cuts, and only windows across a cut are solved more than once.
Indices count in the direction of growing coordinates; the cells that a block reads may wrap around in longitude.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xdvn.grid.patches import Patcher

__all__ = ["Block", "block_sizes", "blocks"]

_CELLS = 8_000_000
"""Largest number of cells that a block reads."""


@dataclass(frozen=True)
class Block:
    """A part of a field and the windows that overlap it.

    Parameters
    ----------
    core : tuple of slice
        The part that the block maps, in indices of the field (time, *space).
    reads : tuple of numpy.ndarray
        Indices of the field that the block reads, along each dimension.
    patcher : Patcher
        Windows of the part that is read.
    starts : tuple of tuple of int
        First indices of the windows, in the part that is read.
    origin : tuple of int
        First index of the part that is read, below 0 where it wraps around in longitude.
    is_whole : bool
        Whether the block is the whole field.
    """

    core: tuple[slice, ...]
    reads: tuple[np.ndarray, ...]
    patcher: Patcher
    starts: tuple[tuple[int, ...], ...]
    origin: tuple[int, ...]
    is_whole: bool = False

    @classmethod
    def whole(cls, patcher: Patcher) -> Block:
        """Return the whole field as one block."""
        core = tuple(slice(0, n) for n in patcher.shape)
        reads = tuple(np.arange(n) for n in patcher.shape)
        return cls(core, reads, patcher, tuple(patcher.starts), (0,) * len(core), True)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the core."""
        return tuple(c.stop - c.start for c in self.core)

    @property
    def inside(self) -> tuple[slice, ...]:
        """The core in indices of the part that is read."""
        return tuple(slice(c.start - o, c.stop - o) for c, o in zip(self.core, self.origin, strict=True))


def blocks(patcher: Patcher, sizes: Sequence[int]) -> tuple[list[int], list[Block]]:
    """Cut a field into blocks.

    Parameters
    ----------
    patcher : Patcher
        Windows of the whole field.
    sizes : sequence of int
        Sizes of the cores along (time, *space); the last core along a dimension may be smaller.

    Returns
    -------
    tuple of list
        Number of blocks along each dimension, and the blocks in C order.

    Examples
    --------
    Windows of 4 with a stride of 2 over 10 cells, in two blocks; the window at (4,) overlaps both:

    >>> counts, parts = blocks(Patcher((10,), (4,), (2,)), (6,))
    >>> counts, [part.starts for part in parts], [part.reads[0].tolist() for part in parts]
    ([2], [((0,), (2,), (4,)), ((0,), (2,))], [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 8, 9]])
    """
    axes = zip(patcher.shape, patcher.patch, patcher.starts_by_axis, patcher.periodic, sizes, strict=True)
    by_axis = [_cut(*axis) for axis in axes]
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
        touching = [s for s in candidates if s + patch > core.start and s < core.stop]
        origin = min(touching)
        length = max(touching) + patch - origin
        if length > n:
            return whole  # otherwise the block overlaps itself on the periodic axis
        parts.append((core, origin, length, [s - origin for s in touching], False))
    return parts


def block_sizes(patcher: Patcher, cells: int = _CELLS) -> tuple[int, ...]:
    """Choose core sizes so that a block reads at most ``cells`` cells and few windows are solved twice.

    Windows across a cut are solved twice, so the dimension with the longest core relative to the overlap is cut first.

    Examples
    --------
    >>> block_sizes(Patcher((100, 720, 1440), (15, 64, 64), (10, 32, 32)), cells=6_000_000)
    (50, 192, 192)
    """
    pieces = [1] * len(patcher.shape)
    # Cells read beyond a core, for cuts at the start of a window.
    margin = [s * ((p - 1) // s) + p - s for p, s in zip(patcher.patch, patcher.stride, strict=True)]

    def core(axis: int) -> int:
        n, stride = patcher.shape[axis], patcher.stride[axis]
        return min(n, -(-n // (pieces[axis] * stride)) * stride)

    def reads(axis: int) -> int:
        return min(patcher.shape[axis], core(axis) + (margin[axis] if pieces[axis] > 1 else 0))

    axes = range(len(pieces))
    while np.prod([float(reads(a)) for a in axes]) > cells:
        # With cores shorter than a window, most windows would be solved several times.
        long = [a for a in axes if core(a) >= 2 * patcher.patch[a]]
        if not long:
            break
        pieces[max(long, key=lambda a: core(a) / (1 + margin[a]))] *= 2
    return tuple(core(a) for a in axes)
