"""Selection of a (Y, X) array and the positions of its grid cells from a DataArray.

Longitudes in any convention become degrees east of the middle, x = lon - centre, so that regions and swaths across the
date line or Greenwich are in one piece. The widest gap in longitude is outside the map.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import cell_centres, find_axes
from xdvn.plot.cells import axis_edges, circle_start, grid_corners, neighbouring_order, winding, with_gaps
from xdvn.plot.instants import date_text, nearest_index

__all__ = [
    "CellMesh",
    "MapLayer",
    "has_time",
    "horizontal_dims",
    "instant_of",
    "nearest_step",
    "pick",
    "single_extra_dims",
]

_ONE_TIME = "(one time)"  # time dimension of a variable without one; may appear in messages
_GLOBE = 300.0  # degrees of longitude
_BEYOND = 20.0  # degrees of the other hemisphere on a polar map
_STRIP = 0.2  # least height over width, or width over height, of the map of a single row or column


@dataclass(frozen=True)
class CellMesh:
    """The cells to draw: corners, and values with NaN in the gaps between pieces of a grid.

    Parameters
    ----------
    x, y : numpy.ndarray
        Edges, both 1-D (X + 1), (Y + 1), or corners, both 2-D (Y + 1, X + 1), in the coordinates of the layer.
    rows, columns : numpy.ndarray
        Index of the row and of the column of each cell in the values of the layer, -1 in gaps.
    """

    x: np.ndarray
    y: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def values(self, layer: MapLayer) -> np.ma.MaskedArray:
        """Return the values of a layer on these cells, masked where missing or infinite."""
        return np.ma.masked_invalid(with_gaps(layer.values, self.rows, self.columns))


@dataclass(frozen=True)
class MapLayer:
    """One variable at one instant, with the positions of its grid cells.

    Parameters
    ----------
    values : numpy.ndarray
        Values (Y, X), NaN where missing.
    x, y : numpy.ndarray
        Cell centres, both 1-D or both 2-D: degrees east of ``centre`` and degrees north, or other coordinates.
    centre : float or None
        Longitude of the middle [degrees east]; None without longitudes and latitudes.
    names : (str, str)
        Labels of the x and y axes of a plot on plain axes.
    when : str
        Instant, for a title; "" without time.
    """

    values: np.ndarray
    x: np.ndarray
    y: np.ndarray
    centre: float | None
    names: tuple[str, str]
    when: str

    @cached_property
    def mesh(self) -> CellMesh:
        """Cells to draw; a single row or column is as wide as the step along the other axis."""
        if self.x.ndim == 2:
            return self._curvilinear_mesh
        steps = [np.abs(np.diff(c)) for c in (self.x, self.y) if c.size > 1]
        width = float(np.median(steps[0])) if len(steps) == 1 else 1.0
        (x, columns), (y, rows) = axis_edges(self.x, width), axis_edges(self.y, width)
        if self.centre is not None:
            x, y = np.clip(x, -180.0, 180.0), np.clip(y, -90.0, 90.0)
        return CellMesh(x, y, rows, columns)

    @property
    def _curvilinear_mesh(self) -> CellMesh:
        if self.centre is None:
            edges = [axis_edges(np.arange(n)) for n in self.x.shape]
            corners = []
            for c in (self.x, self.y):
                padded = np.pad(c, 1, mode="reflect", reflect_type="odd") if min(c.shape) > 1 else np.pad(c, 1, "edge")
                corners.append((padded[1:, 1:] + padded[1:, :-1] + padded[:-1, 1:] + padded[:-1, :-1]) / 4)
            return CellMesh(corners[0], corners[1], edges[0][1], edges[1][1])
        x, y, rows, columns = grid_corners(self.x, self.y)
        at = np.ix_(np.append(rows, rows[-1]).clip(0), np.append(columns, columns[-1]).clip(0))
        near = self.x[at]
        return CellMesh(near + (x - near + 180) % 360 - 180, y, rows, columns)

    @cached_property
    def pole(self) -> int:
        """Pole inside a curvilinear grid of one hemisphere: 1 (north), -1 (south) or 0 (none)."""
        if self.centre is None or self.x.ndim < 2 or winding(self.mesh.x) == 0:
            return 0
        pole = 1 if float(np.mean(self.y)) > 0 else -1
        return pole if float((pole * self.y).min()) > -_BEYOND else 0

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Outer edges (x low, x high, y low, y high): half a cell beyond the outermost centres."""
        x0, x1, y0, y1 = (float(f(c)) for c in (self.mesh.x, self.mesh.y) for f in (np.min, np.max))
        if self.centre is None:
            return x0, x1, y0, y1
        if self.pole:
            return -180.0, 180.0, (y0 if self.pole > 0 else -90.0), (90.0 if self.pole > 0 else y1)
        if 1 in self.values.shape:
            x0, x1 = _at_least(x0, x1, _STRIP * (y1 - y0))
            y0, y1 = _at_least(y0, y1, _STRIP * min(x1 - x0, 100.0))
        return max(x0, -180.0), min(x1, 180.0), max(y0, -90.0), min(y1, 90.0)


def pick(da: xr.DataArray, time: Any = None, *, outside: bool = False) -> MapLayer:
    """Select a variable at one instant.

    Parameters
    ----------
    da : xr.DataArray
        Variable with two horizontal dimensions and optionally time; a dask array is computed for one time step only.
    time : optional
        Nearest instant to select, such as ``"2012-11-03"``, or a position. If None, the middle of the time series.
    outside : bool
        Whether the instant may be outside the period. Default: False.

    Raises
    ------
    ValueError
        There are not exactly two horizontal dimensions, a coordinate has gaps, or the instant is outside the period.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((3, 2, 2)), dims=("time", "lat", "lon"),
    ...                   coords={"time": np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[ns]"),
    ...                           "lat": [10.0, 11.0], "lon": [179.0, -179.0]})
    >>> layer = pick(da)
    >>> layer.when, layer.centre, layer.x.tolist()
    ('2020-01-02', 180.0, [-1.0, 1.0])
    """
    da, line_time = _without_time_along_track(da)
    da = da.isel(dict.fromkeys(single_extra_dims(da), 0))
    timed = has_time(da)
    if da.ndim < 2:
        raise ValueError(
            f"{da.name!r} has the dimensions {da.dims}: expected two horizontal ones. Draw points with "
            f"xdvn.plot.tracks(da), or a line with ds.dvn.plot({da.name!r})"
        )
    axes = find_axes(da) if timed else find_axes(_as_step(da), dims={"T": _ONE_TIME})
    if timed:
        i = da.sizes[axes.time] // 2 if time is None else nearest_index(da, axes.time, time, outside=outside)
        step = da.isel({axes.time: i})
    else:
        step = da
    if len(axes.space) != 2:
        raise ValueError(
            f"{da.name!r} has the horizontal dimensions {list(axes.space)}: expected two. Draw a section with "
            f"ds.dvn.plot({da.name!r})"
        )
    extra = [d for d in step.dims if d not in axes.space]
    if extra:
        raise ValueError(f"{da.name!r} has another dimension {extra[0]!r}. Select one level with da.isel({extra[0]}=0)")
    if empty := [d for d in step.dims if step.sizes[d] == 0]:
        raise ValueError(
            f"{da.name!r} has no cell along {empty[0]!r}: expected one or more. Check the selection before"
        )
    step = step.transpose(*axes.space)
    values, when = np.asarray(step.values, dtype=np.float64), line_time or _instant(step)
    positions = _geographic(step)
    if positions is None:
        rows, columns = axes.space
        names = (_name(step, columns), _name(step, rows))
        return _on_a_plane(values, cell_centres(step, columns), cell_centres(step, rows), names, when)
    lon, lat = positions
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise ValueError(
            f"the longitudes or latitudes of {da.name!r} have gaps (NaN). Fill them, for example with "
            "da.lon.interpolate_na('x', fill_value='extrapolate')"
        )
    if float(np.abs(lat).max()) > 90.5:
        raise ValueError(
            f"the latitudes of {da.name!r} are {lat.min():g} to {lat.max():g}: expected -90 to 90 degrees. Check "
            "whether longitudes and latitudes are exchanged"
        )
    lat = np.clip(lat, -90, 90)
    if lon.ndim == 2 and (lon == lon[:1]).all() and (lat == lat[:, :1]).all():
        lon, lat = lon[0], lat[:, 0]
    if lon.ndim == 2:
        return _on_a_curvilinear_grid(values, lon, lat, when)
    return _on_a_sphere(values, lon, lat, when)


def _on_a_plane(values: np.ndarray, x: np.ndarray, y: np.ndarray, names: tuple[str, str], when: str) -> MapLayer:
    order_x, order_y = _order(x), _order(y)
    return MapLayer(values[np.ix_(order_y, order_x)], x[order_x], y[order_y], None, names, when)


def _on_a_sphere(values: np.ndarray, lon: np.ndarray, lat: np.ndarray, when: str) -> MapLayer:
    """Return a layer with longitudes in one piece: increasing or decreasing, with the widest gap outside."""
    first, gap = circle_start(lon)
    if 360 - gap > _GLOBE:
        # The seam of a globe is where its axis begins; a globe across which the axis wraps begins at its first cell.
        turn = np.diff(lon)
        ordered = (turn > 0).all() or (turn < 0).all()
        first = float(lon.min() if ordered else lon[0] if (turn > 0).mean() >= 0.5 else lon[-1])
    east = lon - first
    east = east - 360 * np.floor((east + 1e-4) / 360)
    spacing = np.diff(np.unique(lon))
    if lon.size > 2 and spacing.size and abs(np.ptp(lon) - 360) < 0.1 * float(spacing.min()):
        # The first meridian occurs twice, as 0 and 360 degrees: the second would cover half a cell of its neighbour.
        single = np.arange(lon.size) != int(np.argmax(lon))
        values, east, lon = values[:, single], east[single], lon[single]
    order_x, order_y = _order(east), _order(lat)
    east = east[order_x]
    start = first + float(east.min()) + round(float(np.median(lon) - first - np.median(east)) / 360) * 360
    width = float(east.max() - east.min())
    centre = start + width / 2
    return MapLayer(
        values[np.ix_(order_y, order_x)],
        east - float(east.min()) - width / 2,
        lat[order_y],
        centre,
        ("longitude", "latitude"),
        when,
    )


def _on_a_curvilinear_grid(values: np.ndarray, lon: np.ndarray, lat: np.ndarray, when: str) -> MapLayer:
    for axis in (0, 1):
        order = neighbouring_order(lon, lat, axis)
        values, lon, lat = (np.take(a, order, axis) for a in (values, lon, lat))
    first, gap = circle_start(lon)
    if 360 - gap > _GLOBE:
        centre = float((lon.min() + lon.max()) / 2) if np.ptp(lon) < 361 else 0.0
    else:
        centre = first + (360 - gap) / 2
    centre += round(float(np.median(lon) - centre) / 360) * 360
    x = (lon - centre + 180) % 360 - 180
    return MapLayer(values, x, lat, centre, ("longitude", "latitude"), when)


def _order(centres: np.ndarray) -> np.ndarray:
    """Return the order that sorts centres, unless they are monotonic, without repeated centres."""
    steps = np.diff(centres)
    if (steps > 0).all() or (steps < 0).all():
        return np.arange(centres.size)
    return np.unique(centres, return_index=True)[1]


def _at_least(low: float, high: float, width: float) -> tuple[float, float]:
    grow = max(0.0, width - (high - low)) / 2
    return low - grow, high + grow


def single_extra_dims(da: xr.DataArray) -> list[Hashable]:
    """Return the dimensions of size one that are neither time nor horizontal, such as a single depth."""
    if da.ndim < 3 or 1 not in da.shape:
        return []
    try:
        kept = {*horizontal_dims(da), *([find_axes(da).time] if has_time(da) else [])}
    except ValueError:
        return []
    return [d for d in da.dims if da.sizes[d] == 1 and d not in kept]


def horizontal_dims(da: xr.DataArray) -> tuple[str, ...]:
    """Return the horizontal dimensions of a variable with or without time.

    Raises
    ------
    ValueError
        There is none.
    """
    da, _ = _without_time_along_track(da)
    return (find_axes(da) if has_time(da) else find_axes(_as_step(da), dims={"T": _ONE_TIME})).space


def nearest_step(da: xr.DataArray, time: Any) -> Any:
    """Return the label (or the position, without dates) of the instant of a variable nearest to ``time``."""
    name = find_axes(da).time
    i = nearest_index(da, name, time)
    return da[name].values[i] if name in da.coords else i


def has_time(da: xr.DataArray) -> bool:
    """Return whether a variable has a time axis in addition to its horizontal axes."""
    try:
        find_axes(da)
    except ValueError:
        return False
    return True


def instant_of(da: xr.DataArray, time: Any) -> Any:
    """Return the label of the instant that ``pick`` selects: ``time``, or the middle of the time series if None."""
    if not has_time(da):
        return time
    if time is not None:
        return nearest_step(da, time)
    name = find_axes(da).time
    middle = da.sizes[name] // 2
    return da[name].values[middle] if name in da.coords else middle


def _without_time_along_track(da: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Drop the times of the lines of a swath, which are not a time axis, and return the first one for a title."""
    guessed = da.cf.guess_coord_axis().cf.coordinates
    along = [n for n in guessed.get("time", []) if da[n].ndim == 1]
    places = [n for key in ("longitude", "latitude") for n in guessed.get(key, [])]
    if len(along) != 1 or not places or not all(da[n].ndim == 2 and da[along[0]].dims[0] in da[n].dims for n in places):
        return da, ""
    times = da[along[0]].values
    finite = times[np.isfinite(times)] if times.dtype.kind == "M" else times[:0]
    return da.drop_vars(along), date_text(finite[0]) if finite.size else ""


def _as_step(da: xr.DataArray) -> xr.DataArray:
    """Add a time dimension to a variable without one, as the identification of axes expects it."""
    return da.reset_coords([c for c in da.coords if da[c].ndim == 0], drop=True).expand_dims(_ONE_TIME)


def _geographic(da: xr.DataArray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return longitudes and latitudes, by attributes or by name, both 1-D or both 2-D, or None."""
    coordinates = da.cf.guess_coord_axis().cf.coordinates
    found = [coordinates.get(key, []) for key in ("longitude", "latitude")]
    if not all(found):
        return None
    lon, lat = (da[names[0]] for names in found)
    if lon.ndim == lat.ndim == 1:
        return np.asarray(lon.values, np.float64), np.asarray(lat.values, np.float64)
    if lon.ndim == 0 or lat.ndim == 0:
        return None
    return tuple(np.asarray(c.broadcast_like(da).transpose(*da.dims).values, np.float64) for c in (lon, lat))  # type: ignore[return-value]


def _name(da: xr.DataArray, dim: Hashable) -> str:
    units = da[dim].attrs.get("units", "") if dim in da.coords else ""
    return f"{dim} [{units}]" if units else str(dim)


def _instant(step: xr.DataArray) -> str:
    """Return the instant of a variable, for a title."""
    for name, coord in step.coords.items():
        if coord.ndim == 0 and np.issubdtype(coord.dtype, np.datetime64):
            return date_text(coord.values[()])
        if coord.ndim == 0 and (hasattr(coord.values[()], "strftime") or name == "time"):
            value = coord.values[()]
            return date_text(value) if hasattr(value, "strftime") else f"{name} {value}"
    return ""
