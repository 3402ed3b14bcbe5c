"""Filling each cell from its own record: linear interpolation in time, and the last value carried forward.

    linear       x(t) = y_b + (y_a - y_b) (t - t_b) / (t_a - t_b)      (b, a: the observations before and after t)
    persistence  x(t) = mean + (y_b - mean) exp(-(t - t_b) / damping)

Nothing passes from cell to cell, so they are poor where gaps are long, and the floor that every method must beat.
Whole-field mappers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.observed import Observed
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["LinearInTime", "Persistence"]


@dataclass(frozen=True)
class LinearInTime(AbstractMapper):
    """Interpolate each cell linearly between its observations; beyond the first and the last, hold their values.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map; default that of ``obs``.
    mean : MeanField, optional
        What a cell without a single observation gets; default the average of all observations.
    land : LandMask, optional
        Where the maps are NaN.
    axes : Axes, optional
        Names of the dimensions, where they cannot be guessed.

    Examples
    --------
    >>> values = [[[np.nan]], [[1.0]], [[np.nan]], [[3.0]], [[np.nan]]]
    >>> ds = xr.Dataset({"sst": (("time", "lat", "lon"), values)}, {"time": [0.0, 1.0, 2.0, 5.0, 6.0]})
    >>> LinearInTime("sst", axes=Axes("time", ("lat", "lon"))).reconstruct(ds).sst.values.ravel().tolist()
    [1.0, 1.0, 1.5, 3.0, 3.0]
    """

    obs: str
    name: str | None = None
    mean: MeanField | None = None
    land: LandMask | None = None
    axes: Axes | None = None

    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        """Map ``ds`` whole.

        Parameters
        ----------
        ds : xr.Dataset
            Holds the observed variable; never changed.

        Returns
        -------
        xr.Dataset
            The complete map, with the dimensions, order, coordinates, type and units of the observations.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            It has other dimensions than time and space, or no observation at all.
        """
        seen = Observed.of(ds, self.obs, self.axes)
        near = _Neighbours(seen)
        before, after = np.where(near.before < 0, near.after, near.before), near.after
        after = np.where(after == len(near.time), before, after)
        start, end = near.value(before), near.value(after)
        t, t_before, t_after = near.at(np.arange(len(near.time))), near.at(before), near.at(after)
        share = (t - t_before) / np.where(t_after > t_before, t_after - t_before, np.inf)
        maps = np.where(near.ever, start + np.maximum(share, 0.0) * (end - start), seen.background(self.mean))
        return seen.maps(self.name, near.as_stored(maps), "linear interpolation in time", self.land)


@dataclass(frozen=True)
class Persistence(AbstractMapper):
    """Carry each cell's last observation forward; it looks back only, as a map made today must.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map; default that of ``obs``.
    mean : MeanField, optional
        What a cell gets before its first observation; default the average of all observations.
    damping : float, optional
        Time [days] in which the departure from the mean falls to 1/e; default never.
    land : LandMask, optional
        Where the maps are NaN.
    axes : Axes, optional
        Names of the dimensions, where they cannot be guessed.

    Raises
    ------
    ValueError
        If the damping is not positive.

    Examples
    --------
    >>> values = [[[np.nan]], [[1.0]], [[np.nan]], [[3.0]], [[np.nan]]]
    >>> ds = xr.Dataset({"sst": (("time", "lat", "lon"), values)}, {"time": [0.0, 1.0, 2.0, 5.0, 6.0]})
    >>> Persistence("sst", axes=Axes("time", ("lat", "lon"))).reconstruct(ds).sst.values.ravel().tolist()
    [2.0, 1.0, 1.0, 3.0, 3.0]
    """

    obs: str
    name: str | None = None
    mean: MeanField | None = None
    damping: float | None = None
    land: LandMask | None = None
    axes: Axes | None = None

    def __post_init__(self) -> None:
        if self.damping is not None and not self.damping > 0:
            raise ValueError(f"damping={self.damping}: expected a positive time in days, such as 10.0, or None")

    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        """Map ``ds`` whole; parameters and errors as for ``LinearInTime.reconstruct``."""
        seen = Observed.of(ds, self.obs, self.axes)
        near, mean = _Neighbours(seen), seen.background(self.mean)
        age = near.at(np.arange(len(near.time))) - near.at(near.before)
        kept = 1.0 if self.damping is None else np.exp(-age / self.damping)
        maps = np.where(near.before < 0, mean, mean + (near.value(near.before) - mean) * kept)
        return seen.maps(self.name, near.as_stored(maps), "last value", self.land)


class _Neighbours:
    """For each time and cell, which observation of the cell comes last before it (or then), and which first after."""

    def __init__(self, seen: Observed) -> None:
        time = seen.coords[0]
        self._order = np.argsort(time, kind="stable")
        self.time = time[self._order]
        self._values = seen.values[self._order]
        known = np.isfinite(self._values)
        self.ever = known.any(0)
        index = np.arange(len(time)).reshape(-1, *[1] * (known.ndim - 1))
        self.before = np.maximum.accumulate(np.where(known, index, -1))
        self.after = np.minimum.accumulate(np.where(known, index, len(time))[::-1])[::-1]

    def value(self, index: np.ndarray) -> np.ndarray:
        """Return each cell's value at the times of ``index``; anything where there is none."""
        return np.take_along_axis(self._values, np.clip(index, 0, len(self.time) - 1), axis=0)

    def at(self, index: np.ndarray) -> np.ndarray:
        """Return the times [days] of ``index``, ready to be combined with arrays (time, *space)."""
        times = self.time[np.clip(index, 0, len(self.time) - 1)]
        return times if times.ndim > 1 else times.reshape(-1, *[1] * (self._values.ndim - 1))

    def as_stored(self, maps: np.ndarray) -> np.ndarray:
        """Return maps in the order in which the times are stored."""
        return maps[np.argsort(self._order)]
