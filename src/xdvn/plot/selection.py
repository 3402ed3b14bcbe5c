"""Selection of a (Y, X) array and the positions of its grid cells from a DataArray.

Longitudes in any convention become degrees east of the middle, x = lon - centre, so that regions and swaths across the
date line are in one piece.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import cell_centres, find_axes

__all__ = ["MapLayer", "has_time", "instant_of", "pick"]

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
    """

    values: np.ndarray
    x: np.ndarray
    y: np.ndarray
    centre: float | None
    names: tuple[str, str]
    when: str

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Outer edges (x low, x high, y low, y high): half a cell beyond the outermost centres."""
        (x0, x1), (y0, y1) = _edges(self.x, -1), _edges(self.y, 0)
        if self.centre is None:
            return x0, x1, y0, y1
        return max(x0, -180.0), min(x1, 180.0), max(y0, -90.0), min(y1, 90.0)


def pick(da: xr.DataArray, time: Any = None) -> MapLayer:
    """Select a variable at one instant.

    Parameters
    ----------
    da : xr.DataArray
        Variable with two horizontal dimensions and optionally time; a dask array is computed for one time step only.
    time : optional
        Nearest instant to select, such as ``"2012-11-03"``. If None, the middle of the time series.

    Raises
    ------
    ValueError
        There are not exactly two horizontal dimensions, or a coordinate has gaps.

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
    axes = find_axes(da) if timed else find_axes(_as_step(da), dims={"T": _ONE_TIME})
    if timed:
        step = da.isel({axes.time: da.sizes[axes.time] // 2}) if time is None else _nearest(da, axes.time, time)
    else:
        step = da
    if len(axes.space) != 2:
        raise ValueError(
            f"{da.name!r} has the horizontal dimensions {list(axes.space)}: expected two. Draw a section with da.plot()"
        )
    extra = [d for d in step.dims if d not in axes.space]
    if extra:
        raise ValueError(f"{da.name!r} has another dimension {extra[0]!r}. Select one level with da.isel({extra[0]}=0)")
    step = step.transpose(*axes.space)
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
    lon = np.unwrap(lon, period=360, axis=-1)
    if lon.ndim == 2:
        # Rows of a swath may be on both sides of the date line.
        lon = lon + (np.unwrap(lon[:, 0], period=360) - lon[:, 0])[:, None]
    centre = float((lon.min() + lon.max()) / 2)
    return MapLayer(values, lon - centre, lat, centre, ("longitude", "latitude"), when)


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


def _nearest(da: xr.DataArray, dim: str, time: Any) -> xr.DataArray:
    if dim not in da.indexes:
        return da.isel({dim: int(time)})
    return da.sel({dim: time}, method="nearest")


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


def _edges(centres: np.ndarray, axis: int) -> tuple[float, float]:
    if centres.shape[axis] < 2:
        return float(centres.min()) - 0.5, float(centres.max()) + 0.5
    half = float(np.abs(np.diff(centres, axis=axis)).mean()) / 2
    return float(centres.min()) - half, float(centres.max()) + half
