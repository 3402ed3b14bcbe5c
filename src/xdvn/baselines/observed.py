"""One observed variable of a Dataset as arrays, and the conversion of maps back to a Dataset."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from xdvn.grid import ancillary
from xdvn.grid.ancillary import add_observed_flag
from xdvn.grid.axes import Axes, cell_centres, find_axes, is_longitude, require_variable, without_single
from xdvn.grid.coordinates import LongitudeShift, is_global_longitude
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.steps import own_step
from xdvn.grid.validation import check_finite, check_observations

__all__ = ["ObservedField"]

_MANY = 100  # observations whose range is that of the field


@dataclass(frozen=True)
class ObservedField:
    """An observed variable and its axes.

    Parameters
    ----------
    ds : xr.Dataset
        Contains the variable; never changed.
    name : str
        Name of the variable.
    axes : Axes
        Dimensions of the variable.
    shift : LongitudeShift, optional
        The change from the caller's longitudes to those of ``ds``, undone in ``maps``.
    longitude : xr.DataArray, optional
        The caller's longitudes, if they were shifted.

    Examples
    --------
    >>> ds = xr.Dataset({"sst": (("lat", "time"), [[1.0, np.nan]])}, {"time": [0.0, 1.0], "lat": [40.0]})
    >>> sst = ObservedField.of(ds, "sst")
    >>> sst.values.shape, sst.maps("sst_map", np.zeros((2, 1)), "nothing").sst_map.dims
    ((2, 1), ('lat', 'time'))
    """

    ds: xr.Dataset
    name: str
    axes: Axes
    shift: LongitudeShift | None = None
    longitude: xr.DataArray | None = None

    @classmethod
    def of(
        cls, ds: xr.Dataset, name: str, axes: Axes | None = None, grid: MeanField | LandMask | None = None
    ) -> ObservedField:
        """Find a variable and its axes, check it, and make its longitudes contiguous.

        Values of dask arrays are checked when they are read.

        Parameters
        ----------
        ds : xr.Dataset
            Contains the variable, with longitudes in any convention.
        name : str
            Name of the variable.
        axes : Axes, optional
            Its dimensions. If None, identified from attributes and names.
        grid : MeanField or LandMask, optional
            Field whose convention of longitudes is used. If None, that of ``ds``.

        Raises
        ------
        KeyError
            The variable is missing.
        ValueError
            It has other dimensions than its axes, or the values or coordinates are not those of observations; see
            ``grid.validation.check_observations``.
        """
        da = require_variable(ds, name, "observed")
        axes = axes or find_axes(da)
        if set(axes.dims) <= set(da.dims):
            ds = without_single(ds, [name], axes.dims)
            da = ds[name]
        if set(da.dims) != set(axes.dims):
            raise ValueError(
                f"{name!r} has dimensions {da.dims}: expected {axes.dims} in any order. Select along other dimensions "
                "with .isel(...), or rename them with .rename(...)."
            )
        check_observations(da, axes)
        east = axes.space[-1]
        shift = (
            LongitudeShift.contiguous(ds, east) if grid is None else LongitudeShift.between(grid.coords[-1], ds, east)
        )
        return cls(ds, name, axes) if shift is None else cls(shift.apply(ds), name, axes, shift, ds[east])

    @property
    def coords(self) -> list[np.ndarray]:
        """Cell centres along time [days] and space, in the order of storage."""
        return [cell_centres(self.ds[self.name], d) for d in self.axes.dims]

    @cached_property
    def values(self) -> np.ndarray:
        """The observations (time, *space), float64, NaN where there are none.

        Raises
        ------
        ValueError
            Every value is missing, infinite or an undeclared fill value.
        """
        da = self.ds[self.name]
        if da.chunks:
            da = da.compute()
            check_finite(da, "observed")
        values = self._array(da)
        if not np.isfinite(values).any():
            raise ValueError(
                f"{self.name!r}: every value is missing, expected at least one observation. Check the data."
            )
        return values

    def background(self, mean: MeanField | None) -> np.ndarray:
        """Return the mean in each cell (*space); if ``mean`` is None, the average of all observations."""
        if mean is not None:
            return mean.on(self._near(mean.coords, self.coords[1:]))
        values = self.values
        return np.full(values.shape[1:], np.nanmean(values))

    def departures(self, mean: MeanField | None, reach: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions (n, dim) and the anomalies (n,) of the observations.

        Positions are cell centres plus ``<name>_offset_<dim>`` (in cells, positive towards increasing coordinates) if
        the Dataset has these variables.

        Parameters
        ----------
        mean : MeanField, optional
            Mean to subtract. If None, zero.
        reach : float
            On a global grid, the observations within ``reach`` degrees of an end of the longitude axis are repeated
            at the other end. Default: 0.
        """
        values = self.values
        observed = np.isfinite(values)
        cells, points = np.nonzero(observed), np.empty((int(observed.sum()), observed.ndim))
        for d, (dim, at, cell) in enumerate(zip(self.axes.dims, self.coords, cells, strict=True)):
            points[:, d] = at[cell]
            offset = self.ds.get(f"{self.name}_offset_{dim}")
            if offset is not None and at.size > 1:
                check_finite(offset, "offset")
                points[:, d] += np.nan_to_num(self._array(offset)[observed]) * own_step(at)
        anomalies = values[observed]
        if mean is not None:
            anomalies = anomalies - mean.at(self._near(mean.coords, list(points[:, 1:].T)))
        return self._around_the_globe(points, anomalies, min(reach, 180.0))

    def _around_the_globe(self, points: np.ndarray, values: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
        if not is_global_longitude(self.ds[self.name], self.axes.space[-1]):
            return points, values
        middle = 0.5 * (self.coords[-1].min() + self.coords[-1].max())
        parts = [(points, values)]
        for turn in (360.0, -360.0):
            near = np.sign(turn) * (middle - points[:, -1]) > 180 - reach
            moved = points[near]
            moved[:, -1] += turn
            parts.append((moved, values[near]))
        positions, anomalies = zip(*parts, strict=True)
        return np.concatenate(positions), np.concatenate(anomalies)

    def maps(self, name: str | None, values: np.ndarray, method: str, land: LandMask | None = None) -> xr.Dataset:
        """Return complete maps as a Dataset in the layout of the observations, with a flag of observed cells.

        Parameters
        ----------
        name : str, optional
            Name of the maps. Default: the name of the observations.
        values : numpy.ndarray
            Maps (time, *space), in the order of ``coords``.
        method : str
            Name of the method, for ``long_name``.
        land : LandMask, optional
            Land, where the maps are NaN.
        """
        da = self.ds[self.name]
        self._warn_if_far_outside(values, method)
        if land is not None:
            values = np.where(land.sea_on(self._near(land.coords, self.coords[1:])), values, np.nan)
        kind = da.dtype if da.dtype.kind == "f" else np.dtype(np.float64)
        attrs = {k: v for k, v in da.attrs.items() if k in ("standard_name", "units")}
        attrs["long_name"] = f"{method} of {self.name}"
        labelled = xr.DataArray(values.astype(kind), dims=self.axes.dims, attrs=attrs).transpose(*da.dims)
        name = name or self.name
        maps = add_observed_flag(xr.Dataset({name: labelled.assign_coords(da.coords)}), name, da)
        return maps if self.shift is None or self.longitude is None else self.shift.undo(maps, self.longitude)

    def _warn_if_far_outside(self, values: np.ndarray, method: str) -> None:
        """Warn if a map leaves the range of many observations by more than that range."""
        if "error" in method or np.isfinite(self._array(self.ds[self.name])).sum() < _MANY:
            return
        low, high = float(np.nanmin(self.values)), float(np.nanmax(self.values))
        lowest, highest = float(np.nanmin(values)), float(np.nanmax(values))
        if lowest < 2 * low - high or highest > 2 * high - low:
            warnings.warn(
                f"{method}: the map of {self.name!r} has values from {lowest:.4g} to {highest:.4g}, the observations "
                f"from {low:.4g} to {high:.4g}. Check mean=, the scales and the noise, or use more observations",
                stacklevel=4,
            )

    def _near(self, grid: Sequence[np.ndarray], places: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return positions in space with longitudes in the convention of another grid."""
        *others, x = places
        if is_longitude(self.ds[self.name], self.axes.space[-1]):
            x = x + 360 * np.round((0.5 * (grid[-1].min() + grid[-1].max()) - x) / 360)
        return [*others, x]

    def _array(self, da: xr.DataArray) -> np.ndarray:
        return np.asarray(da.transpose(*self.axes.dims).values, np.float64)


def add_std(maps: xr.Dataset, std: xr.Dataset) -> xr.Dataset:
    """Add the standard deviation of the error to the only map of a Dataset, as ``<name>_std``.

    CF conventions, section 3.3 (standard name modifiers) and 3.4 (ancillary data), doi:10.5281/zenodo.14275599.
    """
    name = str(next(iter(std.data_vars)))
    return ancillary.add_std(maps, name, std[name], long_name=str(std[name].attrs["long_name"]))
