"""What a number is: its unit, its ideal value, which way is better, and why it is missing if it is.

Every result of ``xdvn.metrics`` is labelled by a ``Meaning``; a NaN without a stated reason cannot be made. The
attributes are ``units``, ``long_name``, ``perfect``, ``orientation`` and, beside a NaN only, ``reason``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["Meaning"]


@dataclass(frozen=True)
class Meaning:
    """Everything one needs to know to read a score.

    Parameters
    ----------
    long_name : str
        What it is, for people.
    units : str
        Its unit, "1" for a ratio.
    perfect : float or sequence of float
        Its ideal value.
    orientation : str
        Which way is better: "higher", "lower", or "closer" (to the ideal value, from both sides).

    Raises
    ------
    ValueError
        When the orientation is another word.

    Examples
    --------
    >>> skill = Meaning("share of variance explained", "1", 1.0, "higher")
    >>> skill.of(0.9).attrs["orientation"]
    'higher'
    """

    long_name: str
    units: str
    perfect: float | Sequence[float]
    orientation: str

    def __post_init__(self) -> None:
        if self.orientation not in ("higher", "lower", "closer"):
            raise ValueError(f"orientation is {self.orientation!r}; expected 'higher', 'lower' or 'closer'")

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
            Why a value is NaN; kept only where one is.

        Raises
        ------
        ValueError
            When a value is NaN and no reason is given.
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
                raise ValueError(f"{self.long_name!r} is NaN without a reason; pass reason='why'")
            attrs["reason"] = reason
        return xr.DataArray(values, dims=dims, coords=coords, attrs=attrs)
