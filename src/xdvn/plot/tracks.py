"""Along-track observations, alone or over a map, on one colour scale."""

from __future__ import annotations

from typing import Any

import cartopy.crs as ccrs
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from cartopy.feature import Feature
from cartopy.mpl.geoaxes import GeoAxes
from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, Stroke
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import cell_centres, find_axes, holds_dates
from xdvn.metrics.track_points import track_coordinates
from xdvn.plot.cells import circle_start
from xdvn.plot.instants import date_text, days_of, instant_days, nearest_index
from xdvn.plot.maps import add_colour_bar, draw, figure_size
from xdvn.plot.projection import projection_for
from xdvn.plot.selection import MapLayer, has_time, pick
from xdvn.plot.style import choose_colours, label_of

__all__ = ["around", "tracks"]


def tracks(
    track: xr.DataArray,
    maps: xr.DataArray | None = None,
    ax: Axes | None = None,
    *,
    time: Any = None,
    days: float = 1.0,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    title: str | None = None,
    size: float = 14.0,
    land: Feature | BaseGeometry | bool = True,
) -> Axes:
    """Draw along-track observations, optionally over a map.

    Parameters
    ----------
    track : xr.DataArray
        Observations on one dimension with coordinates of time, latitude and longitude (in any convention).
    maps : xr.DataArray, optional
        Maps of the same variable, one of which is drawn below the points.
    ax : matplotlib Axes, optional
        GeoAxes of cartopy to draw in. If None, a new figure.
    time : optional
        The instant of the map, as in ``xdvn.plot.field``. Points of ``days`` around it are drawn; without maps and
        time, all points.
    days : float
        Length of the period around the instant [days]. Default: 1.
    cmap, limits, title, land : optional
        As in ``xdvn.plot.field``.
    size : float
        Area of a point [points^2]. Default: 14.

    Returns
    -------
    matplotlib Axes
        The axes of the plot.

    Raises
    ------
    ValueError
        Coordinates are missing, or the period contains no observation.

    Examples
    --------
    >>> at = {"time": np.arange(30.0), "latitude": np.linspace(31, 39, 30), "longitude": np.linspace(10, 14, 30)}
    >>> sla = xr.DataArray(np.sin(np.arange(30.0)), {k: ("point", v) for k, v in at.items()}, ("point",), name="sla")
    >>> ax = tracks(sla.assign_attrs(units="m"))
    >>> len(ax.collections[-1].get_offsets())
    30
    >>> plt.close(ax.figure)
    """
    points = track_coordinates(track)
    lat, lon = np.asarray(points["latitude"].values, float), np.asarray(points["longitude"].values, float)
    drawn = np.isfinite(track.values) & np.isfinite(lat) & np.isfinite(lon)
    layer = None if maps is None else pick(maps, time)
    middle = _middle(maps, time, points)
    if middle is not None:
        drawn &= np.abs(cell_centres(points.to_dataset(), "time") - middle) <= days / 2
    if not drawn.any():
        when = "" if middle is None else f" within {days / 2:g} days of {layer.when if layer is not None else time}"
        nearest = _nearest_date(track, points, middle)
        raise ValueError(
            f"none of the {track.size} observations is finite{when}. Choose another time={nearest} or longer days="
        )
    lat, lon, values = lat[drawn], lon[drawn], np.asarray(track.values, float)[drawn]
    frame = _frame(lat, lon) if layer is None else layer
    shown = [values] if layer is None else [values, layer.values]
    colours = choose_colours(track if maps is None else maps, shown, cmap=cmap, limits=limits)
    if ax is None:
        figure = plt.figure(figsize=figure_size(frame), layout="compressed")
        ax = figure.add_subplot(projection=projection_for(frame))
    draw(ax, frame, colours, land=land, note=False)
    options: dict[str, Any] = {}
    if isinstance(ax, GeoAxes) and frame.centre is not None:
        lon = (lon - frame.centre + 180) % 360 - 180
        options = {"transform": ccrs.PlateCarree(central_longitude=frame.centre)}
    elif frame.centre is not None:
        lon = (lon - frame.centre + 180) % 360 - 180 + frame.centre
    dots = ax.scatter(
        lon, lat, s=size, c=values, cmap=colours.cmap, norm=colours.norm, linewidths=0.0, zorder=3, **options
    )
    if layer is not None:
        # One outline below all points: an outline per point would hide the colours of overlapping points.
        dots.set_path_effects([Stroke(linewidth=1.6, foreground="0.1"), Normal()])
    add_colour_bar(ax, dots, colours, label_of(track if maps is None else maps))
    ax.set_title((frame.when if layer is not None else "") if title is None else title)
    return ax


def around(track: xr.DataArray) -> MapLayer:
    """Return an empty map around the points of a track with finite values, or around all points if there is none."""
    points = track_coordinates(track)
    lat, lon = np.asarray(points["latitude"].values, float), np.asarray(points["longitude"].values, float)
    placed = np.isfinite(lat) & np.isfinite(lon)
    if not placed.any():
        raise ValueError(f"{track.name!r} has no point with a finite longitude and latitude. Check its coordinates")
    drawn = placed & np.isfinite(np.asarray(track.values, float))
    drawn = drawn if drawn.any() else placed
    return _frame(lat[drawn], lon[drawn])


def _frame(lat: np.ndarray, lon: np.ndarray) -> MapLayer:
    """Return an empty map around the points, with a margin of 3 per cent."""
    # The widest gap between longitudes is outside the map, because points may be on both sides of the date line.
    first, _ = circle_start(lon)
    east = (lon - first + 1e-6) % 360 - 1e-6
    width, (south, north) = float(east.max()), (float(lat.min()), float(lat.max()))
    half = 0.53 * max(width, 0.5), 0.53 * max(north - south, 0.5)
    middle = (south + north) / 2
    # Two cells per side, because the extent is half a cell beyond the outer centres.
    x = np.array([-half[0], half[0]]) / 2
    y = np.clip(middle + np.array([-half[1], half[1]]) / 2, -89.9, 89.9)
    centre = (float(first + width / 2) + 180) % 360 - 180
    return MapLayer(np.full((2, 2), np.nan), x, y, centre, ("longitude", "latitude"), "")


def _middle(maps: xr.DataArray | None, time: Any, points: xr.Coordinates) -> float | None:
    """Return the instant of the map, else ``time`` [days since 1970, or the numbers of the track]."""
    if maps is not None and has_time(maps):
        dim = find_axes(maps).time
        middle = maps.sizes[dim] // 2
        step = maps.isel({dim: middle if time is None else nearest_index(maps, dim, time)})
        return float(cell_centres(step.expand_dims(dim), dim)[0])
    stamped = [] if maps is None else [n for n, c in maps.coords.items() if c.ndim == 0 and c.dtype.kind == "M"]
    if maps is not None and time is None and len(stamped) == 1:
        return float(cell_centres(maps.expand_dims(stamped), str(stamped[0]))[0])
    if time is None:
        return None
    stamps = _stamps(points)
    dated = holds_dates(stamps["time"])
    if dated and isinstance(time, int | np.integer) and not isinstance(time, np.timedelta64):
        return float(days_of(stamps, "time")[nearest_index(stamps, "time", time)])
    if isinstance(time, int | float | np.number):
        return float(time)
    if not dated:
        return float(cell_centres(stamps, "time")[nearest_index(stamps, "time", time)])
    day, length = instant_days(time, stamps, "time")
    return day + length / 2  # the middle of a day is noon


def _nearest_date(track: xr.DataArray, points: xr.Coordinates, middle: float | None) -> str:
    """Return the date of the finite point nearest to an instant, as users type it; "" without one."""
    stamps = _stamps(points)
    if middle is None or not holds_dates(stamps["time"]):
        return ""
    distance = np.where(np.isfinite(np.asarray(track.values, float)), np.abs(days_of(stamps, "time") - middle), np.nan)
    if np.isnan(distance).all():
        return ""
    return repr(date_text(stamps["time"].values[int(np.nanargmin(distance))]).split(" ")[0])


def _stamps(points: xr.Coordinates) -> xr.DataArray:
    times = points["time"].values
    return xr.DataArray(np.zeros(times.size), {"time": times}, ("time",))
