"""Map of one variable: cartopy axes, bundled land, a colour bar with units.

Land is filled below the variable and outlined above it, so that a coarse outline never hides data.
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

from xdvn.plot.land import land_within
from xdvn.plot.projection import is_cap, meridian, panel_shape, projected, projection_for, stretch
from xdvn.plot.selection import MapLayer, pick
from xdvn.plot.style import Colours, choose_colours, label_of

__all__ = ["add_colour_bar", "draw", "field", "figure_size", "note_if_empty", "projection_of"]

_GREY = "0.35"
_WIDE = 60.0  # degrees
_SEAM = 180 - 1e-7  # degrees


def field(
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
    """Draw one variable at one instant on a map.

    Parameters
    ----------
    da : xr.DataArray
        Variable with two horizontal dimensions and optionally time. Longitudes and latitudes are 1-D or 2-D; without
        them, the plot has plain axes.
    ax : matplotlib Axes, optional
        Axes to draw in: GeoAxes of cartopy for a map, or plain axes. If None, a new figure.
    time : optional
        Nearest instant to draw, such as ``"2012-11-03"``. If None, the middle of the time series.
    cmap, limits : optional
        Colour map, and (low, high) in the units of the variable. If None, from its attributes and values.
    title : str, optional
        Title. If None, the date.
    colour_bar : bool
        Whether to draw a colour bar with name and units. Default: True.
    land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
        Land to draw.

    Returns
    -------
    matplotlib Axes
        The axes of the plot; ``ax.figure.savefig("map.png")`` saves it.

    Raises
    ------
    ValueError
        There are not exactly two horizontal dimensions.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((4, 5)), dims=("lat", "lon"), name="ssh", attrs={"units": "m"},
    ...                   coords={"lat": np.arange(34.0, 38), "lon": np.arange(-65.0, -60)})
    >>> ax = field(da, title="A calm sea")
    >>> ax.get_title()
    'A calm sea'
    >>> plt.close(ax.figure)
    """
    layer = pick(da, time)
    colours = choose_colours(da, [layer.values], cmap=cmap, limits=limits)
    if ax is None:
        figure = plt.figure(figsize=figure_size(layer), layout="compressed")
        ax = figure.add_subplot(projection=projection_for(layer))
    mesh = draw(ax, layer, colours, land=land)
    ax.set_title(layer.when if title is None else title)
    if colour_bar:
        add_colour_bar(ax, mesh, colours, label_of(da))
    return ax


def projection_of(da: xr.DataArray) -> ccrs.Projection | None:
    """Return the projection that ``field`` uses, for your own axes.

    Parameters
    ----------
    da : xr.DataArray
        The variable to draw.

    Returns
    -------
    cartopy Projection or None
        None for a variable without longitudes and latitudes, which needs plain axes.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((4, 5)), {"lat": np.arange(34.0, 38), "lon": np.arange(-65.0, -60)}, ("lat", "lon"))
    >>> ax = plt.figure().add_subplot(projection=projection_of(da))
    >>> field(da, ax) is ax
    True
    >>> plt.close(ax.figure)
    """
    return projection_for(pick(da))


def figure_size(layer: MapLayer) -> tuple[float, float]:
    """Return width and height [inches] of a figure with one map and its colour bar."""
    shape = panel_shape(layer)
    return 4.6 / max(1.0, shape**0.5) + 1.4, 4.6 * min(shape, shape**0.5) + 0.7


def draw(
    ax: Axes,
    layer: MapLayer,
    colours: Colours,
    *,
    land: Feature | BaseGeometry | bool = True,
    labels: tuple[bool, bool] = (True, True),
    note: bool = True,
) -> QuadMesh:
    """Draw a variable, land and graticule; ``labels`` sets whether to label the left and the bottom side.

    If ``note`` is true, a variable without finite values has a note.
    """
    cells = layer.mesh
    values = cells.values(layer)
    options: dict[str, Any] = {"cmap": colours.cmap, "norm": colours.norm, "shading": "flat"}
    if layer.centre is None or not isinstance(ax, GeoAxes):
        x = cells.x if layer.centre is None else cells.x + layer.centre
        if x.ndim == 2 and layer.centre is not None:
            # A cell across the seam of the longitudes would cover the whole row.
            corners = np.stack([x[1:, 1:], x[1:, :-1], x[:-1, 1:], x[:-1, :-1]])
            values = np.ma.masked_where(np.ptp(corners, axis=0) > 180, values)
        mesh = ax.pcolormesh(x, cells.y, values, **options)
        if note:
            note_if_empty(ax, values)
        ax.set_aspect(stretch(layer))
        ax.set_xlabel(layer.names[0] if labels[1] else "")
        ax.set_ylabel(layer.names[1] if labels[0] else "")
        ax.tick_params(labelbottom=labels[1], labelleft=labels[0])
        return mesh
    frame = ccrs.PlateCarree(central_longitude=meridian(layer))
    _backdrop(ax, layer, land)
    # A projection may place an edge at exactly 180 degrees on the other side of the map, and its cells with it.
    x = np.clip(cells.x, -_SEAM, _SEAM) if cells.x.ndim == 1 else cells.x
    mesh = ax.pcolormesh(x, cells.y, values, transform=frame, zorder=1, **options)
    if note:
        note_if_empty(ax, values)
    if isinstance(ax.projection, ccrs.Robinson):
        ax.set_global()
    elif layer.pole or not isinstance(ax.projection, ccrs.PlateCarree | ccrs.Mercator):
        x0, x1, y0, y1 = projected(layer, ax.projection)
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
    else:
        ax.set_extent(layer.extent, crs=frame)
    if isinstance(ax.projection, ccrs.PlateCarree):
        ax.set_aspect(stretch(layer))
    if is_cap(ax, layer):
        turn = np.linspace(0, 2 * np.pi, 181)
        circle = Path(np.stack([np.sin(turn), np.cos(turn)], 1) / 2 + 0.5)
        ax.set_boundary(circle, transform=ax.transAxes)
    _graticule(ax, layer, frame, labels)
    return mesh


def note_if_empty(ax: Axes, values: np.ma.MaskedArray) -> None:
    """Write that there are no values, because an empty map resembles a failed one."""
    if values.count() == 0:
        ax.text(0.5, 0.5, "no finite values", transform=ax.transAxes, ha="center", va="center", zorder=4, size="small")


def add_colour_bar(ax: Axes, mesh: ScalarMappable, colours: Colours, label: str) -> Axes:
    """Draw a colour bar next to axes, with the height of their frame."""
    aspect = ax.get_aspect()
    shape = 1.0 if isinstance(aspect, str) else ax.get_data_ratio() * float(aspect)
    wider = float(np.clip(shape / 1.6, 1.0, 10.0))  # a bar of a tall, narrow map is as wide as that of a square one
    bar = ax.inset_axes((1 + 0.03 * wider, 0.0, 0.04 * wider, 1.0))
    ax.figure.colorbar(mesh, cax=bar, extend=colours.extend, label=textwrap.fill(label, 26))
    return bar


def _backdrop(ax: GeoAxes, layer: MapLayer, land: Feature | BaseGeometry | bool) -> None:
    if land is False or layer.centre is None:
        return
    if isinstance(land, Feature):
        ax.add_feature(land, zorder=0.5, facecolor="0.85", edgecolor="none")
        return
    west, east, south, north = layer.extent
    centre = meridian(layer)
    frame = ccrs.PlateCarree(central_longitude=centre)
    if layer.x.ndim == 2 and not isinstance(ax.projection, ccrs.PlateCarree | ccrs.Mercator | ccrs.Robinson):
        # The page is wider than the box of longitudes and latitudes of a grid that is not parallel to them.
        aside, above = 0.5 * (east - west), 0.5 * (north - south)
        west, east = max(west - aside, -180.0), min(east + aside, 180.0)
        south, north = max(south - above, -90.0), min(north + above, 90.0)
    elif is_cap(ax, layer):
        south, north = (south, 90.0) if south > 0 else (-90.0, north)
    box = shapely.box(west, south, east, north)
    outline = land_within(west + centre, east + centre, south, north) if land is True else land
    margin = 1e-6
    if land is True and east - west > _WIDE:
        # Details below a pixel need most of the drawing time.
        margin = min((east - west) / 2000, (north - south) / 500)
        outline = shapely.simplify(outline, margin)
    parts = shapely.get_parts(shapely.transform(outline, lambda xy: xy - [centre, 0]))
    polygons = [p for p in parts if p.geom_type == "Polygon"]
    if not polygons:
        return
    # An edge of the box across a continent is not a coast.
    coast = shapely.difference(shapely.union_all(shapely.boundary(polygons)), shapely.buffer(box.boundary, margin))
    crs: ccrs.Projection = frame
    if isinstance(ax.projection, ccrs.Stereographic):
        # Cartopy cannot always express the extent of a map around a pole in longitudes and latitudes.
        crs = ax.projection
        polygons = list(shapely.segmentize(polygons, 1.0))  # edges along parallels are curved on this map
        polygons = list(crs.project_geometry(shapely.MultiPolygon(polygons), frame).geoms)
        coast = crs.project_geometry(coast, frame)
    ax.add_feature(ShapelyFeature(polygons, crs), zorder=0.5, facecolor="0.85", edgecolor="none")
    ax.add_feature(ShapelyFeature([coast], crs), zorder=2, facecolor="none", edgecolor=_GREY, linewidth=0.6)


def _graticule(ax: GeoAxes, layer: MapLayer, frame: ccrs.PlateCarree, labels: tuple[bool, bool]) -> None:
    """Draw lines of longitude and latitude at round values, labelled outside on the left and at the bottom only."""
    west, east, south, north = layer.extent
    centre = meridian(layer)
    spec = ax.get_subplotspec()
    alone = spec is None or spec.get_gridspec().ncols == 1
    steps = [1, 2, 3, 5, 6, 10]
    # Labels are side by side along a row and stacked along a column: fewer fit into a row.
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
    if is_cap(ax, layer):
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
        xformatter=FuncFormatter(lambda value, _: style(_wrapped(value + centre))),
        xlabel_style={"size": "small"},
        ylabel_style={"size": "small"},
    )


def _wrapped(longitude: float) -> float:
    """Return a longitude in -180 to 180, as on map labels."""
    return (longitude + 180) % 360 - 180
