"""Predictions and observations point by point, gridded or along tracks: checked once, then flat arrays.

Points are where the observation is finite; every prediction must be finite there, too. Time is needed only to resample
days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.metrics.alignment import check_units
from xdvn.metrics.daily import DailySums, days_of

__all__ = ["Verification", "error_variance"]


@dataclass(frozen=True)
class Verification:
    """Flat arrays of the points that can be scored.

    Parameters
    ----------
    observed : numpy.ndarray
        (point,) what was observed, or the truth.
    predicted : dict
        (point,) or (member, point) arrays by name.
    days : numpy.ndarray
        (point,) when [days]; zeros when the data have no dates.
    units : str
        Unit of the observations, "1" if they have none.
    dated : bool
        Whether ``days`` is real.
    """

    observed: np.ndarray
    predicted: dict[str, np.ndarray]
    days: np.ndarray
    units: str
    dated: bool

    @classmethod
    def of(cls, observed: xr.DataArray, member: str | None = None, **predicted: xr.DataArray) -> Verification:
        """Pair observations with predictions on the same dimensions and coordinates, in any order.

        Raises
        ------
        ValueError
            Dimensions, coordinates or units differ, or a prediction is missing where there is an observation.
        """
        y = np.asarray(observed.values, np.float64)
        known = np.isfinite(y)
        if not known.any():
            raise ValueError(f"{observed.name or 'the truth'} has no finite value: there is nothing to score against")
        flat = {}
        for name, da in predicted.items():
            check_units(da, observed)
            dims = (*([member] if member in da.dims else []), *observed.dims)
            if set(da.dims) != set(dims):
                raise ValueError(f"{name} has the dimensions {da.dims}; expected {dims} in any order")
            try:
                xr.align(da, observed, join="exact")
            except ValueError as error:
                raise ValueError(
                    f"{name} and what was observed are not on the same coordinates; keep what they share with "
                    f"xr.align(..., join='inner'), or interpolate: {error}"
                ) from error
            values = np.asarray(da.transpose(*dims).values, np.float64)[..., known]
            if not np.isfinite(values).all():
                raise ValueError(
                    f"{name} has no finite value at {int((~np.isfinite(values)).sum())} of {values.size} points where "
                    "there is an observation; fill them, or set the observations to NaN there"
                )
            flat[name] = values
        try:
            days = days_of(observed).broadcast_like(observed).transpose(*observed.dims).values[known]
            dated = True
        except ValueError:
            days, dated = np.zeros(int(known.sum())), False
        return cls(y[known], flat, days, str(observed.attrs.get("units", "1")), dated)

    def sums(self, **quantities: np.ndarray | Iterable[np.ndarray]) -> DailySums:
        """Sum quantities of points by day."""
        return DailySums.of(self.days, **quantities)

    def check_dated(self) -> None:
        """Raise a ValueError when there are no dates to draw days from."""
        if not self.dated:
            raise ValueError(
                "the observations have no dates, so days cannot be drawn again; give them one coordinate of dates, as "
                "in da.assign_coords(time=('point', times)), or leave bootstrap= out"
            )


def error_variance(obs_error: float | xr.DataArray, observed: xr.DataArray) -> float | np.ndarray:
    """Return the variance of the observations' own error at the points of a ``Verification``.

    Raises
    ------
    ValueError
        When an error is negative or missing where there is an observation.
    """
    if isinstance(obs_error, xr.DataArray):
        known = np.isfinite(observed.values)
        sigma = np.asarray(obs_error.broadcast_like(observed).transpose(*observed.dims).values, np.float64)[known]
    else:
        sigma = np.asarray(float(obs_error))
    if not (sigma >= 0).all():
        raise ValueError("obs_error is a standard deviation: expected 0 or more at every observation, without NaN")
    return sigma**2
