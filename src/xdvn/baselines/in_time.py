"""Interpolation of each cell in time: linear, and persistence of the last value.

    linear       x(t) = y_b + (y_a - y_b) (t - t_b) / (t_a - t_b)      (b, a: the observations before and after t)
    persistence  x(t) = mean + (y_b - mean) exp(-(t - t_b) / damping)

Cells are independent of each other, so errors are large in long gaps: a lower bound of skill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.observed import ObservedField
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["LinearInTime", "Persistence"]


@dataclass(frozen=True)
class LinearInTime(AbstractMapper):
    """Linear interpolation of each cell between its observations, constant before the first and after the last.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map. Default: ``obs``.
    mean : MeanField, optional
        Value of cells without any observation. If None, the average of all observations.
    land : LandMask, optional
        Land, where the maps are NaN.
    axes : Axes, optional
        Dimensions. If None, identified from attributes and names.

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

    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Map ``ds``.

        Parameters
        ----------
        ds : xr.Dataset
            Contains the observed variable; never changed.
        progress : bool
            Without effect: the map takes a moment.

        Returns
        -------
        xr.Dataset
            Complete map, with the dimensions, order, coordinates, type and units of the observations.

        Raises
        ------
        KeyError
            The observed variable is missing.
        ValueError
            It has other dimensions than time and space, or no observation.
        """
        observed = ObservedField.of(ds, self.obs, self.axes, self.mean or self.land)
        near = _Neighbours(observed)
        before, after = np.where(near.before < 0, near.after, near.before), near.after
        after = np.where(after == len(near.time), before, after)
        start, end = near.value(before), near.value(after)
        t, t_before, t_after = near.at(np.arange(len(near.time))), near.at(before), near.at(after)
        share = (t - t_before) / np.where(t_after > t_before, t_after - t_before, np.inf)
        maps = np.where(near.ever, start + np.maximum(share, 0.0) * (end - start), observed.background(self.mean))
        return observed.maps(self.name, near.as_stored(maps), "linear interpolation in time", self.land)


@dataclass(frozen=True)
class Persistence(AbstractMapper):
    """Last observation of each cell, a near-real-time baseline that uses no later observations.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map. Default: ``obs``.
    mean : MeanField, optional
        Value of cells before their first observation. If None, the average of all observations.
    damping : float, optional
        Time [days] in which the anomaly falls to 1/e. If None, it is constant.
    land : LandMask, optional
        Land, where the maps are NaN.
    axes : Axes, optional
        Dimensions. If None, identified from attributes and names.

    Raises
    ------
    ValueError
        The damping is not positive.

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
            raise ValueError(f"damping={self.damping}: expected a positive time in days. Pass e.g. 10.0, or None.")

    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Map ``ds``; parameters and errors as for ``LinearInTime.reconstruct``."""
        observed = ObservedField.of(ds, self.obs, self.axes, self.mean or self.land)
        near, mean = _Neighbours(observed), observed.background(self.mean)
        age = near.at(np.arange(len(near.time))) - near.at(near.before)
        decay = 1.0 if self.damping is None else np.exp(-age / self.damping)
        maps = np.where(near.before < 0, mean, mean + (near.value(near.before) - mean) * decay)
        return observed.maps(self.name, near.as_stored(maps), "last value", self.land)


class _Neighbours:
    """Indices of the last observation up to each time and of the first from it on, for every cell."""

    def __init__(self, observed: ObservedField) -> None:
        time = observed.coords[0]
        self._order = np.argsort(time, kind="stable")
        self.time = time[self._order]
        self._values = observed.values[self._order]
        finite = np.isfinite(self._values)
        self.ever = finite.any(0)
        index = np.arange(len(time)).reshape(-1, *[1] * (finite.ndim - 1))
        self.before = np.maximum.accumulate(np.where(finite, index, -1))
        self.after = np.minimum.accumulate(np.where(finite, index, len(time))[::-1])[::-1]

    def value(self, index: np.ndarray) -> np.ndarray:
        """Return each cell's value at the times of ``index``; undefined where there is none."""
        return np.take_along_axis(self._values, np.clip(index, 0, len(self.time) - 1), axis=0)

    def at(self, index: np.ndarray) -> np.ndarray:
        """Return the times [days] of ``index``, in a shape that broadcasts with (time, *space)."""
        times = self.time[np.clip(index, 0, len(self.time) - 1)]
        return times if times.ndim > 1 else times.reshape(-1, *[1] * (self._values.ndim - 1))

    def as_stored(self, maps: np.ndarray) -> np.ndarray:
        """Return maps in the order in which the times are stored."""
        return maps[np.argsort(self._order)]
