"""One field on a map: cartopy axes, bundled land, a colour bar with units.

Land is filled below the field and outlined above it: a coarse outline never hides data, and nothing is ever
downloaded. How the globe is flattened is said in ``projection``, which colours are used in ``style``.
"""

from __future__ import annotations

import textwrap
from typing import Any

import cartopy.crs as ccrs
import matplotlib.pyplot as plt
import numpy as np
import shapely
import xarray as xr
from cartopy.feature import Feature, ShapelyFeature
from cartopy.mpl.geoaxes import GeoAxes
from cartopy.mpl.ticker import LongitudeFormatter
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import QuadMesh
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from shapely.geometry.base import BaseGeometry

from xdvn.plot.field import Field, pick
from xdvn.plot.land import land_within
from xdvn.plot.projection import is_cap, panel_shape, projection_for, stretch
from xdvn.plot.style import Colours, choose_colours, label_of

__all__ = ["add_colour_bar", "draw", "figure_size", "map", "projection_of"]

_GREY = "0.35"
_WIDE = 60.0  # degrees


def map(
    da: xr.DataArray,
    ax: Axes | None = None,
    *,
    time: Any = None,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    title: str | None = None,
    colour_bar: bool = True,
    land: Feature | BaseGeometry | bool = True,
) -> Axes:
    """Draw one instant of one variable on a map.

    Parameters
    ----------
    da : xr.DataArray
        Two horizontal dimensions and perhaps time; longitudes and latitudes 1-D or 2-D, in any convention. Without
        them the field is drawn on plain axes.
    ax : matplotlib Axes, optional
        Where to draw: cartopy's GeoAxes for a map, plain axes for a plain picture. A new figure by default.
    time : optional
        The instant nearest to this, such as ``"2012-11-03"``; the middle of the record by default.
    cmap, limits : optional
        Colour map and (low, high) in the variable's unit, in place of those chosen from the variable's attributes.
    title : str, optional
        The date by default.
    colour_bar : bool
        Whether to draw one, labelled with the variable's name and unit.
    land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
        What to draw as land.

    Returns
    -------
    matplotlib Axes
        The axes drawn on; ``ax.figure.savefig("map.png")`` saves it.

    Raises
    ------
    ValueError
        When there are not exactly two horizontal dimensions.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((4, 5)), dims=("lat", "lon"), name="ssh", attrs={"units": "m"},
    ...                   coords={"lat": np.arange(34.0, 38), "lon": np.arange(-65.0, -60)})
    >>> ax = map(da, title="A calm sea")
    >>> ax.get_title()
    'A calm sea'
    >>> plt.close(ax.figure)
    """
    field = pick(da, time)
    colours = choose_colours(da, [field.values], cmap=cmap, limits=limits)
    if ax is None:
        figure = plt.figure(figsize=figure_size(field), layout="compressed")
        ax = figure.add_subplot(projection=projection_for(field))
    mesh = draw(ax, field, colours, land=land)
    ax.set_title(field.when if title is None else title)
    if colour_bar:
        add_colour_bar(ax, mesh, colours, label_of(da))
    return ax


def projection_of(da: xr.DataArray) -> ccrs.Projection | None:
    """Return the projection that ``map`` would choose, for axes of your own.

    Parameters
    ----------
    da : xr.DataArray
        What is to be drawn.

    Returns
    -------
    cartopy Projection or None
        None for a field that is not on longitudes and latitudes: plain axes then.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((4, 5)), {"lat": np.arange(34.0, 38), "lon": np.arange(-65.0, -60)}, ("lat", "lon"))
    >>> ax = plt.figure().add_subplot(projection=projection_of(da))
    >>> map(da, ax) is ax
    True
    >>> plt.close(ax.figure)
    """
    return projection_for(pick(da))


def figure_size(field: Field) -> tuple[float, float]:
    """Return inches of a figure that holds one map and its colour bar."""
    shape = panel_shape(field)
    return 4.6 / max(1.0, shape**0.5) + 1.4, 4.6 * min(shape, shape**0.5) + 0.7


def draw(
    ax: Axes,
    field: Field,
    colours: Colours,
    *,
    land: Feature | BaseGeometry | bool = True,
    labels: tuple[bool, bool] = (True, True),
) -> QuadMesh:
    """Draw a field and its backdrop on axes; ``labels`` says whether to label the left and the bottom side."""
    options: dict[str, Any] = {"cmap": colours.cmap, "norm": colours.norm, "shading": "nearest"}
    values = np.ma.masked_invalid(field.values)
    if field.centre is None or not isinstance(ax, GeoAxes):
        x = field.x if field.centre is None else field.x + field.centre
        mesh = ax.pcolormesh(x, field.y, values, **options)
        ax.set_aspect(stretch(field))
        ax.set_xlabel(field.names[0] if labels[1] else "")
        ax.set_ylabel(field.names[1] if labels[0] else "")
        ax.tick_params(labelbottom=labels[1], labelleft=labels[0])
        return mesh
    frame = ccrs.PlateCarree(central_longitude=field.centre)
    _backdrop(ax, field, land)
    mesh = ax.pcolormesh(field.x, field.y, values, transform=frame, zorder=1, **options)
    if isinstance(ax.projection, ccrs.Robinson):
        ax.set_global()
    else:
        ax.set_extent(field.extent, crs=frame)
    if isinstance(ax.projection, ccrs.PlateCarree):
        ax.set_aspect(stretch(field))
    if is_cap(ax, field):
        turn = np.linspace(0, 2 * np.pi, 181)
        circle = Path(np.stack([np.sin(turn), np.cos(turn)], 1) / 2 + 0.5)
        ax.set_boundary(circle, transform=ax.transAxes)
    _graticule(ax, field, frame, labels)
    return mesh


def add_colour_bar(ax: Axes, mesh: ScalarMappable, colours: Colours, label: str) -> Axes:
    """Put a colour bar beside axes, as high as their frame whatever the projection made of it."""
    beside = ax.inset_axes((1.03, 0.0, 0.04, 1.0))
    ax.figure.colorbar(mesh, cax=beside, extend=colours.extend, label=textwrap.fill(label, 26))
    return beside


def _backdrop(ax: GeoAxes, field: Field, land: Feature | BaseGeometry | bool) -> None:
    if land is False or field.centre is None:
        return
    if isinstance(land, Feature):
        ax.add_feature(land, zorder=0.5, facecolor="0.85", edgecolor="none")
        return
    west, east, south, north = field.extent
    frame = ccrs.PlateCarree(central_longitude=field.centre)
    if is_cap(ax, field):
        south, north = (south, 90.0) if south > 0 else (-90.0, north)
    box = shapely.box(west, south, east, north)
    outline = land_within(west + field.centre, east + field.centre, south, north) if land is True else land
    if land is True and east - west > _WIDE:
        # What would be less than a pixel in print costs most of the time of drawing.
        outline = shapely.simplify(outline, (east - west) / 2000)
    parts = shapely.get_parts(shapely.transform(outline, lambda xy: xy - [field.centre, 0]))
    polygons = [p for p in parts if p.geom_type == "Polygon"]
    if not polygons:
        return
    # Where the box cuts a continent there is no coast to draw.
    coast = shapely.difference(shapely.union_all(shapely.boundary(polygons)), shapely.buffer(box.boundary, 1e-6))
    ax.add_feature(ShapelyFeature(polygons, frame), zorder=0.5, facecolor="0.85", edgecolor="none")
    ax.add_feature(ShapelyFeature([coast], frame), zorder=2, facecolor="none", edgecolor=_GREY, linewidth=0.6)


def _graticule(ax: GeoAxes, field: Field, frame: ccrs.PlateCarree, labels: tuple[bool, bool]) -> None:
    """Draw lines of longitude and latitude at round values, labelled outside on the left and at the bottom only."""
    west, east, south, north = field.extent
    centre = field.centre or 0.0
    place = ax.get_subplotspec()
    alone = place is None or place.get_gridspec().ncols == 1
    steps = [1, 2, 3, 5, 6, 10]
    # Labels lie beside one another along a row, below one another along a column: fewer fit into a row.
    across, upward = MaxNLocator(4, steps=steps), MaxNLocator(6 if alone else 4, steps=steps)
    if east - west > 180:
        lon_at, lat_at = np.arange(-360.0, 721, 60), np.arange(-60.0, 61, 30)
    else:
        lon_at = np.asarray(across.tick_values(west + centre, east + centre))
        lat_at = np.asarray(upward.tick_values(south, north))
    lon = [v - centre for v in lon_at if west <= v - centre <= east]
    lat = [v for v in lat_at if south <= v <= north]
    style = LongitudeFormatter()
    sides = ({"left": "y"} if labels[0] else {}) | ({"bottom": "x"} if labels[1] else {})
    if is_cap(ax, field):
        lon = [v - centre for v in range(-180, 541, 60) if west <= v - centre < east]
        sides = dict.fromkeys(("left", "right", "bottom", "top"), "x") if alone else {}
    ax.gridlines(
        crs=frame,
        draw_labels=sides,
        xlocs=lon,
        ylocs=lat,
        linewidth=0.4,
        color=_GREY,
        alpha=0.4,
        x_inline=False,
        y_inline=False,
        rotate_labels=False,
        xformatter=FuncFormatter(lambda value, _: style(_turned(value + centre))),
        xlabel_style={"size": "small"},
        ylabel_style={"size": "small"},
    )


def _turned(longitude: float) -> float:
    """Bring a longitude into -180..180, which is how it is written on maps."""
    return (longitude + 180) % 360 - 180
