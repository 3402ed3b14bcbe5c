"""Selection of a (Y, X) array and the positions of its grid cells from a DataArray.

Longitudes in any convention become degrees east of the middle, x = lon - centre, so that regions and swaths across the
date line are in one piece.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, find_axes, holds_dates
from xdvn.grid.coordinates import contiguous

__all__ = ["MapLayer", "has_time", "horizontal_axes", "instant_of", "nearest_instant", "pick"]

_ONE_TIME = "(one time)"  # time dimension of a variable without one; may appear in messages


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
    pole : float, optional
        Latitude of the pole that a two-dimensional grid contains, 90 or -90 [degrees].
    """

    values: np.ndarray
    x: np.ndarray
    y: np.ndarray
    centre: float | None
    names: tuple[str, str]
    when: str
    pole: float | None = None

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """Cell edges of one-dimensional coordinates, one more than cells along each axis."""
        steps = [_typical_step(c) for c in (self.x, self.y)]
        usual = next((s for s in steps if s), 1.0)
        x, y = (_cell_edges(c, s or usual) for c, s in zip((self.x, self.y), steps, strict=True))
        return x, y if self.centre is None else np.clip(y, -90.0, 90.0)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Outer edges (x low, x high, y low, y high): half a cell beyond the outermost centres."""
        if self.pole is not None:
            return -180.0, 180.0, *((float(self.y.min()), 90.0) if self.pole > 0 else (-90.0, float(self.y.max())))
        if self.x.ndim == 1:
            x, y = self.corners
            (x0, x1), (y0, y1) = (x.min(), x.max()), (y.min(), y.max())
        else:
            (x0, x1), (y0, y1) = _edges(self.x, -1), _edges(self.y, 0)
        if self.centre is None:
            return x0, x1, y0, y1
        x0, x1, y0, y1 = max(x0, -180.0), min(x1, 180.0), max(y0, -90.0), min(y1, 90.0)
        return float(x0), float(x1), float(y0), float(y1)


def pick(da: xr.DataArray, time: Any = None) -> MapLayer:
    """Select a variable at one instant.

    Parameters
    ----------
    da : xr.DataArray
        Variable with two horizontal dimensions and optionally time; a dask array is computed for one time step only.
    time : optional
        Nearest instant to select, such as ``"2012-11-03"``, or its index. If None, the middle of the time series.

    Raises
    ------
    ValueError
        There are not exactly two horizontal dimensions, a coordinate has gaps, or ``time`` is not one instant.

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
    timed = has_time(da)
    axes = _axes(da, timed)
    if timed:
        step = da.isel({axes.time: da.sizes[axes.time] // 2}) if time is None else nearest_instant(da, axes.time, time)
    else:
        step = da
    if len(axes.space) != 2:
        raise ValueError(
            f"{da.name!r} has the horizontal dimensions {list(axes.space)}: expected two. Draw a section with da.plot()"
        )
    extra = [d for d in step.dims if d not in axes.space]
    if extra:
        raise ValueError(f"{da.name!r} has another dimension {extra[0]!r}. Select one level with da.isel({extra[0]}=0)")
    step = _without_holes(contiguous(step.transpose(*axes.space), axes), axes.space)
    values, when = np.asarray(step.values, dtype=np.float64), line_time or _instant(step)
    positions = _geographic(step)
    if positions is None:
        rows, columns = axes.space
        names = (_name(step, columns), _name(step, rows))
        return MapLayer(values, cell_centres(step, columns), cell_centres(step, rows), None, names, when)
    lon, lat = positions
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise ValueError(
            f"the longitudes or latitudes of {da.name!r} have gaps (NaN). Fill them, for example with "
            "da.lon.interpolate_na('x', fill_value='extrapolate')"
        )
    pole = _enclosed_pole(lon, lat)
    if pole is not None:
        return MapLayer(values, lon, lat, 0.0, ("longitude", "latitude"), when, pole)
    lon = np.unwrap(lon, period=360, axis=-1)
    if lon.ndim == 2:
        # Rows of a swath may be on both sides of the date line.
        lon = lon + (np.unwrap(lon[:, 0], period=360) - lon[:, 0])[:, None]
    centre = float((lon.min() + lon.max()) / 2)
    return MapLayer(values, lon - centre, lat, centre, ("longitude", "latitude"), when)


def horizontal_axes(da: xr.DataArray) -> tuple[str, ...]:
    """Return the names of the horizontal dimensions of a variable with or without time.

    Raises
    ------
    ValueError
        They are not found.
    """
    da, _ = _without_time_along_track(da)
    space = _axes(da, has_time(da)).space
    return tuple(d for d in space if d in da.dims)


def _axes(da: xr.DataArray, timed: bool) -> Axes:
    return find_axes(da) if timed else find_axes(_as_step(da), dims={"T": _ONE_TIME})


def has_time(da: xr.DataArray) -> bool:
    """Return whether a variable has a time axis in addition to its horizontal axes."""
    try:
        find_axes(da)
    except ValueError:
        return False
    return True


def instant_of(da: xr.DataArray, time: Any) -> Any:
    """Return the label of the instant that ``pick`` selects: ``time``, or the middle of the time series if None."""
    if time is not None or not has_time(da):
        return time
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
    return da.drop_vars(along), _date(finite[0]) if finite.size else ""


def _as_step(da: xr.DataArray) -> xr.DataArray:
    """Add a time dimension to a variable without one, as the identification of axes expects it."""
    return da.reset_coords([c for c in da.coords if da[c].ndim == 0], drop=True).expand_dims(_ONE_TIME)


def nearest_instant(da: xr.DataArray, dim: str, time: Any) -> xr.DataArray:
    """Select the instant nearest to a date (text, datetime or cftime), or the one with an index."""
    n = da.sizes[dim]
    dated = dim in da.coords and holds_dates(da[dim])
    if isinstance(time, int | np.integer) and (dated or dim not in da.indexes):
        if not -n <= time < n:
            raise ValueError(f"time={time}: expected an index from 0 to {n - 1}, or a date. Use time=-1 for the last")
        return da.isel({dim: int(time)})
    if np.ndim(time) or isinstance(time, slice):
        raise ValueError(f"time={time!r}: expected one instant. Use plot.animation for several")
    if not dated:
        if dim in da.indexes:
            return da.sel({dim: time}, method="nearest")
        raise ValueError(f"time={time!r}: {dim!r} has no dates. Pass an index from 0 to {n - 1}")
    at = cell_centres(da, dim)
    return da.isel({dim: int(np.argmin(np.abs(at - _days_of(time, da[dim]))))})


def _days_of(time: Any, dates: xr.DataArray) -> float:
    """Return an instant in days since 1970, in the calendar of ``dates``; the middle of a day for a date alone."""
    instant: Any = time.values[()] if isinstance(time, xr.DataArray) else time
    is_day = (isinstance(instant, str) and len(instant) == 10) or type(instant) is datetime.date
    middle = 0.5 - 1e-9 if is_day or getattr(instant, "dtype", None) == "datetime64[D]" else 0.0
    if hasattr(instant, "calendar"):
        text = instant.isoformat()
    else:
        try:
            text = pd.Timestamp(instant).isoformat()
        except (ValueError, TypeError) as error:
            raise ValueError(f"time={time!r}: expected a date. Use time='{str(dates.values[0])[:10]}'") from error
    if dates.dtype.kind == "M":
        return middle + float((np.datetime64(text) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))
    at = type(dates.values[0]).strptime(text[:19], "%Y-%m-%dT%H:%M:%S", calendar=dates.values[0].calendar)
    return middle + float(cell_centres(xr.DataArray([at], dims="t", coords={"t": [at]}), "t")[0])


def _without_holes(step: xr.DataArray, dims: tuple[str, ...]) -> xr.DataArray:
    """Sort axes, and insert empty cells where some are missing, so that no cell is drawn over its neighbours."""
    for dim in dims:
        if dim not in step.coords or step[dim].ndim != 1:
            continue
        at = cell_centres(step, dim)
        if np.unique(at).size < at.size:
            continue
        order = np.argsort(at)
        if not (np.array_equal(order, np.arange(at.size)) or np.array_equal(order[::-1], np.arange(at.size))):
            step, at = step.isel({dim: order}), at[order]
        gaps = np.abs(np.diff(at))
        if gaps.size < 2:
            continue
        adjacent = np.minimum(np.append(gaps[1:], np.inf), np.insert(gaps[:-1], 0, np.inf))
        new: list[float] = []
        for i in np.flatnonzero(gaps > 1.6 * adjacent):
            way = np.sign(at[i + 1] - at[i]) * adjacent[i]
            new += [at[i] + way, at[i + 1] - way] if gaps[i] > 2.5 * adjacent[i] else [0.5 * (at[i] + at[i + 1])]
        if new:
            places = np.sort(np.concatenate([at, new]))
            step = step.assign_coords({dim: step[dim].copy(data=at)})
            step = step.reindex({dim: places if at[0] < at[-1] else places[::-1]})
    return step


def _enclosed_pole(lon: np.ndarray, lat: np.ndarray) -> float | None:
    """Return 90 or -90 if the boundary of a two-dimensional grid goes around a pole."""
    if lon.ndim != 2 or min(lon.shape) < 3:
        return None
    around = np.concatenate([lon[0], lon[1:, -1], lon[-1, -2::-1], lon[-2:0:-1, 0]])
    turned = (np.diff(around, append=around[0]) + 180) % 360 - 180
    return float(np.sign(lat.mean()) * 90) if abs(turned.sum()) > 180 else None


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
            return _date(coord.values[()])
        if coord.ndim == 0 and (hasattr(coord.values[()], "strftime") or name == "time"):
            value = coord.values[()]
            return value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else f"{name} {value}"
    return ""


def _date(instant: np.datetime64) -> str:
    """Return a date, with hours and minutes unless they are 00:00 or 12:00."""
    day, clock = np.datetime_as_string(instant, unit="m").split("T")
    return str(day if clock in ("00:00", "12:00") else f"{day} {clock}")


def _typical_step(centres: np.ndarray) -> float:
    return float(np.abs(np.diff(centres)).mean()) if centres.size > 1 else 0.0


def _cell_edges(centres: np.ndarray, step: float) -> np.ndarray:
    """Return the edges of cells: halfway between centres, and as far beyond the first and the last one."""
    if centres.size == 1:
        return centres[0] + 0.5 * step * np.array([-1.0, 1.0])
    middles = 0.5 * (centres[1:] + centres[:-1])
    return np.concatenate([[2 * centres[0] - middles[0]], middles, [2 * centres[-1] - middles[-1]]])


def _edges(centres: np.ndarray, axis: int) -> tuple[float, float]:
    if centres.shape[axis] < 2:
        return float(centres.min()) - 0.5, float(centres.max()) + 0.5
    half = float(np.abs(np.diff(centres, axis=axis)).mean()) / 2
    return float(centres.min()) - half, float(centres.max()) + half
