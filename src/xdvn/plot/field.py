"""From a DataArray to what a map needs: one (Y, X) array, where its cells are, and whether that is on the globe.

Longitudes come in any convention and may cross the date line; they are turned into degrees east of the field's own
middle, x = lon - centre, where every regional field is in one piece; so may a swath, whose lines have times of their
own (the first is told). Fields without longitude and latitude keep their own coordinates and are drawn on plain axes.
Called by everything that draws maps.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import find_axes, positions

__all__ = ["Field", "has_time", "instant_of", "pick"]

_ONE_TIME = "(one time)"  # stands for the time axis of a field without one; may appear in messages


@dataclass(frozen=True)
class Field:
    """One instant of one variable, ready to draw.

    Parameters
    ----------
    values : numpy.ndarray
        (Y, X), NaN where there is nothing.
    x, y : numpy.ndarray
        Cell centres, both 1-D or both 2-D. On the globe: degrees east of ``centre`` and degrees north.
    centre : float or None
        Longitude of the middle, degrees east; None when the field is not on longitudes and latitudes.
    names : (str, str)
        What to write along the x and y axes of a plain plot.
    when : str
        The instant, for a title; empty when the field has no time.
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


def pick(da: xr.DataArray, time: Any = None) -> Field:
    """Take one instant of a variable.

    Parameters
    ----------
    da : xr.DataArray
        Two horizontal dimensions and perhaps time; never changed, and a dask array is computed for one step only.
    time : optional
        The instant nearest to this is taken, such as ``"2012-11-03"``; the middle of the record by default.

    Raises
    ------
    ValueError
        When there are not exactly two horizontal dimensions, or a coordinate has gaps.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((3, 2, 2)), dims=("time", "lat", "lon"),
    ...                   coords={"time": np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[ns]"),
    ...                           "lat": [10.0, 11.0], "lon": [179.0, -179.0]})
    >>> field = pick(da)
    >>> field.when, field.centre, field.x.tolist()
    ('2020-01-02', 180.0, [-1.0, 1.0])
    """
    da, passed = _without_time_along_track(da)
    timed = has_time(da)
    axes = find_axes(da) if timed else find_axes(_as_step(da), dims={"T": _ONE_TIME})
    if timed:
        step = da.isel({axes.time: da.sizes[axes.time] // 2}) if time is None else _nearest(da, axes.time, time)
    else:
        step = da
    if len(axes.space) != 2:
        raise ValueError(
            f"a map shows two horizontal dimensions, but {da.name!r} has only {list(axes.space)}; "
            "draw a section with da.plot() instead"
        )
    extra = [d for d in step.dims if d not in axes.space]
    if extra:
        raise ValueError(f"{da.name!r} still has the dimension {extra[0]!r}; choose one with da.isel({extra[0]}=0)")
    step = step.transpose(*axes.space)
    values, when = np.asarray(step.values, dtype=np.float64), passed or _instant(step)
    globe = _geographic(step)
    if globe is None:
        rows, columns = axes.space
        names = (_name(step, columns), _name(step, rows))
        return Field(values, positions(step, columns), positions(step, rows), None, names, when)
    lon, lat = globe
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise ValueError(
            f"the longitudes or latitudes of {da.name!r} have gaps (NaN), so its cells have no place on a map; "
            "fill them, for example with da.lon.interpolate_na('x', fill_value='extrapolate')"
        )
    lon = np.unwrap(lon, period=360, axis=-1)
    if lon.ndim == 2:
        # Rows of a swath may lie on two sides of the date line, too.
        lon = lon + (np.unwrap(lon[:, 0], period=360) - lon[:, 0])[:, None]
    centre = float((lon.min() + lon.max()) / 2)
    return Field(values, lon - centre, lat, centre, ("longitude", "latitude"), when)


def has_time(da: xr.DataArray) -> bool:
    """Say whether a field has a time axis besides its horizontal ones."""
    try:
        find_axes(da)
    except ValueError:
        return False
    return True


def instant_of(da: xr.DataArray, time: Any) -> Any:
    """Return the label of the instant that ``pick`` looks for: the caller's, or that of the middle of the record."""
    if time is not None or not has_time(da):
        return time
    name = find_axes(da).time
    middle = da.sizes[name] // 2
    return da[name].values[middle] if name in da.coords else middle


def _without_time_along_track(da: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Drop the times of the lines of a swath, which are no axis of time, and return when it was flown."""
    guessed = da.cf.guess_coord_axis().cf.coordinates
    along = [n for n in guessed.get("time", []) if da[n].ndim == 1]
    places = [n for key in ("longitude", "latitude") for n in guessed.get(key, [])]
    if len(along) != 1 or not places or not all(da[n].ndim == 2 and da[along[0]].dims[0] in da[n].dims for n in places):
        return da, ""
    times = da[along[0]].values
    known = times[np.isfinite(times)] if times.dtype.kind == "M" else times[:0]
    return da.drop_vars(along), _written(known[0]) if known.size else ""


def _as_step(da: xr.DataArray) -> xr.DataArray:
    """Give a field without time a time dimension, so that the search for Y and X is the same for all."""
    return da.reset_coords([c for c in da.coords if da[c].ndim == 0], drop=True).expand_dims(_ONE_TIME)


def _nearest(da: xr.DataArray, dim: str, time: Any) -> xr.DataArray:
    if dim not in da.indexes:
        return da.isel({dim: int(time)})
    return da.sel({dim: time}, method="nearest")


def _geographic(da: xr.DataArray) -> tuple[np.ndarray, np.ndarray] | None:
    """Longitudes and latitudes, by attributes or by name, both 1-D or both 2-D; None where the field has none."""
    known = da.cf.guess_coord_axis().cf.coordinates
    found = [known.get(key, []) for key in ("longitude", "latitude")]
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
    """Return the instant of a field, for a title."""
    for name, coord in step.coords.items():
        if coord.ndim == 0 and np.issubdtype(coord.dtype, np.datetime64):
            return _written(coord.values[()])
        if coord.ndim == 0 and (hasattr(coord.values[()], "strftime") or name == "time"):
            value = coord.values[()]
            return value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else f"{name} {value}"
    return ""


def _written(instant: np.datetime64) -> str:
    """Return a date, with hours and minutes only where they are not 00:00 or 12:00."""
    day, clock = np.datetime_as_string(instant, unit="m").split("T")
    return str(day if clock in ("00:00", "12:00") else f"{day} {clock}")


def _edges(centres: np.ndarray, axis: int) -> tuple[float, float]:
    if centres.shape[axis] < 2:
        return float(centres.min()) - 0.5, float(centres.max()) + 0.5
    half = float(np.abs(np.diff(centres, axis=axis)).mean()) / 2
    return float(centres.min()) - half, float(centres.max()) + half
