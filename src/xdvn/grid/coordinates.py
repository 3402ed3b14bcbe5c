"""Horizontal coordinates: ascending order, grid spacing, longitude conventions, and distances in kilometres.

Arrays inside xdvn have ascending coordinates, in whichever order the caller stores them. Coordinates whose units are
neither degrees nor a length raise an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, is_longitude
from xdvn.grid.steps import axis_step

__all__ = [
    "RADIUS",
    "LongitudeShift",
    "ascending_cell_centres",
    "contiguous",
    "coriolis",
    "grid_spacing",
    "in_degrees",
    "is_descending",
    "is_global_longitude",
    "kilometres_per_unit",
    "points_in_space",
]


Data = TypeVar("Data", xr.Dataset, xr.DataArray)


def is_descending(da: xr.Dataset | xr.DataArray, dim: str) -> bool:
    """Return whether the coordinate of a dimension decreases in storage order."""
    at = cell_centres(da, dim)
    return at.size > 1 and bool(np.median(np.diff(at)) < 0)


def ascending_cell_centres(da: xr.DataArray, axes: Axes) -> list[np.ndarray]:
    """Return the cell centres of the space dimensions in ascending order.

    Where longitudes wrap around (..., 179, -180, ...), they ascend except for one step.
    """
    return [cell_centres(da, d)[:: -1 if is_descending(da, d) else 1] for d in axes.space]


def grid_spacing(da: xr.DataArray, axes: Axes) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return distances between cells along (time, *space), and along space in km where coordinates are degrees.

    In degrees, dy = R dlat and dx = R cos(lat) dlon, with R = 6371 km and the mean latitude of the grid.

    Raises
    ------
    ValueError
        An axis has no step, as windows require (``steps.axis_step``).
    """
    spacing = [axis_step(da, d, is_time=d == axes.time) for d in axes.dims]
    cell_size = []
    for dim, step in zip(axes.space, spacing[1:], strict=True):
        degrees = dim in da.coords and str(da[dim].attrs.get("units", "")).startswith("degree")
        shrink = np.cos(np.deg2rad(cell_centres(da, axes.space[0]).mean())) if dim != axes.space[0] else 1.0
        cell_size.append(step * 111.195 * float(shrink) if degrees else step)
    return tuple(spacing), tuple(cell_size)


def contiguous(da: Data, axes: Axes) -> Data:
    """Return data with longitudes that vary evenly across 180 or 360 degrees; see ``LongitudeShift.contiguous``."""
    shift = LongitudeShift.contiguous(da, axes.space[-1])
    return da if shift is None else shift.apply(da)


def is_global_longitude(da: xr.Dataset | xr.DataArray, dim: str) -> bool:
    """Return whether a dimension is a full circle of longitudes, so that its first and last cells are neighbours.

    Examples
    --------
    >>> ds = xr.Dataset(coords={"lon": ("lon", np.arange(0, 360, 0.5), {"units": "degrees_east"})})
    >>> is_global_longitude(ds, "lon"), is_global_longitude(ds.isel(lon=slice(700)), "lon")
    (True, False)
    """
    if not is_longitude(da, dim):
        return False
    at = cell_centres(da, dim)
    step = np.abs(np.median(np.diff(at))) if at.size > 1 else 0.0
    return bool(abs(at.size * step - 360) < 0.5 * step)


def _eastward(degrees: np.ndarray) -> np.ndarray:
    """Return differences of longitude in [-180, 180) degrees."""
    return np.mod(degrees + 180, 360) - 180


@dataclass(frozen=True)
class LongitudeShift:
    """A conversion of longitudes to a contiguous axis or to the convention of a training grid, and back.

    Longitudes change by multiples of 360 degrees. A global grid is also rolled, so that it starts at the same
    longitude as the training grid; so is a region that is stored in two pieces.

    Parameters
    ----------
    dim : str
        Name of the longitude dimension.
    roll : int
        Number of columns by which the field is rolled.
    degrees : numpy.ndarray
        Longitudes after rolling, in the convention of the training grid.
    """

    dim: str
    roll: int
    degrees: np.ndarray

    @classmethod
    def contiguous(cls, ds: xr.Dataset | xr.DataArray, dim: str) -> LongitudeShift | None:
        """Return the shift to longitudes that vary evenly across the cut at 180 or 360 degrees, None if they do.

        A region across the cut may be stored in the order of its cells (..., 179, -179, ...), or in two pieces
        (0 ... 20, 340 ... 359). The pieces are joined where their distance around the globe is largest.

        Parameters
        ----------
        ds : xr.Dataset or xr.DataArray
            Data with longitudes in any convention.
        dim : str
            Its longitude dimension; None is returned for other coordinates, and for unsorted longitudes.

        Examples
        --------
        >>> pieces = xr.Dataset(coords={"lon": ("lon", [0.0, 1.0, 358.0, 359.0], {"units": "degrees_east"})})
        >>> LongitudeShift.contiguous(pieces, "lon").degrees.tolist()
        [-2.0, -1.0, 0.0, 1.0]
        """
        if not is_longitude(ds, dim):
            return None
        at = cell_centres(ds, dim)
        if at.size < 3 or not np.isfinite(at).all():
            return None
        steps = _eastward(np.diff(at))
        direction = np.sign(np.median(steps))
        around = np.mod(direction * np.diff(at, append=at[0]), 360)  # the last: from the last cell to the first
        if (around == 0).any() or abs(around.sum() - 360) > 1e-3:
            return None  # repeated, unsorted, or more than once around the globe
        roll = 0
        if around[:-1].max() > 1.5 * around[-1]:
            roll = -(int(around[:-1].argmax()) + 1)
        rolled, steps = np.roll(at, roll), np.roll(around, roll)[:-1]
        path = rolled[0] + direction * np.concatenate([[0.0], np.cumsum(steps)])
        turns = np.round((path - rolled) / 360)
        turns -= np.round((path[0] + path[-1]) / 720) if roll else turns[0]
        return cls(dim, roll, rolled + 360 * turns) if roll or turns.any() else None

    @classmethod
    def between(cls, trained: np.ndarray, ds: xr.Dataset, dim: str) -> LongitudeShift | None:
        """Return the shift from the longitudes of ``ds`` to those of the training grid, None if they agree.

        Parameters
        ----------
        trained : numpy.ndarray
            Longitudes of the training grid.
        ds : xr.Dataset
            Dataset to be mapped.
        dim : str
            Its longitude dimension; None is returned for other coordinates.
        """
        if not is_longitude(ds, dim):
            return None
        at, middle = cell_centres(ds, dim), 0.5 * (trained.min() + trained.max())
        if not is_global_longitude(ds, dim) or is_descending(ds, dim):
            own = cls.contiguous(ds, dim) or cls(dim, 0, at)
            turns = np.round((middle - 0.5 * (own.degrees.min() + own.degrees.max())) / 360)
            moved = own.degrees + 360 * turns
            return None if own.roll == 0 and np.array_equal(moved, at) else cls(dim, own.roll, moved)
        # A margin of 1e-3 degrees, so that rounding does not move a column across the cut.
        first = middle - 180 - 1e-3
        wrapped = at - 360 * np.floor((at - first) / 360)  # multiples of 360: exact
        roll = -int(np.argmin(wrapped))
        return None if np.array_equal(wrapped, at) else cls(dim, roll, np.roll(wrapped, roll))

    def apply(self, ds: Data) -> Data:
        """Return ``ds`` at the shifted longitudes."""
        rolled = ds.roll({self.dim: self.roll}, roll_coords=True) if self.roll else ds
        return rolled.assign_coords({self.dim: rolled[self.dim].copy(data=self.degrees)})

    def undo(self, maps: Data, longitude: xr.DataArray) -> Data:
        """Return maps at the original longitudes, in their order."""
        rolled = maps.roll({self.dim: -self.roll}, roll_coords=True) if self.roll else maps
        return rolled.assign_coords({self.dim: longitude})


_OMEGA = 7.292115e-5  # rotation rate of the Earth [s-1]


def coriolis(latitude: np.ndarray | xr.DataArray | float) -> np.ndarray | xr.DataArray | float:
    """Return f = 2 Omega sin(latitude) [s-1] from latitude [degrees]."""
    return 2 * _OMEGA * np.sin(np.deg2rad(latitude))


def in_degrees(da: xr.DataArray, axes: Axes) -> bool:
    """Return whether the horizontal coordinates are latitude and longitude, by their units or else their names.

    Raises
    ------
    ValueError
        One is in degrees and the other is not.
    """
    degrees = []
    for dim in axes.space:
        units = str(da[dim].attrs.get("units", "")) if dim in da.coords else ""
        degrees.append(units.startswith("degree") if units else _is_named(da, dim, "latitude", "longitude"))
    if len(set(degrees)) > 1:
        raise ValueError(
            f"only one of {axes.space} is in degrees: expected both or neither. Set the units, as in "
            "da[dim].attrs['units'] = 'degrees_north'."
        )
    return degrees[0]


_LENGTHS = {"m": 1e-3, "metre": 1e-3, "metres": 1e-3, "meter": 1e-3, "meters": 1e-3, "km": 1.0, "kilometre": 1.0}
_LENGTHS |= {"kilometres": 1.0, "kilometer": 1.0, "kilometers": 1.0}


def kilometres_per_unit(da: xr.DataArray, dim: str) -> float:
    """Return the length in kilometres of one unit of a coordinate.

    Raises
    ------
    ValueError
        The unit is not a length.
    """
    units = str(da[dim].attrs.get("units", "")) if dim in da.coords else ""
    if units not in _LENGTHS:
        raise ValueError(
            f"the coordinate {dim!r} has units {units or 'unknown'!r}: expected degrees, m or km. Set them, as in "
            f"da[{dim!r}].attrs['units'] = 'degrees_north'."
        )
    return _LENGTHS[units]


RADIUS = 6371.0
"""Mean radius of the Earth [km]."""


def points_in_space(da: xr.DataArray, axes: Axes) -> np.ndarray:
    """Return the positions of cells [km], shape (*space, 2 or 3): in a plane, or relative to the centre of the Earth.

    On the sphere, a straight distance between two positions is a chord c; the distance along the surface is
    2 R asin(c / 2 R), with R = 6371 km.

    Raises
    ------
    ValueError
        The units are unknown, or a section in degrees has a longitude without a latitude.
    """
    curved = _two_dimensional(da, axes)
    if curved is None and not in_degrees(da, axes):
        planes = [cell_centres(da, d) * kilometres_per_unit(da, d) for d in axes.space]
        return np.stack(np.meshgrid(*planes, indexing="ij"), axis=-1)
    latitude = np.deg2rad(cell_centres(da, axes.space[0]))
    if curved is not None:
        latitude, longitude = (np.deg2rad(c) for c in curved)
    elif len(axes.space) == 2:
        longitude = np.deg2rad(cell_centres(da, axes.space[1]))
        latitude, longitude = np.meshgrid(latitude, longitude, indexing="ij")
    elif not _is_named(da, axes.space[0], "latitude"):
        raise ValueError(
            f"{axes.space[0]!r} is a longitude alone: expected a latitude too. Add it with da.expand_dims(lat=[...])."
        )
    else:
        longitude = np.zeros_like(latitude)
    unit = [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    return RADIUS * np.stack(unit, axis=-1)


def _two_dimensional(da: xr.DataArray, axes: Axes) -> tuple[np.ndarray, np.ndarray] | None:
    """Return latitudes and longitudes (*space) of a curvilinear grid or swath, None for a regular grid."""
    coordinates = da.cf.guess_coord_axis().cf.coordinates
    found = [
        [n for n in coordinates.get(k, []) if set(da[n].dims) == set(axes.space)] for k in ("latitude", "longitude")
    ]
    if len(axes.space) != 2 or not all(found):
        return None
    latitude, longitude = (np.asarray(da[names[0]].transpose(*axes.space).values, np.float64) for names in found)
    return latitude, longitude


def _is_named(da: xr.DataArray, dim: str, *names: str) -> bool:
    guessed = da.cf.guess_coord_axis().cf.coordinates
    return any(dim in guessed.get(name, []) for name in names)
