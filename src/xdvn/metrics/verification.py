"""Predictions matched with observations, gridded or along tracks, as flat arrays.

``Verification`` checks coordinates, units and completeness. Its points are those with a finite observation; every
prediction must be finite there. Only the resampling of days needs times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.matching import on_grid_of
from xdvn.metrics.alignment import check_units
from xdvn.metrics.daily import DailySums, days_of

__all__ = ["Verification", "error_variance"]


@dataclass(frozen=True)
class Verification:
    """Flat arrays of the scored points.

    Parameters
    ----------
    observed : numpy.ndarray
        (point,) observations, or the truth.
    predicted : dict
        (point,) or (member, point) arrays by name.
    days : numpy.ndarray
        (point,) times [days]; zeros if the data have no dates.
    units : str
        Unit of the observations, "1" if they have none.
    dated : bool
        Whether the data have dates.
    """

    observed: np.ndarray
    predicted: dict[str, np.ndarray]
    days: np.ndarray
    units: str
    dated: bool

    @classmethod
    def of(cls, observed: xr.DataArray, member: str | None = None, **predicted: xr.DataArray) -> Verification:
        """Match observations with predictions on the same dimensions, cell by cell (``grid.matching``).

        Raises
        ------
        ValueError
            If dimensions, coordinates or units differ, or a prediction is missing at an observation.
        """
        y = np.asarray(observed.values, np.float64)
        scored = np.isfinite(y)
        if not scored.any():
            raise ValueError(
                f"{observed.name or 'the truth'} has no finite value: expected observations. Check its fill value"
            )
        flat = {}
        for name, da in predicted.items():
            check_units(da, observed)
            dims = (*([member] if member in da.dims else []), *observed.dims)
            if set(da.dims) != set(dims):
                raise ValueError(f"{name} has the dimensions {da.dims}: expected {dims} in any order")
            da = on_grid_of(da, observed, [str(d) for d in observed.dims], (name, "observed"))
            values = np.asarray(da.transpose(*dims).values, np.float64)[..., scored]
            if not np.isfinite(values).all():
                raise ValueError(
                    f"{name} has no finite value at {int((~np.isfinite(values)).sum())} of {values.size} points "
                    "with an observation. Fill them, or set the observations to NaN there"
                )
            flat[name] = values
        try:
            days = days_of(observed).broadcast_like(observed).transpose(*observed.dims).values[scored]
            dated = True
        except ValueError:
            days, dated = np.zeros(int(scored.sum())), False
        return cls(y[scored], flat, days, str(observed.attrs.get("units", "1")), dated)

    def sums(self, **quantities: np.ndarray | Iterable[np.ndarray]) -> DailySums:
        """Return the sums of quantities of points by day."""
        return DailySums.of(self.days, **quantities)

    def check_dated(self) -> None:
        """Raise a ValueError if the data have no dates."""
        if not self.dated:
            raise ValueError(
                "the observations have no dates: expected one coordinate of dates to resample days. Use "
                "da.assign_coords(time=('point', times)), or leave bootstrap= out"
            )


def error_variance(obs_error: float | xr.DataArray, observed: xr.DataArray) -> float | np.ndarray:
    """Return the variance of the observation error at the points of a ``Verification``.

    Raises
    ------
    ValueError
        If an error is negative, or missing at an observation.
    """
    if isinstance(obs_error, xr.DataArray):
        scored = np.isfinite(observed.values)
        shared = [str(d) for d in observed.dims if d in obs_error.dims]
        errors = on_grid_of(obs_error, observed, shared, ("obs_error", "observed"))
        sigma = np.asarray(errors.broadcast_like(observed).transpose(*observed.dims).values, np.float64)[scored]
    else:
        sigma = np.asarray(float(obs_error))
    if not (sigma >= 0).all():
        raise ValueError(
            f"obs_error has the minimum {np.min(sigma):g}: expected 0 or more at every observation. Fill or correct it"
        )
    return sigma**2
