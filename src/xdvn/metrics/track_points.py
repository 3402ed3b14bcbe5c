"""Maps interpolated to the points of a track, linearly in time, latitude and longitude.

Points outside the period, near or beyond the edge of the box, or where a map is NaN are excluded and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import cell_centres, find_axes
from xdvn.grid.coordinates import LongitudeShift, is_global_longitude
from xdvn.grid.steps import point_positions
from xdvn.metrics.alignment import check_units

__all__ = ["TrackPoints", "track_coordinates"]


@dataclass(frozen=True)
class TrackPoints:
    """Measured and mapped values of the scored points, in the order of the track.

    Parameters
    ----------
    days : numpy.ndarray
        Times [days since 1970].
    measured, mapped : numpy.ndarray
        Values of the track and of the maps at its points.
    units : str
        Unit of the track, "1" if it has none.
    n_outside, n_unmapped : int
        Numbers of points excluded for their position or time, and because a map is NaN.
    """

    days: np.ndarray
    measured: np.ndarray
    mapped: np.ndarray
    units: str
    n_outside: int
    n_unmapped: int

    @classmethod
    def of(
        cls,
        maps: xr.DataArray,
        track: xr.DataArray,
        box: Mapping[str, slice] | None = None,
        rim: float = 0.0,
        dims: Mapping[str, str] | None = None,
    ) -> TrackPoints:
        """Interpolate maps to the points of a track, with the parameters of ``along_track_scores``."""
        axes = find_axes(maps, dims)
        if set(maps.dims) != set(axes.dims) or len(axes.space) != 2:
            raise ValueError(f"the maps have the dimensions {maps.dims}: expected time, latitude and longitude")
        check_units(maps, track)
        coords = track_coordinates(track)
        if _is_date(maps[axes.time]) != _is_date(coords["time"]):
            raise ValueError(
                f"times have dtype {maps[axes.time].dtype} in the maps and {coords['time'].dtype} in the track: "
                "expected dates in both. Decode them with xr.decode_cf(ds)"
            )
        shift = LongitudeShift.contiguous(maps, axes.space[1])
        is_global = is_global_longitude(maps, axes.space[1])
        maps = maps if shift is None else shift.apply(maps)
        maps = _around_the_globe(maps, axes.space[1]) if is_global else maps
        grid = [cell_centres(maps, d) for d in axes.dims]
        track_points = coords.to_dataset()
        places = [cell_centres(track_points, n) for n in ("time", "latitude")]
        places.append(point_positions(maps, axes.space[1], track_points.rename(longitude=axes.space[1])))
        measured = np.asarray(track.values, np.float64)
        inside = np.isfinite(measured) & (places[0] >= grid[0].min()) & (places[0] <= grid[0].max())
        for place, centres, dim in zip(places[1:], grid[1:], axes.space, strict=True):
            if is_global and dim == axes.space[1]:
                inside &= _between_longitudes(place, (box or {}).get(dim), rim)
                continue
            low, high = _edges(centres, (box or {}).get(dim), dim == axes.space[1])
            inside &= (place >= low + rim) & (place <= high - rim)
        if unknown := set(box or {}) - set(axes.space):
            raise ValueError(f"box= has the dimensions {sorted(unknown)}: expected some of {axes.space}")
        if not inside.any():
            raise ValueError(
                f"none of the {measured.size} points of the track is inside the maps: times "
                f"{_span(places[0])}, expected {_span(grid[0])} days; latitudes {_span(places[1])}, expected "
                f"{_span(grid[1])}; longitudes {_span(places[2])}, expected {_span(grid[2])}; rim={rim:g}"
            )
        order = [np.argsort(g) for g in grid]
        values = np.asarray(maps.transpose(*axes.dims).values, np.float64)[np.ix_(*order)]
        sorted_grid = tuple(g[o] for g, o in zip(grid, order, strict=True))
        mapped = scipy.interpolate.interpn(
            sorted_grid, values, np.stack([p[inside] for p in places], axis=-1), method="linear"
        )
        finite = np.isfinite(mapped)
        if not finite.any():
            raise ValueError(
                f"the maps are NaN at all of the {inside.sum()} points of the track inside them. Check the maps"
            )
        return cls(
            places[0][inside][finite],
            measured[inside][finite],
            mapped[finite],
            str(track.attrs.get("units", maps.attrs.get("units", "1"))),
            int((~inside).sum()),
            int((~finite).sum()),
        )

    @property
    def seconds(self) -> np.ndarray:
        """Times since the first point [s]."""
        return (self.days - self.days[0]) * 86400.0

    def counts(self) -> dict[str, int]:
        """Return the numbers of scored points, and of excluded points by reason."""
        return {"points": self.days.size, "points_outside": self.n_outside, "points_unmapped": self.n_unmapped}


def track_coordinates(track: xr.DataArray) -> xr.Coordinates:
    """Return the coordinates of the points, renamed to time, latitude and longitude.

    Raises
    ------
    ValueError
        If there is no point, more than one dimension, or not exactly one coordinate for each name.
    """
    if track.ndim != 1:
        raise ValueError(
            f"the track has the dimensions {track.dims}: expected one, with coordinates of time, latitude and "
            "longitude. Convert grids with da.stack(point=[...]).dropna('point')"
        )
    if not track.size:
        raise ValueError("the track has no point: expected one or more. Check its box and period")
    guessed = track.cf.guess_coord_axis().cf.coordinates
    found = {}
    for name in ("time", "latitude", "longitude"):
        names = [str(n) for n in guessed.get(name, []) if track[n].dims == track.dims]
        if len(names) != 1:
            others = ", ".join(sorted(map(str, track.coords))) or "none"
            raise ValueError(
                f"the track has {names or 'no coordinate'} for {name} among its coordinates ({others}): expected one. "
                f"Use track.assign_coords({name}=({track.dims[0]!r}, values))"
            )
        found[name] = ("point", track[names[0]].values)
    return xr.Dataset(coords=found).coords


def _around_the_globe(maps: xr.DataArray, dim: str) -> xr.DataArray:
    """Repeat the first and last longitude of a global grid at the other end, so that maps are interpolated between."""
    first, last = maps.isel({dim: [0]}), maps.isel({dim: [-1]})
    turn = 360.0 * np.sign(float(last[dim][0] - first[dim][0]))
    parts = [last.assign_coords({dim: last[dim] - turn}), maps, first.assign_coords({dim: first[dim] + turn})]
    return xr.concat(parts, dim, coords="minimal", compat="override", join="override")


def _between_longitudes(longitude: np.ndarray, limits: slice | None, rim: float) -> np.ndarray:
    if limits is None:
        return np.ones(longitude.shape, bool)
    west, width = float(limits.start), float(limits.stop) - float(limits.start)
    east_of = np.mod(longitude - west, 360)
    return (east_of >= rim) & (east_of <= width - rim)


def _edges(centres: np.ndarray, limits: slice | None, is_longitude: bool) -> tuple[float, float]:
    low, high = centres.min(), centres.max()
    if limits is None:
        return low, high
    a, b = float(limits.start), float(limits.stop)
    if is_longitude:
        turn = (a - low + 1e-9) % 360 - 1e-9 + low - a
        a, b = a + turn, b + turn
    return max(low, a), min(high, b)


def _is_date(da: xr.DataArray) -> bool:
    return np.issubdtype(da.dtype, np.datetime64) or da.dtype == object


def _span(values: np.ndarray) -> str:
    return f"{values.min():g} to {values.max():g}"
