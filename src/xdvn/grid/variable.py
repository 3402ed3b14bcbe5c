"""Variables of the state: names, normalisation, land mask and observation errors."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, require_variable
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.time_chunks import iter_time_chunks
from xdvn.grid.units import Conversion, conversion

__all__ = ["Normaliser", "Variable", "check_varies_in_time", "errors_by_variable"]


_ROUNDING = 1e-6
"""Share of the largest value below which a standard deviation is that of rounding, as of float32."""


@dataclass(frozen=True)
class Normaliser:
    """The normalisation of a variable by its mean field and one standard deviation.

        x' = (x - mean(y, x)) / std

    Statistics are those of the training days and are stored with the model. With one standard deviation for all cells,
    gradients of the field are comparable everywhere.

    Parameters
    ----------
    mean : MeanField
        Mean over training days, in the unit of the variable.
    std : float
        Standard deviation of the anomalies over training days and cells, in the unit of the variable.
    """

    mean: MeanField
    std: float

    @classmethod
    def from_data(cls, da: xr.DataArray, axes: Axes, mean: MeanField | None = None) -> Normaliser:
        """Estimate the mean and the standard deviation of ``da``. If ``mean`` is given, it is used instead.

        Raises
        ------
        ValueError
            The anomalies do not vary.
        """
        mean = MeanField.from_data(da, axes) if mean is None else mean
        field = mean.on([cell_centres(da, d) for d in axes.space])
        std = _spread_around(field, da, axes)
        return cls(mean, std)

    def apply(self, values: np.ndarray, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Return ``values`` (time, *space) in the unit of the variable as normalised float32; NaN remains NaN."""
        return self.departures(values, self.mean.on(coords))

    def departures(self, values: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return ``values`` as normalised float32, with the mean at their positions; NaN remains NaN."""
        return _single(np.divide, values - mean, self.std)

    def apply_at(self, values: np.ndarray, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return ``values`` at scattered positions as normalised float32; NaN remains NaN."""
        return self.departures(values, self.mean.at(places))

    def inverse_transform(self, values: np.ndarray, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Return normalised ``values`` (time, *space) in the unit of the variable, float32."""
        return self.values(values, self.mean.on(coords))

    def values(self, departures: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return normalised anomalies in the unit of the variable, float32, with the mean at their positions."""
        return _single(np.add, departures * np.float64(self.std), mean)


def check_varies_in_time(da: xr.DataArray, axes: Axes) -> None:
    """Raise a ValueError if the values of every cell are equal at all times, up to rounding.

    Cells with one value do not count, so that data in which no cell is observed twice pass.
    """
    if int(da.notnull().sum(axes.time).max()) > 1:
        _spread_around(MeanField.from_data(da, axes).on([cell_centres(da, d) for d in axes.space]), da, axes)


def _spread_around(field: np.ndarray, da: xr.DataArray, axes: Axes) -> float:
    squares, count, largest = 0.0, 0, 0.0
    for data in iter_time_chunks(da, axes):
        squares, count = squares + np.nansum((data - field) ** 2), count + np.isfinite(data).sum()
        largest = max(largest, float(np.nanmax(np.abs(data), initial=0.0)))
    std = float(np.sqrt(squares / count))
    if not std > _ROUNDING * largest:
        raise ValueError(
            f"{da.name!r} does not vary around its time mean (standard deviation {std:.2g}, values up to "
            f"{largest:.3g}). Use more days, or check the name of the variable."
        )
    return std


def _single(function: np.ufunc, wide: np.ndarray, other: np.ndarray | float) -> np.ndarray:
    """Return ``function`` of both in float32, computed in double precision without a temporary field."""
    rounded = np.empty(np.broadcast_shapes(wide.shape, np.shape(other)), np.float32)
    return function(wide, other, out=rounded, dtype=np.float64, casting="same_kind")


@dataclass(frozen=True)
class Variable:
    """A variable of the state: its names, normalisation, land mask and observation error.

    Parameters
    ----------
    obs : str
        Name of the observed variable.
    name : str
        Name of the mapped variable in a reconstruction.
    normaliser : Normaliser
        Conversion between the unit of the variable and normalised values.
    attrs : dict
        CF attributes of the mapped variable (units, standard_name, long_name).
    land : LandMask
        Land mask on the training grid.
    obs_error : float or str, optional
        Standard deviation of the observation error in the unit of the variable, or the name of a variable with it.
    along_track : bool
        Whether the model was trained on along-track observations of the variable.
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
        """Unit of the training data, None if they have none."""
        return self.attrs.get("units")

    def check_units(self, da: xr.DataArray) -> None:
        """Raise a ValueError if ``da`` has another unit than the training data."""
        if self._conversion(da).changes_values:
            raise ValueError(
                f"{da.name!r} is in {da.attrs['units']!r}; the model was trained in {self.units!r}. Convert the "
                f"values and set ds[{da.name!r}].attrs['units'] = {self.units!r}."
            )

    def in_own_unit(self, da: xr.DataArray, *, spread: bool = False) -> xr.DataArray:
        """Return ``da`` in the unit of the model, with a warning if values are converted.

        Parameters
        ----------
        da : xr.DataArray
            Observations, or standard deviations of their errors. Without units, it is returned unchanged.
        spread : bool
            Whether ``da`` is a standard deviation.

        Raises
        ------
        ValueError
            The conversion is ambiguous or impossible.
        """
        unit_change = self._conversion(da, spread or "anomaly" in str(self.attrs.get("standard_name", "")))
        if not unit_change.changes_values:
            return da
        warnings.warn(
            f"{da.name!r} is in {da.attrs['units']!r} and was converted to {self.units!r}, the unit of the training "
            "data and of the maps",
            stacklevel=4,
        )
        return (unit_change.factor * da + unit_change.offset).assign_attrs(da.attrs | {"units": self.units})

    def _conversion(self, da: xr.DataArray, spread: bool = False) -> Conversion:
        units = da.attrs.get("units")
        if units is None or self.units is None:
            return Conversion(1.0, 0.0)
        found = conversion(str(units), self.units, difference=spread)
        if found is None:
            raise ValueError(
                f"cannot convert {da.name!r} from {units!r} to {self.units!r}, the unit of the training data. "
                f"Convert the values and set ds[{da.name!r}].attrs['units'] = {self.units!r}."
            )
        return found

    def error_variance(self, ds: xr.Dataset, template: xr.DataArray) -> xr.DataArray | None:
        """Return the error variance in normalised units, laid out as ``template``, None if there is no ``obs_error``.

        Parameters
        ----------
        ds : xr.Dataset
            Dataset with the standard deviations, if they are a variable, on some or all dimensions of the template.
        template : xr.DataArray
            Observations; errors must be positive wherever there is an observation.
        """
        if self.obs_error is None:
            return None
        if isinstance(self.obs_error, str):
            std = require_variable(ds, self.obs_error, "observation-error")
            self.check_units(std)
            if not set(std.dims) <= set(template.dims):
                raise ValueError(
                    f"the observation error {self.obs_error!r} has the dimensions {std.dims}: expected some of "
                    f"those of {self.obs!r}, {template.dims}."
                )
            std = std.broadcast_like(template).transpose(*template.dims)
        else:
            std = xr.full_like(template, self.obs_error, dtype=np.float64)
        invalid = int((template.notnull() & ~(std > 0)).sum())
        if invalid:
            raise ValueError(
                f"the observation error {self.obs_error!r} of {self.obs!r} is not positive at {invalid} of its "
                f"observations: expected standard deviations in {self.units or 'the unit of the variable'}."
            )
        return (std / self.normaliser.std) ** 2


def errors_by_variable(
    obs_error: float | str | Sequence[float | str] | None, names: Sequence[str]
) -> list[float | str | None]:
    """Return the observation error of each variable, or None for all variables.

    Raises
    ------
    ValueError
        The numbers of errors and variables differ.
    """
    if obs_error is None:
        return [None] * len(names)
    errors = [obs_error] if isinstance(obs_error, (int, float, str)) else list(obs_error)
    if len(errors) != len(names):
        raise ValueError(
            f"obs_error={errors}: expected one standard deviation, or variable name, for each of {list(names)}, "
            "in this order."
        )
    return [e if isinstance(e, str) else float(e) for e in errors]
