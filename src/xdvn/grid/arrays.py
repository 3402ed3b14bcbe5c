"""Arrays of one Dataset for a network: normalised values, masks, first guesses and covariates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xdvn.grid.patches import Patcher
from xdvn.grid.points import TrackPoints

__all__ = ["EncodedFields", "FirstGuess"]


@dataclass(frozen=True)
class FirstGuess:
    """Normalised first guesses of every window.

    Parameters
    ----------
    whole : numpy.ndarray
        Map of the whole time series (variable, time, *space).
    last : mapping
        Maps (variable, time of the window, *space) from observations up to the end of a window, by the time step at
        which the window starts.
    """

    whole: np.ndarray
    last: Mapping[int, np.ndarray] = field(default_factory=dict)

    def at(self, start: tuple[int, ...], patcher: Patcher) -> np.ndarray:
        """Return the first guess of one window."""
        if start[0] not in self.last:
            return patcher.take(self.whole, start)
        space = tuple(slice(i, i + n) for i, n in zip(start[1:], patcher.patch[1:], strict=True))
        return self.last[start[0]][(slice(None), slice(None), *space)]


@dataclass(frozen=True)
class EncodedFields:
    """Arrays of one Dataset: (variable, time, *space), ascending axes.

    Parameters
    ----------
    values : numpy.ndarray
        Normalised observations, float32, 0 where unobserved.
    mask : numpy.ndarray
        True where observed.
    sea : numpy.ndarray
        (variable, *space), True where the variable has a value.
    offsets : numpy.ndarray, optional
        (variable, time, *space, dim): position of each observation in its grid cell, in cells.
    error_variance : numpy.ndarray, optional
        Variance of each observation's error in normalised units, laid out as ``values``.
    covariates : tuple of numpy.ndarray
        Normalised fields, each (time or 1, *space or ones).
    points : TrackPoints, optional
        Along-track observations.
    first_guess : FirstGuess, optional
        State from which solves start. If None, they start from 0, the training mean.
    """

    values: np.ndarray
    mask: np.ndarray
    sea: np.ndarray
    offsets: np.ndarray | None
    error_variance: np.ndarray | None = None
    covariates: tuple[np.ndarray, ...] = ()
    points: TrackPoints | None = None
    first_guess: FirstGuess | None = None

    @property
    def ocean_mask(self) -> np.ndarray:
        """(*space), True where any variable has a value."""
        return np.any(self.sea, axis=0)

    @property
    def days(self) -> np.ndarray:
        """(time), True where anything was observed."""
        in_cells: np.ndarray = np.any(self.mask, axis=(0, *range(2, self.mask.ndim)))
        return in_cells if self.points is None else in_cells | self.points.days(in_cells.size)

    def padded(self, starts: Sequence[tuple[int, ...]], patch: tuple[int, ...]) -> EncodedFields:
        """Return the arrays with along-track observations padded to the fullest of these windows."""
        return self if self.points is None else replace(self, points=self.points.padded(starts, patch))
