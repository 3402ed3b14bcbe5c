"""Measurements along tracks where they were made, alone or over the map that was made from them.

Points and map share one colour scale: where the map is right, points vanish in it. Called by users.
"""

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

from xdvn.grid.axes import find_axes, positions
from xdvn.metrics.track_points import track_coordinates
from xdvn.plot.field import Field, has_time, instant_of, pick
from xdvn.plot.maps import add_colour_bar, draw, figure_size
from xdvn.plot.projection import projection_for
from xdvn.plot.style import choose_colours, label_of

__all__ = ["tracks"]


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
    """Draw along-track measurements, over a map if there is one.

    Parameters
    ----------
    track : xr.DataArray
        Measurements on one dimension with coordinates of time, latitude and longitude (longitudes in any convention).
    maps : xr.DataArray, optional
        Maps of the same quantity, one of which is drawn below the points.
    ax : matplotlib Axes, optional
        Where to draw, cartopy's GeoAxes; a new figure by default.
    time : optional
        The instant of the map, as in ``xdvn.plot.map``. Points of ``days`` around it are drawn; without maps and time,
        all points.
    days : float
        Length of the period around the instant [days].
    cmap, limits, title, land : optional
        As in ``xdvn.plot.map``.
    size : float
        Area of a point [points^2].

    Returns
    -------
    matplotlib Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        Coordinates are missing, or no measurement falls into the period.

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
    kept = np.isfinite(track.values) & np.isfinite(lat) & np.isfinite(lon)
    field = None if maps is None else pick(maps, time)
    middle = _middle(maps, time)
    if middle is not None:
        kept &= np.abs(positions(points.to_dataset(), "time") - middle) <= days / 2
    if not kept.any():
        when = "" if middle is None else f" within {days / 2:g} days of {field.when if field is not None else time}"
        raise ValueError(
            f"none of the {track.size} measurements is known{when}; choose another time=, or a longer period with days="
        )
    lat, lon, values = lat[kept], lon[kept], np.asarray(track.values, float)[kept]
    frame = _around(lat, lon) if field is None else field
    shown = [values] if field is None else [values, field.values]
    colours = choose_colours(track if maps is None else maps, shown, cmap=cmap, limits=limits)
    if ax is None:
        figure = plt.figure(figsize=figure_size(frame), layout="compressed")
        ax = figure.add_subplot(projection=projection_for(frame))
    draw(ax, frame, colours, land=land)
    place: dict[str, Any] = {}
    if isinstance(ax, GeoAxes) and frame.centre is not None:
        lon = (lon - frame.centre + 180) % 360 - 180
        place = {"transform": ccrs.PlateCarree(central_longitude=frame.centre)}
    elif frame.centre is not None:
        lon = (lon - frame.centre + 180) % 360 - 180 + frame.centre
    dots = ax.scatter(
        lon, lat, s=size, c=values, cmap=colours.cmap, norm=colours.norm, linewidths=0.0, zorder=3, **place
    )
    if field is not None:
        # All rims below all points: rims of their own would hide the colours of points that overlap.
        dots.set_path_effects([Stroke(linewidth=1.6, foreground="0.1"), Normal()])
    add_colour_bar(ax, dots, colours, label_of(track if maps is None else maps))
    ax.set_title((frame.when if field is not None else "") if title is None else title)
    return ax


def _around(lat: np.ndarray, lon: np.ndarray) -> Field:
    """Return an empty field that frames the points, with a margin of 3 per cent."""
    # The middle is where the gap between neighbouring longitudes is not: points may lie on both sides of the date line.
    ring = np.sort(lon % 360)
    gap = np.diff(np.append(ring, ring[0] + 360))
    first = ring[(int(np.argmax(gap)) + 1) % ring.size]
    east = (lon - first) % 360
    width, (south, north) = float(east.max()), (float(lat.min()), float(lat.max()))
    half = 0.53 * max(width, 0.5), 0.53 * max(north - south, 0.5)
    middle = (south + north) / 2
    # Two cells a side, so that edges lie half a cell beyond their centres.
    x, y = np.array([-half[0], half[0]]) / 2, middle + np.array([-half[1], half[1]]) / 2
    centre = (float(first + width / 2) + 180) % 360 - 180
    return Field(np.full((2, 2), np.nan), x, y, centre, ("longitude", "latitude"), "")


def _middle(maps: xr.DataArray | None, time: Any) -> float | None:
    """Return the instant of the map that is drawn, else the caller's [days since 1970, or the track's own numbers]."""
    if maps is not None and has_time(maps):
        dim = find_axes(maps).time
        label = instant_of(maps, time)
        step = maps.sel({dim: label}, method="nearest") if dim in maps.indexes else maps.isel({dim: int(label)})
        return float(positions(step.expand_dims(dim), dim)[0])
    stamped = [] if maps is None else [n for n, c in maps.coords.items() if c.ndim == 0 and c.dtype.kind == "M"]
    if maps is not None and time is None and len(stamped) == 1:
        return float(positions(maps.expand_dims(stamped), str(stamped[0]))[0])
    if time is None or isinstance(time, int | float | np.number):
        return None if time is None else float(time)
    instant = np.datetime64(time)
    # A date without a clock means the day: its middle is noon.
    noon = 0.5 if np.datetime_data(instant.dtype)[0] == "D" else 0.0
    return float((instant - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")) + noon
