"""The arrays of one Dataset, as networks are fed: normalised values, masks, and what comes along with them.

Made by ``GridSpec.pack``, cut into windows by ``xdvn.batching``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xdvn.grid.points import TrackPoints

__all__ = ["Packed"]


@dataclass(frozen=True)
class Packed:
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
        (variable, time, *space, dim): place of each observation in its cell, in cells.
    error_variance : numpy.ndarray, optional
        As ``values``: variance of each observation's error in normalised units.
    covariates : tuple of numpy.ndarray
        (time or 1, *space or ones) each, normalised.
    points : TrackPoints, optional
        Observations at their own places.
    """

    values: np.ndarray
    mask: np.ndarray
    sea: np.ndarray
    offsets: np.ndarray | None
    error_variance: np.ndarray | None = None
    covariates: tuple[np.ndarray, ...] = ()
    points: TrackPoints | None = None

    @property
    def valid(self) -> np.ndarray:
        """(*space), True where any variable has a value."""
        return np.any(self.sea, axis=0)

    @property
    def days(self) -> np.ndarray:
        """(time), True where anything was observed."""
        in_cells: np.ndarray = np.any(self.mask, axis=(0, *range(2, self.mask.ndim)))
        return in_cells if self.points is None else in_cells | self.points.days(in_cells.size)

    def padded(self, starts: Sequence[tuple[int, ...]], patch: tuple[int, ...]) -> Packed:
        """Return the same with room for the points of any of these windows."""
        return self if self.points is None else replace(self, points=self.points.padded(starts, patch))
