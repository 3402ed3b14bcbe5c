"""Longitudes name a circle: 295 is -65, and on a global grid the last column is the first one's neighbour.

A model knows the mean and the coast of the place it was trained at by position. ``Turn`` brings the longitudes of a
Dataset to the model's convention, by whole circles and, on a global grid, by cutting the circle where the model's is
cut; ``undo`` gives the maps back as the Dataset was. ``circles`` tells which dimension closes on itself. Called by
``Model.reconstruct``.
"""

from __future__ import annotations

from dataclasses import dataclass

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import xarray as xr

from xdvn.grid.axes import positions
from xdvn.grid.spacing import descending

__all__ = ["Turn", "circles"]


def circles(da: xr.Dataset | xr.DataArray, dim: str) -> bool:
    """Whether a dimension is a full circle of longitudes, so that its last cell lies beside its first.

    Examples
    --------
    >>> lon = {"lon": ("lon", np.arange(0, 360, 0.5), {"units": "degrees_east"})}
    >>> circles(xr.Dataset(coords=lon), "lon"), circles(xr.Dataset(coords=lon).isel(lon=slice(700)), "lon")
    (True, False)
    """
    if not _is_longitude(da, dim):
        return False
    at = positions(da, dim)
    step = np.abs(np.median(np.diff(at))) if at.size > 1 else 0.0
    return bool(abs(at.size * step - 360) < 0.5 * step)


def _is_longitude(da: xr.Dataset | xr.DataArray, dim: str) -> bool:
    if dim not in da.coords or da[dim].ndim != 1:
        return False
    units = str(da[dim].attrs.get("units", ""))
    alone = xr.Dataset(coords={dim: da[dim]}).cf.guess_coord_axis()
    return (not units or units.startswith("degree")) and dim in alone.cf.coordinates.get("longitude", [])


@dataclass(frozen=True)
class Turn:
    """How longitudes become a model's.

    Parameters
    ----------
    dim : str
        The dimension of longitude.
    roll : int
        Columns by which the field is rolled.
    degrees : numpy.ndarray
        Longitudes after rolling, in the model's convention.
    """

    dim: str
    roll: int
    degrees: np.ndarray

    @classmethod
    def to(cls, trained: np.ndarray, ds: xr.Dataset, dim: str) -> Turn | None:
        """Return what brings ``ds`` to the longitudes a model was trained at; None where nothing is to be done.

        Parameters
        ----------
        trained : numpy.ndarray
            Longitudes of the training grid.
        ds : xr.Dataset
            The Dataset to be mapped.
        dim : str
            Its dimension of longitude; other coordinates are left alone.
        """
        if not _is_longitude(ds, dim):
            return None
        at, middle = positions(ds, dim), 0.5 * (trained.min() + trained.max())
        if not circles(ds, dim) or descending(ds, dim):
            turns = np.round((middle - 0.5 * (at.min() + at.max())) / 360)
            return cls(dim, 0, at + 360 * turns) if turns else None
        # A hair of a cell, so that rounding does not decide on which side of the cut a column lies.
        first = middle - 180 - 1e-3
        wrapped = at - 360 * np.floor((at - first) / 360)  # whole circles: exact
        roll = -int(np.argmin(wrapped))
        return None if np.array_equal(wrapped, at) else cls(dim, roll, np.roll(wrapped, roll))

    def apply(self, ds: xr.Dataset) -> xr.Dataset:
        """Return ``ds`` with the longitudes of the model."""
        rolled = ds.roll({self.dim: self.roll}, roll_coords=True) if self.roll else ds
        return rolled.assign_coords({self.dim: rolled[self.dim].copy(data=self.degrees)})

    def points(self, tracks: xr.Dataset) -> xr.Dataset:
        """Return measurements along tracks at the longitudes of the model."""
        step = abs(np.median(np.diff(self.degrees))) if self.degrees.size > 1 else 0.0
        first = self.degrees.min() - step / 2
        where = tracks[self.dim]
        return tracks.assign_coords({self.dim: where.copy(data=first + (where.values - first) % 360)})

    def undo(self, maps: xr.Dataset, like: xr.Dataset) -> xr.Dataset:
        """Return maps at the longitudes and in the order of ``like``, the Dataset as it came."""
        back = maps.roll({self.dim: -self.roll}, roll_coords=True) if self.roll else maps
        return back.assign_coords({self.dim: like[self.dim]})
