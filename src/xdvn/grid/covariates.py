"""What is known everywhere beforehand and helps: depth, latitude, the season. Extra channels, never scored.

A covariate enters a sample as further channels of the state that are observed everywhere and from which the solve
starts; prior and modulator see them, losses and reconstructions leave them out. One that varies in time only, or not in
time, is one channel of a window, one that varies in both has a channel for every time.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, require_variable
from xdvn.grid.spacing import descending

__all__ = ["AbstractCovariate", "FieldCovariate", "SeasonCovariate", "covariates_of", "in_window"]


class AbstractCovariate(abc.ABC):
    """A normalised field on (time or 1, *space or ones) for any Dataset."""

    @abc.abstractmethod
    def on(self, ds: xr.Dataset, axes: Axes) -> np.ndarray:
        """Return the normalised field with ascending axes; an axis along which it is constant has size 1."""

    @abc.abstractmethod
    def n_channels(self, n_times: int, axes: Axes) -> int:
        """Channels it takes in a window of ``n_times``."""


@dataclass(frozen=True)
class FieldCovariate(AbstractCovariate):
    """A variable or coordinate of the Dataset.

    Parameters
    ----------
    name : str
        What it is called.
    dims : tuple of str
        Dimensions along which it varies.
    mean, std : float
        Over the training days, in its own unit.
    """

    name: str
    dims: tuple[str, ...]
    mean: float
    std: float

    @classmethod
    def measure(cls, ds: xr.Dataset, name: str, axes: Axes, days: slice) -> FieldCovariate:
        """Take mean and spread from the training days."""
        da = require_variable(ds, name, "covariate")
        if da.dtype.kind not in "fiub" or not da.dims or not set(da.dims) <= set(axes.dims):
            raise ValueError(
                f"the covariate {name!r} has the dimensions {da.dims} and dtype {da.dtype}; expected numbers on some "
                f"of {axes.dims}. For the season, name 'dayofyear'"
            )
        known = da.isel({axes.time: days}) if axes.time in da.dims else da
        values = known.values.astype(np.float64)
        mean, std = (float(f(values)) if np.isfinite(values).any() else 0.0 for f in (np.nanmean, np.nanstd))
        if not std > 0:
            raise ValueError(
                f"the covariate {name!r} does not vary in the training data: it tells nothing; leave it out"
            )
        return cls(name, tuple(d for d in axes.dims if d in da.dims), mean, std)

    def on(self, ds: xr.Dataset, axes: Axes) -> np.ndarray:
        """Return (value - mean) / std."""
        da = require_variable(ds, self.name, "covariate")
        if set(da.dims) != set(self.dims):
            raise ValueError(
                f"the covariate {self.name!r} has the dimensions {da.dims}; the model was trained on {self.dims}"
            )
        values = da.transpose(*self.dims).values.astype(np.float64)
        turned = tuple(i for i, d in enumerate(self.dims) if d != axes.time and descending(da, d))
        shape = [da.sizes.get(d, 1) for d in axes.dims]
        return ((np.flip(values, turned) - self.mean) / self.std).astype(np.float32).reshape(shape)

    def n_channels(self, n_times: int, axes: Axes) -> int:
        """As many as the window has times if it varies in time and space, else 1."""
        return n_times if axes.time in self.dims and len(self.dims) > 1 else 1


@dataclass(frozen=True)
class SeasonCovariate(AbstractCovariate):
    """cos(2 pi (day of the year) / 365.2425 - phase): with phases 0 and pi/2, a place on the circle of the year.

    Parameters
    ----------
    phase : float
        Radians.
    """

    phase: float

    def on(self, ds: xr.Dataset, axes: Axes) -> np.ndarray:
        """Return the cosine; it needs no training statistics."""
        time = ds[axes.time]
        if not hasattr(time, "dt"):
            raise ValueError(
                f"the covariate 'dayofyear' needs dates along {axes.time!r}, which is {time.dtype}; decode the times "
                "with xr.decode_cf(ds), or leave it out"
            )
        day = time.dt.dayofyear.values - 1 + time.dt.hour.values / 24
        season = np.cos(2 * np.pi * day / 365.2425 - self.phase).astype(np.float32)
        return season.reshape(-1, *(1 for _ in axes.space))

    def n_channels(self, n_times: int, axes: Axes) -> int:
        """One."""
        return 1


def covariates_of(ds: xr.Dataset, names: Sequence[str], axes: Axes, days: slice) -> tuple[AbstractCovariate, ...]:
    """Return the covariates called ``names``; ``dayofyear`` is computed where ``ds`` has no such variable.

    Raises
    ------
    KeyError
        There is no such variable.
    ValueError
        It is on other dimensions than the grid's, or does not vary.
    """
    found: list[AbstractCovariate] = []
    for name in names:
        if name == "dayofyear" and name not in ds.variables:
            found += [SeasonCovariate(0.0), SeasonCovariate(np.pi / 2)]
        else:
            found.append(FieldCovariate.measure(ds, name, axes, days))
    return tuple(found)


def in_window(fields: Sequence[np.ndarray], start: Sequence[int], patch: Sequence[int]) -> np.ndarray:
    """Return the channels (*space, channel) of one window; in time, a series is taken at the window's centre."""
    channels = []
    for field in fields:
        series = field.shape[0] > 1 and all(n == 1 for n in field.shape[1:])
        times = [start[0] + patch[0] // 2] if series else [0] if field.shape[0] == 1 else start[0] + np.arange(patch[0])
        # Modulo its length: a window may go on over the end of a circle.
        place = [
            (i + np.arange(p)) % n if n > 1 else [0]
            for i, p, n in zip(start[1:], patch[1:], field.shape[1:], strict=True)
        ]
        part = field[np.ix_(*map(np.asarray, (times, *place)))]
        channels.append(np.moveaxis(np.broadcast_to(part, (len(times), *patch[1:])), 0, -1))
    return np.concatenate(channels, -1)
