"""One observed variable of a Dataset as arrays, and the way back to labels: what all baselines share.

``values`` is (time, *space) in the order of storage, NaN where nothing was observed; ``departures`` gives the same as
scattered points at the places where the measurements were made; ``maps`` hands a complete array back with the
dimensions, order, coordinates, type and units of the observations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid import ancillary
from xdvn.grid.ancillary import with_flag
from xdvn.grid.axes import Axes, find_axes, positions, require_variable
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField

__all__ = ["Observed"]


@dataclass(frozen=True)
class Observed:
    """An observed variable and its axes.

    Parameters
    ----------
    ds : xr.Dataset
        The Dataset it lies in; never changed.
    name : str
        Its name.
    axes : Axes
        Its dimensions.

    Examples
    --------
    >>> ds = xr.Dataset({"sst": (("lat", "time"), [[1.0, np.nan]])}, {"time": [0.0, 1.0], "lat": [40.0]})
    >>> sst = Observed.of(ds, "sst")
    >>> sst.values.shape, sst.maps("sst_map", np.zeros((2, 1)), "nothing").sst_map.dims
    ((2, 1), ('lat', 'time'))
    """

    ds: xr.Dataset
    name: str
    axes: Axes

    @classmethod
    def of(cls, ds: xr.Dataset, name: str, axes: Axes | None = None) -> Observed:
        """Find a variable and its axes.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            It has other dimensions than its axes.
        """
        da = require_variable(ds, name, "observed")
        axes = axes or find_axes(da)
        if set(da.dims) != set(axes.dims):
            raise ValueError(
                f"{name!r} has the dimensions {da.dims}; expected {axes.dims} in any order: select one of any other "
                "dimension with .isel(...), or rename with .rename(...)"
            )
        return cls(ds, name, axes)

    @property
    def coords(self) -> list[np.ndarray]:
        """Cell centres along time [days] and space, in the order of storage."""
        return [positions(self.ds[self.name], d) for d in self.axes.dims]

    @property
    def values(self) -> np.ndarray:
        """The observations (time, *space), float64, NaN where there are none.

        Raises
        ------
        ValueError
            Every value is missing.
        """
        values = self._array(self.ds[self.name])
        if not np.isfinite(values).any():
            raise ValueError(f"{self.name!r}: every value is missing, so there is nothing to map from")
        return values

    def background(self, mean: MeanField | None) -> np.ndarray:
        """Return the mean in each cell (*space); without one, the average of all observations everywhere."""
        if mean is not None:
            return mean.on(self.coords[1:])
        values = self.values
        return np.full(values.shape[1:], np.nanmean(values))

    def departures(self, mean: MeanField | None) -> tuple[np.ndarray, np.ndarray]:
        """Return where the observations are (n, dim) and their departures from the mean there (n,).

        The places are those of ``<name>_offset_<dim>`` (in cells, towards growing coordinates) where the Dataset has
        these variables, else the centres of the cells.
        """
        values = self.values
        seen = np.isfinite(values)
        cells, points = np.nonzero(seen), np.empty((int(seen.sum()), seen.ndim))
        for d, (dim, at, cell) in enumerate(zip(self.axes.dims, self.coords, cells, strict=True)):
            points[:, d] = at[cell]
            offset = self.ds.get(f"{self.name}_offset_{dim}")
            if offset is not None and at.size > 1:
                points[:, d] += np.nan_to_num(self._array(offset)[seen]) * np.abs(np.gradient(at))[cell]
        return points, values[seen] if mean is None else values[seen] - mean.at(list(points[:, 1:].T))

    def maps(self, name: str | None, values: np.ndarray, method: str, land: LandMask | None = None) -> xr.Dataset:
        """Return complete maps (time, *space) as a Dataset laid out as the observations, which cells it flags.

        Parameters
        ----------
        name : str, optional
            Name of the maps; default that of the observations.
        values : numpy.ndarray
            (time, *space), in the order of ``coords``.
        method : str
            What made them, for ``long_name``.
        land : LandMask, optional
            Where the maps are NaN.
        """
        da = self.ds[self.name]
        if land is not None:
            values = np.where(land.sea_on(self.coords[1:]), values, np.nan)
        kind = da.dtype if da.dtype.kind == "f" else np.dtype(np.float64)
        attrs = {k: v for k, v in da.attrs.items() if k in ("standard_name", "units")}
        attrs["long_name"] = f"{method} of {self.name}"
        labelled = xr.DataArray(values.astype(kind), dims=self.axes.dims, attrs=attrs).transpose(*da.dims)
        name = name or self.name
        return with_flag(xr.Dataset({name: labelled.assign_coords(da.coords)}), name, da)

    def _array(self, da: xr.DataArray) -> np.ndarray:
        return np.asarray(da.transpose(*self.axes.dims).values, np.float64)


def with_std(maps: xr.Dataset, std: xr.Dataset) -> xr.Dataset:
    """Add standard deviations of the error to the one map of a Dataset, as ``<name>_std``.

    CF conventions, section 3.3 (standard name modifiers) and 3.4 (ancillary data), doi:10.5281/zenodo.14275599.
    """
    name = str(next(iter(std.data_vars)))
    return ancillary.with_std(maps, name, std[name], long_name=str(std[name].attrs["long_name"]))
