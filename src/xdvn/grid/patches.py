"""Windows that cover a field whole, and the way back.

A field (..., time, *space) is cut into overlapping windows of one size; windows that were changed are put together
again by a weighted mean with weights that are positive everywhere and largest at a window's centre:

    field = sum_w weight_w window_w / sum_w weight_w

so merge(take(x)) = x, no cell is left out, and no seam shows. The last window of a row is moved back to fit inside;
along a periodic axis windows go on over the end, so that the circle of longitudes has none.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Patcher", "Target", "ramp", "window_sizes", "window_strides"]


class Target(enum.Enum):
    """Which time of a window a map is made for.

    ``CENTRE``: maps of the past, which know the days before and after. ``LAST``: maps of today (near real time): each
    time is taken from the window that ends with it, wherever there is one.
    """

    CENTRE = "centre"
    LAST = "last"

    def ramp(self, size: int) -> np.ndarray:
        """Return the weights of a window's times, positive, 1 at the target.

        >>> Target.LAST.ramp(3).tolist()
        [1e-12, 1e-06, 1.0]
        """
        if self is Target.CENTRE:
            return ramp(size)
        # The later the better, so steeply that a window ending today is not diluted; never quite 0.
        return np.maximum(10.0 ** (-6.0 * np.arange(size)[::-1]), 1e-200)


@dataclass(frozen=True)
class Patcher:
    """Where the windows of a field start.

    Parameters
    ----------
    shape : tuple of int
        Sizes of the field (time, *space).
    patch : tuple of int
        Sizes of a window, none larger than the field's.
    stride : tuple of int
        Steps between starts, from 1 to the window's size.
    target : Target
        Which times of a window weigh most.
    periodic : tuple of bool
        Which axes close on themselves; none unless said.

    Examples
    --------
    >>> Patcher((10,), (4,), (3,)).starts
    [(0,), (3,), (6,)]
    >>> Patcher((11,), (4,), (3,)).starts
    [(0,), (3,), (6,), (7,)]
    >>> round_the_world = Patcher((11,), (4,), (3,), periodic=(True,))
    >>> round_the_world.starts
    [(0,), (3,), (6,), (9,)]
    >>> round_the_world.take(np.arange(11), (9,)).tolist()
    [9, 10, 0, 1]
    """

    shape: tuple[int, ...]
    patch: tuple[int, ...]
    stride: tuple[int, ...]
    target: Target = Target.CENTRE
    periodic: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        if not self.periodic:
            object.__setattr__(self, "periodic", (False,) * len(self.shape))
        if not len(self.shape) == len(self.patch) == len(self.stride) == len(self.periodic):
            raise ValueError(
                f"sizes of {len(self.shape)}, {len(self.patch)}, {len(self.stride)} dimensions do not match"
            )
        for n, p, s in zip(self.shape, self.patch, self.stride, strict=True):
            if not 1 <= p <= n:
                raise ValueError(f"a window of {p} does not fit a field of {n}; choose a patch of 1 to {n}")
            if not 1 <= s <= p:
                raise ValueError(f"a stride of {s} leaves gaps between windows of {p}; choose 1 to {p}")

    @property
    def starts(self) -> list[tuple[int, ...]]:
        """First indices of every window, in C order."""
        return list(itertools.product(*self.starts_by_axis))

    @property
    def starts_by_axis(self) -> list[list[int]]:
        """First indices along each axis; ``starts`` is their outer product."""
        return [_starts(*each) for each in zip(self.shape, self.patch, self.stride, self.periodic, strict=True)]

    def take(self, field: np.ndarray, start: Sequence[int]) -> np.ndarray:
        """Return the window of ``field`` (..., time, *space) that starts at ``start``: a view, unless it wraps."""
        return field[self._place(start)]

    def _place(self, start: Sequence[int]) -> tuple[Any, ...]:
        each = list(zip(start, self.patch, self.shape, strict=True))
        whole: list[Any] = [slice(i, i + p) for i, p, _ in each]
        if any(i + p > n for i, p, n in each):
            whole = list(np.ix_(*((i + np.arange(p)) % n for i, p, n in each)))
        place: tuple[Any, ...] = (Ellipsis, *whole)
        return place

    def weight(self) -> np.ndarray:
        """Return the weights of one window: a ramp from every face to the centre, in time as the target says."""
        weight, *others = self._ramps()
        for each in others:
            weight = weight[..., None] * each
        return weight

    def _ramps(self) -> list[np.ndarray]:
        return [self.target.ramp(self.patch[0]), *(ramp(size) for size in self.patch[1:])]

    def merge(
        self,
        windows: Iterable[tuple[Sequence[int], np.ndarray]],
        leading: tuple[int, ...] = (),
        core: tuple[slice, ...] | None = None,
    ) -> np.ndarray:
        """Put windows together by weighted mean.

        Parameters
        ----------
        windows : iterable of (start, window)
            Every start of ``starts`` at least once, windows of shape (*leading, *patch).
        leading : tuple of int
            Sizes of axes in front of time.
        core : tuple of slice, optional
            The part of the field that is wanted, and that the windows cover; default all of it.

        Returns
        -------
        numpy.ndarray
            float64 field (*leading, *shape), or the core of it.

        Raises
        ------
        ValueError
            When cells were covered by no window.
        """
        weight, merged = self.weight(), []
        total = np.zeros((*leading, *self.shape))
        for start, window in windows:
            total[self._place(start)] += window * weight
            merged.append(tuple(start))
        share = self._share(merged)
        if core is not None:
            wanted: tuple[Any, ...] = (Ellipsis, *core)
            total, share = total[wanted], share[core]
        if not share.all():
            raise ValueError(f"{int((share == 0).sum())} cells were covered by no window; merge every start of .starts")
        total /= share
        return total

    def _share(self, starts: Sequence[tuple[int, ...]]) -> np.ndarray:
        """Return the sum of windows' weights in every cell: axis by axis, which is faster than one by one."""
        if not starts:
            return np.zeros(self.shape)
        distinct, which = zip(*(np.unique(each, return_inverse=True) for each in np.transpose(starts)), strict=True)
        share = np.zeros([len(each) for each in distinct])
        np.add.at(share, which, 1)
        for firsts, rise, n in zip(distinct, self._ramps(), self.shape, strict=True):
            weights = np.zeros((len(firsts), n))
            weights[np.arange(len(firsts))[:, None], (firsts[:, None] + np.arange(len(rise))) % n] = rise
            share = np.tensordot(share, weights, (0, 0))  # the axis that was first is now last
        return share


def ramp(size: int) -> np.ndarray:
    """Return a triangle over ``size`` cells, symmetric, positive, 1 at its centre."""
    rise = np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1)).astype(np.float64)
    return rise / rise.max()


def window_sizes(patch: Mapping[str, int] | None, dims: Sequence[str], shape: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes of windows along (time, *space): what ``patch`` says, else up to 15 steps and 64 cells.

    Raises
    ------
    ValueError
        When ``patch`` names no axis, or a window would not fit the field.
    """
    default = [min(15, shape[0]), *(min(64, n) for n in shape[1:])]
    sizes = by_dimension(patch, dims, default, "patch")
    for dim, size, n in zip(dims, sizes, shape, strict=True):
        if size > n:
            raise ValueError(
                f"patch={{{dim!r}: {size}}} is larger than the field, which has {n} steps along {dim!r}; "
                f"choose at most {n}, or give a larger field"
            )
        if size < 1:
            raise ValueError(f"patch={{{dim!r}: {size}}} is not a window; choose 1 to {n}")
    return sizes


def window_strides(
    overlap: Mapping[str, int] | None, dims: Sequence[str], sizes: Sequence[int], target: Target = Target.CENTRE
) -> tuple[int, ...]:
    """Return the steps between windows: what ``overlap`` leaves, else a third of a window, in space a half.

    Where the last time is the target, one step in time, so that a window ends with each.
    """
    in_time = max(1, sizes[0] // 3) if target is Target.CENTRE else 1
    default = [sizes[0] - in_time, *(n // 2 for n in sizes[1:])]
    shared = by_dimension(overlap, dims, default, "overlap")
    for dim, size, share in zip(dims, sizes, shared, strict=True):
        if not 0 <= share < size:
            raise ValueError(f"overlap={{{dim!r}: {share}}} must be 0 to {size - 1}: windows have {size} steps there")
    return tuple(n - s for n, s in zip(sizes, shared, strict=True))


def by_dimension(
    sizes: Mapping[str, int] | None, dims: Sequence[str], default: Sequence[int], what: str
) -> tuple[int, ...]:
    """Return sizes by dimension name, in the order of ``dims``, with defaults for those not named."""
    sizes = dict(sizes or {})
    unknown = set(sizes) - set(dims)
    if unknown:
        raise ValueError(f"{what}= names {sorted(unknown)}, but the axes are {list(dims)}")
    return tuple(int(sizes.get(d, n)) for d, n in zip(dims, default, strict=True))


def _starts(n: int, patch: int, stride: int, periodic: bool) -> list[int]:
    if periodic:
        return list(range(0, n, stride))
    starts = list(range(0, n - patch + 1, stride))
    return starts if starts[-1] == n - patch else [*starts, n - patch]
