"""Attributes of a score: unit, ideal value, orientation, and the reason for a NaN.

``ScoreAttributes`` labels every result of ``xdvn.metrics`` with ``units``, ``long_name``, ``perfect``, ``orientation``
and, for a NaN only, ``reason``. A NaN without a reason raises an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["ScoreAttributes"]


@dataclass(frozen=True)
class ScoreAttributes:
    """Description, unit, ideal value and orientation of a score.

    Parameters
    ----------
    long_name : str
        Description.
    units : str
        Unit, "1" for a ratio.
    perfect : float or sequence of float
        Ideal value.
    orientation : str
        Better direction: "higher", "lower", or "closer" (to the ideal value, from both sides).

    Raises
    ------
    ValueError
        If the orientation is not one of these.

    Examples
    --------
    >>> skill = ScoreAttributes("share of variance explained", "1", 1.0, "higher")
    >>> skill.of(0.9).attrs["orientation"]
    'higher'
    """

    long_name: str
    units: str
    perfect: float | Sequence[float]
    orientation: str

    def __post_init__(self) -> None:
        if self.orientation not in ("higher", "lower", "closer"):
            raise ValueError(f"orientation={self.orientation!r}: expected 'higher', 'lower' or 'closer'")

    def of(
        self,
        value: Any,
        dims: str | Sequence[str] = (),
        coords: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> xr.DataArray:
        """Return a labelled float64 DataArray.

        Parameters
        ----------
        value : array_like
            One number, or an array along ``dims``.
        dims, coords
            As for ``xr.DataArray``.
        reason : str, optional
            Reason for a NaN; stored only if there is one.

        Raises
        ------
        ValueError
            If a value is NaN and no reason is given.
        """
        values = np.asarray(value, np.float64)
        attrs: dict[str, Any] = {
            "units": self.units,
            "long_name": self.long_name,
            "perfect": self.perfect,
            "orientation": self.orientation,
        }
        if np.isnan(values).any():
            if not reason:
                raise ValueError(f"{self.long_name!r} is NaN: expected a reason. Pass reason='...'")
            attrs["reason"] = reason
        return xr.DataArray(values, dims=dims, coords=coords, attrs=attrs)
