"""Overlapping windows of a field, and the merging of windows into a field.

A field (..., time, *space) is cut into windows of one size. Windows are merged by a weighted mean whose weights are
positive everywhere and largest at the centre of a window,

    field = sum_w weight_w window_w / sum_w weight_w,

so that merge(take(x)) = x without seams. The last window along an axis is moved back to fit; windows wrap around along
a periodic axis.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Patcher", "Target", "Windows", "ramp"]


class Target(enum.Enum):
    """The time of a window that is mapped.

    ``CENTRE``: delayed-time maps, from observations before and after. ``LAST``: near-real-time maps, in which each time
    is read from the window that ends with it.
    """

    CENTRE = "centre"
    LAST = "last"

    def ramp(self, size: int) -> np.ndarray:
        """Return the weights of the times of a window: positive, 1 at the target.

        >>> Target.LAST.ramp(3).tolist()
        [1e-12, 1e-06, 1.0]
        """
        if self is Target.CENTRE:
            return ramp(size)
        # Steep enough that only the last window at a time counts, but never 0.
        return np.maximum(10.0 ** (-6.0 * np.arange(size)[::-1]), 1e-200)


@dataclass(frozen=True)
class Patcher:
    """The positions of the windows of a field.

    Parameters
    ----------
    shape : tuple of int
        Sizes of the field (time, *space).
    patch : tuple of int
        Sizes of a window, at most those of the field.
    stride : tuple of int
        Steps between window starts, from 1 to the window size.
    target : Target
        Time of a window with the largest weight.
    periodic : tuple of bool
        Whether each axis is periodic. Default: no axis is.

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
                f"shape={self.shape}, patch={self.patch}, stride={self.stride}, periodic={self.periodic}: expected one "
                "value per dimension in each."
            )
        for n, p, s in zip(self.shape, self.patch, self.stride, strict=True):
            if not 1 <= p <= n:
                raise ValueError(f"a window of {p} does not fit a field of {n}: expected 1 to {n} steps.")
            if not 1 <= s <= p:
                raise ValueError(f"a stride of {s} leaves gaps between windows of {p}: expected 1 to {p} steps.")

    @property
    def starts(self) -> list[tuple[int, ...]]:
        """First indices of every window, in C order."""
        return list(itertools.product(*self.starts_by_axis))

    @property
    def starts_by_axis(self) -> list[list[int]]:
        """First indices along each axis; ``starts`` is their outer product."""
        return [_starts(*axis) for axis in zip(self.shape, self.patch, self.stride, self.periodic, strict=True)]

    def take(self, field: np.ndarray, start: Sequence[int]) -> np.ndarray:
        """Return the window of ``field`` (..., time, *space) that starts at ``start``: a view, unless it wraps."""
        return field[self._place(start)]

    def _place(self, start: Sequence[int]) -> tuple[Any, ...]:
        axes = list(zip(start, self.patch, self.shape, strict=True))
        whole: list[Any] = [slice(i, i + p) for i, p, _ in axes]
        if any(i + p > n for i, p, n in axes):
            whole = list(np.ix_(*((i + np.arange(p)) % n for i, p, n in axes)))
        place: tuple[Any, ...] = (Ellipsis, *whole)
        return place

    def weight(self) -> np.ndarray:
        """Return the weights of one window: ramps from edge to centre in space, those of the target in time."""
        weight, *others = self._ramps()
        for other in others:
            weight = weight[..., None] * other
        return weight

    def _ramps(self) -> list[np.ndarray]:
        return [self.target.ramp(self.patch[0]), *(ramp(size) for size in self.patch[1:])]

    def merge(
        self,
        windows: Iterable[tuple[Sequence[int], np.ndarray]],
        leading: tuple[int, ...] = (),
        core: tuple[slice, ...] | None = None,
    ) -> np.ndarray:
        """Merge windows by weighted mean.

        Parameters
        ----------
        windows : iterable of (start, window)
            Windows of shape (*leading, *patch), at least one for every start of ``starts``.
        leading : tuple of int
            Sizes of the axes before time.
        core : tuple of slice, optional
            Part of the field to return; the windows must cover it. Default: the whole field.

        Returns
        -------
        numpy.ndarray
            float64 field (*leading, *shape), or its core.

        Raises
        ------
        ValueError
            A cell is in no window.
        """
        weight, merged = self.weight(), []
        total = np.zeros((*leading, *self.shape))
        for start, window in windows:
            total[self._place(start)] += window * weight
            merged.append(tuple(start))
        share = self._share(merged)
        if core is not None:
            part: tuple[Any, ...] = (Ellipsis, *core)
            total, share = total[part], share[core]
        if not share.all():
            raise ValueError(
                f"{int((share == 0).sum())} cells are in no window. Merge a window for every start of .starts."
            )
        total /= share
        return total

    def _share(self, starts: Sequence[tuple[int, ...]]) -> np.ndarray:
        """Return the sum of window weights in every cell, computed axis by axis for speed."""
        if not starts:
            return np.zeros(self.shape)
        distinct, inverse = zip(
            *(np.unique(firsts, return_inverse=True) for firsts in np.transpose(starts)), strict=True
        )
        share = np.zeros([len(firsts) for firsts in distinct])
        np.add.at(share, inverse, 1)
        for firsts, rise, n in zip(distinct, self._ramps(), self.shape, strict=True):
            weights = np.zeros((len(firsts), n))
            weights[np.arange(len(firsts))[:, None], (firsts[:, None] + np.arange(len(rise))) % n] = rise
            share = np.tensordot(share, weights, (0, 0))  # moves the first axis to the end
        return share


def ramp(size: int) -> np.ndarray:
    """Return a triangle over ``size`` cells, symmetric, positive, 1 at its centre."""
    rise = np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1)).astype(np.float64)
    return rise / rise.max()


@dataclass(frozen=True)
class Windows:
    """The size, the overlap and the target of the windows of a field, in training and reconstruction.

    Parameters
    ----------
    size : mapping, optional
        Window sizes by dimension, in steps: ``{"time": 15, "lat": 32, "lon": 32}``. Default: up to 15 steps in time and
        up to 64 in space. An odd number of time steps has a centre.
    overlap : mapping, optional
        Steps that neighbouring windows share in a reconstruction, by dimension. Default: two thirds of the window in
        time and half of it in space.
    target : Target or str
        ``"centre"`` for delayed-time maps; ``"last"`` for near-real-time maps, which use observations up to the mapped
        time. Default: ``"centre"``.

    Examples
    --------
    >>> Windows({"time": 9}).sizes(("time", "x"), (100, 40))
    (9, 40)
    """

    size: Mapping[str, int] | None = None
    overlap: Mapping[str, int] | None = None
    target: Target | str = Target.CENTRE

    def __post_init__(self) -> None:
        names = [target.value for target in Target]
        if not isinstance(self.target, Target) and self.target not in names:
            raise ValueError(f"target={self.target!r}: expected {' or '.join(map(repr, names))}")
        object.__setattr__(self, "target", Target(self.target))

    @classmethod
    def of(cls, windows: Windows | Mapping[str, int] | None) -> Windows:
        """Return ``windows`` itself, or the windows of a mapping of sizes or of None."""
        if isinstance(windows, Windows):
            return windows
        if windows is not None and not isinstance(windows, Mapping):
            raise TypeError(f"windows={windows!r}: expected Windows(...) or sizes, such as {{'time': 15, 'lat': 32}}")
        return cls(windows)

    def sizes(self, dims: Sequence[str], shape: Sequence[int]) -> tuple[int, ...]:
        """Return the window sizes along (time, *space) for a field of ``shape``.

        Raises
        ------
        ValueError
            ``size`` names an unknown dimension, or a window does not fit the field.
        """
        default = [min(15, shape[0]), *(min(64, n) for n in shape[1:])]
        sizes = by_dimension(self.size, dims, default, "windows")
        for dim, size, n in zip(dims, sizes, shape, strict=True):
            if size > n:
                raise ValueError(
                    f"windows={{{dim!r}: {size}}} is larger than the field, which has {n} steps along {dim!r}. "
                    f"Use at most {n}, or a larger field."
                )
            if size < 1:
                raise ValueError(f"windows={{{dim!r}: {size}}}: expected 1 to {n} steps.")
        return sizes

    def strides(self, dims: Sequence[str], sizes: Sequence[int]) -> tuple[int, ...]:
        """Return the steps between window starts: the window sizes minus the overlap.

        The default time stride of near-real-time maps is 1, so that a window ends with each time.

        Raises
        ------
        ValueError
            ``overlap`` names an unknown dimension or is as large as a window.
        """
        in_time = max(1, sizes[0] // 3) if self.target is Target.CENTRE else 1
        default = [sizes[0] - in_time, *(n // 2 for n in sizes[1:])]
        shared = by_dimension(self.overlap, dims, default, "overlap")
        for dim, size, share in zip(dims, sizes, shared, strict=True):
            if not 0 <= share < size:
                raise ValueError(
                    f"overlap={{{dim!r}: {share}}}: expected 0 to {size - 1}, because windows have {size} steps."
                )
        return tuple(n - s for n, s in zip(sizes, shared, strict=True))


def by_dimension(
    sizes: Mapping[str, int] | None, dims: Sequence[str], default: Sequence[int], argument: str
) -> tuple[int, ...]:
    """Return sizes in the order of ``dims``, with defaults for dimensions that ``sizes`` omits."""
    sizes = dict(sizes or {})
    unknown = set(sizes) - set(dims)
    if unknown:
        raise ValueError(f"{argument}= has the dimensions {sorted(unknown)}: expected some of {list(dims)}.")
    return tuple(int(sizes.get(d, n)) for d, n in zip(dims, default, strict=True))


def _starts(n: int, patch: int, stride: int, periodic: bool) -> list[int]:
    if periodic:
        return list(range(0, n, stride))
    starts = list(range(0, n - patch + 1, stride))
    return starts if starts[-1] == n - patch else [*starts, n - patch]
