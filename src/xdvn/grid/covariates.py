"""Covariates: additional input fields without gaps, such as depth, latitude or the season.

Covariates are further channels of the state, observed in every grid cell. The prior and the modulator read them;
losses and reconstructions omit them. A covariate that varies in both time and space has one channel per time step of a
window, any other has one channel.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, require_variable
from xdvn.grid.coordinates import is_descending

__all__ = ["AbstractCovariate", "FieldCovariate", "SeasonCovariate", "covariates_of", "in_window"]


class AbstractCovariate(abc.ABC):
    """A normalised field on (time or 1, *space or ones) for any Dataset."""

    @abc.abstractmethod
    def on(self, ds: xr.Dataset, axes: Axes) -> np.ndarray:
        """Return the normalised field with ascending axes; axes along which it is constant have size 1."""

    @abc.abstractmethod
    def n_channels(self, n_times: int, axes: Axes) -> int:
        """Return the number of channels in a window of ``n_times`` time steps."""


@dataclass(frozen=True)
class FieldCovariate(AbstractCovariate):
    """A variable or coordinate of the Dataset.

    Parameters
    ----------
    name : str
        Name of the variable or coordinate.
    dims : tuple of str
        Dimensions along which it varies.
    mean, std : float
        Mean and standard deviation over the training days, in the unit of the variable.
    """

    name: str
    dims: tuple[str, ...]
    mean: float
    std: float

    @classmethod
    def measure(cls, ds: xr.Dataset, name: str, axes: Axes, days: slice) -> FieldCovariate:
        """Compute the mean and the standard deviation over the training days."""
        da = require_variable(ds, name, "covariate")
        if da.dtype.kind not in "fiub" or not da.dims or not set(da.dims) <= set(axes.dims):
            raise ValueError(
                f"the covariate {name!r} has the dimensions {da.dims} and dtype {da.dtype}: expected numbers on some "
                f"of {axes.dims}. For the season, use 'dayofyear'."
            )
        training = da.isel({axes.time: days}) if axes.time in da.dims else da
        values = training.values.astype(np.float64)
        mean, std = (float(f(values)) if np.isfinite(values).any() else 0.0 for f in (np.nanmean, np.nanstd))
        if not std > 0:
            raise ValueError(f"the covariate {name!r} does not vary in the training data. Remove it from covariates=.")
        return cls(name, tuple(d for d in axes.dims if d in da.dims), mean, std)

    def on(self, ds: xr.Dataset, axes: Axes) -> np.ndarray:
        """Return (value - mean) / std."""
        da = require_variable(ds, self.name, "covariate")
        if set(da.dims) != set(self.dims):
            raise ValueError(
                f"the covariate {self.name!r} has the dimensions {da.dims}: expected {self.dims}, as in training."
            )
        values = da.transpose(*self.dims).values.astype(np.float64)
        descending = tuple(i for i, d in enumerate(self.dims) if d != axes.time and is_descending(da, d))
        shape = [da.sizes.get(d, 1) for d in axes.dims]
        return ((np.flip(values, descending) - self.mean) / self.std).astype(np.float32).reshape(shape)

    def n_channels(self, n_times: int, axes: Axes) -> int:
        """Return ``n_times`` if the covariate varies in time and space, else 1."""
        return n_times if axes.time in self.dims and len(self.dims) > 1 else 1


@dataclass(frozen=True)
class SeasonCovariate(AbstractCovariate):
    """The season, cos(2 pi (day of the year) / 365.2425 - phase); phases 0 and pi/2 together identify the day.

    Parameters
    ----------
    phase : float
        Phase [rad].
    """

    phase: float

    def on(self, ds: xr.Dataset, axes: Axes) -> np.ndarray:
        """Return the cosine for every time step."""
        time = ds[axes.time]
        if not hasattr(time, "dt"):
            raise ValueError(
                f"the covariate 'dayofyear' has dtype {time.dtype} along {axes.time!r}: expected dates. Decode the "
                "times with xr.decode_cf(ds), or remove it from covariates=."
            )
        day = time.dt.dayofyear.values - 1 + time.dt.hour.values / 24
        season = np.cos(2 * np.pi * day / 365.2425 - self.phase).astype(np.float32)
        return season.reshape(-1, *(1 for _ in axes.space))

    def n_channels(self, n_times: int, axes: Axes) -> int:
        """Return 1."""
        return 1


def covariates_of(ds: xr.Dataset, names: Sequence[str], axes: Axes, days: slice) -> tuple[AbstractCovariate, ...]:
    """Return the covariates ``names``; ``dayofyear`` is computed if ``ds`` has no such variable.

    Raises
    ------
    KeyError
        A variable is missing.
    ValueError
        A covariate has dimensions that the grid has not, or does not vary.
    """
    found: list[AbstractCovariate] = []
    for name in names:
        if name == "dayofyear" and name not in ds.variables:
            found += [SeasonCovariate(0.0), SeasonCovariate(np.pi / 2)]
        else:
            found.append(FieldCovariate.measure(ds, name, axes, days))
    return tuple(found)


def in_window(fields: Sequence[np.ndarray], start: Sequence[int], patch: Sequence[int]) -> np.ndarray:
    """Return the channels (*space, channel) of one window; time series are read at the centre of the window."""
    channels = []
    for field in fields:
        series = field.shape[0] > 1 and all(n == 1 for n in field.shape[1:])
        times = [start[0] + patch[0] // 2] if series else [0] if field.shape[0] == 1 else start[0] + np.arange(patch[0])
        # Modulo the length, because windows wrap around in longitude.
        cells = [
            (i + np.arange(p)) % n if n > 1 else [0]
            for i, p, n in zip(start[1:], patch[1:], field.shape[1:], strict=True)
        ]
        part = field[np.ix_(*map(np.asarray, (times, *cells)))]
        channels.append(np.moveaxis(np.broadcast_to(part, (len(times), *patch[1:])), 0, -1))
    return np.concatenate(channels, -1)
