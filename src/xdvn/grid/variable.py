"""One variable of the state: its names, its scale, its coast, and how well it is observed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import require_variable
from xdvn.grid.land import LandMask
from xdvn.grid.normalise import Normaliser
from xdvn.grid.units import Conversion, conversion

__all__ = ["Variable", "errors_by_variable"]


@dataclass(frozen=True)
class Variable:
    """What a variable is observed as, what it is called when complete, how it is normalised.

    Parameters
    ----------
    obs : str
        Name of the observed variable.
    name : str
        Name of the complete variable in a reconstruction.
    normaliser : Normaliser
        Between its unit and numbers of order one.
    attrs : dict
        CF attributes of the complete variable (units, standard_name, long_name).
    land : LandMask
        Where it has no value on the training grid.
    obs_error : float or str, optional
        Standard deviation of the errors of observation in the variable's unit, or the name of a variable that holds it.
    along_track : bool
        Whether the model was trained on its measurements at their own places.
    """

    obs: str
    name: str
    normaliser: Normaliser
    attrs: dict[str, str]
    land: LandMask
    obs_error: float | str | None = None
    along_track: bool = False

    @property
    def units(self) -> str | None:
        """Unit the model was trained in, None when the training data did not say."""
        return self.attrs.get("units")

    def check_units(self, da: xr.DataArray) -> None:
        """Raise a ValueError when ``da`` says that it is in another unit than the model's."""
        if self._conversion(da).changes_values:
            raise ValueError(
                f"{da.name!r} is in {da.attrs['units']!r}; the model was trained in {self.units!r}. Convert the "
                f"values and set ds[{da.name!r}].attrs['units'] = {self.units!r}"
            )

    def in_own_unit(self, da: xr.DataArray, *, spread: bool = False) -> xr.DataArray:
        """Return ``da`` in the model's unit, with a warning where its values had to be converted.

        Parameters
        ----------
        da : xr.DataArray
            Observations, or (``spread``) standard deviations of their errors. Without units it is taken as it is.

        Raises
        ------
        ValueError
            The conversion is not certain.
        """
        how = self._conversion(da, spread or "anomaly" in str(self.attrs.get("standard_name", "")))
        if not how.changes_values:
            return da
        warnings.warn(
            f"{da.name!r} is in {da.attrs['units']!r} and was converted to {self.units!r}, in which the model was "
            "trained and its maps are",
            stacklevel=4,
        )
        return (how.factor * da + how.offset).assign_attrs(da.attrs | {"units": self.units})

    def _conversion(self, da: xr.DataArray, spread: bool = False) -> Conversion:
        units = da.attrs.get("units")
        if units is None or self.units is None:
            return Conversion(1.0, 0.0)
        found = conversion(str(units), self.units, difference=spread)
        if found is None:
            raise ValueError(
                f"{da.name!r} is in {units!r}; the model was trained in {self.units!r}, and how one becomes the other "
                f"is not certain. Convert the values and set ds[{da.name!r}].attrs['units'] = {self.units!r}"
            )
        return found

    def error_variance(self, ds: xr.Dataset, template: xr.DataArray) -> xr.DataArray | None:
        """Return the variance of the errors in normalised units, laid out as ``template``; None when not said.

        Parameters
        ----------
        ds : xr.Dataset
            Holds the standard deviations, if they are a variable; dimensions may be fewer than the template's.
        template : xr.DataArray
            Observations; where they are known, the errors must be.
        """
        if self.obs_error is None:
            return None
        if isinstance(self.obs_error, str):
            std = require_variable(ds, self.obs_error, "observation-error")
            self.check_units(std)
            if not set(std.dims) <= set(template.dims):
                raise ValueError(
                    f"the observation error {self.obs_error!r} has the dimensions {std.dims}; expected those of "
                    f"{self.obs!r}, {template.dims}, or some of them"
                )
            std = std.broadcast_like(template).transpose(*template.dims)
        else:
            std = xr.full_like(template, self.obs_error, dtype=np.float64)
        bad = int((template.notnull() & ~(std > 0)).sum())
        if bad:
            raise ValueError(
                f"the observation error {self.obs_error!r} of {self.obs!r} is not a positive number at {bad} of its "
                f"observations; it is a standard deviation in {self.units or 'the unit of the variable'}"
            )
        return (std / self.normaliser.std) ** 2


def errors_by_variable(
    obs_error: float | str | Sequence[float | str] | None, names: Sequence[str]
) -> list[float | str | None]:
    """Return one observation error for each observed variable, or None for all of them.

    Raises
    ------
    ValueError
        When there is not one for each.
    """
    if obs_error is None:
        return [None] * len(names)
    given = [obs_error] if isinstance(obs_error, (int, float, str)) else list(obs_error)
    if len(given) != len(names):
        raise ValueError(
            f"obs_error= gives {given} for the variables {list(names)}; give one standard deviation (or the name of a "
            "variable that holds it) for each, in the same order"
        )
    return [e if isinstance(e, str) else float(e) for e in given]
