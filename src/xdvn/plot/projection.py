"""Map projections, chosen from the position and extent of a map.

Globe: Robinson. Basin more than 40 degrees high: Mercator. Region: plate carrée, with circular eddies at its middle.
Poleward of 55 degrees: Lambert conformal conic. Polar cap, circumpolar belt, box up to a pole, or curvilinear grid that
contains a pole: polar stereographic, with the rows of the grid parallel to the page. No map is cut at the date line.
Snyder 1987, doi:10.3133/pp1395.
"""

from __future__ import annotations

import cartopy.crs as ccrs
import numpy as np
from matplotlib.axes import Axes

from xdvn.plot.selection import MapLayer

__all__ = ["is_cap", "meridian", "panel_shape", "projection_for", "projected", "stretch"]

_BASIN = 40.0
_BELT = 25.0


def projection_for(layer: MapLayer) -> ccrs.Projection | None:
    """Return the projection for the position of a map; None without longitudes and latitudes."""
    if layer.centre is None:
        return None
    centre = meridian(layer)
    west, east, south, north = layer.extent
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    farthest = max(abs(south), abs(north))
    if layer.pole:
        polar = ccrs.NorthPolarStereo if layer.pole > 0 else ccrs.SouthPolarStereo
        return polar(central_longitude=_upright(layer, polar))
    circumpolar = nearest > _BELT and (farthest > 88 or (east - west > 300 and farthest > 70))
    if nearest < 55 and not circumpolar:
        if east - west > 300 and north - south > 100:
            return ccrs.Robinson(central_longitude=centre)
        if north - south > _BASIN and farthest < 80:
            return ccrs.Mercator(central_longitude=centre, min_latitude=-85, max_latitude=85)
        return ccrs.PlateCarree(central_longitude=centre)
    if east - west > 120 or farthest > 88 or circumpolar:
        polar = ccrs.NorthPolarStereo if south > 0 else ccrs.SouthPolarStereo
        return polar(central_longitude=centre)
    third = (north - south) / 6
    return ccrs.LambertConformal(
        central_longitude=centre,
        central_latitude=(south + north) / 2,
        standard_parallels=(south + third, north - third),
        cutoff=-30 if south > 0 else 30,
    )


def meridian(layer: MapLayer) -> float:
    """Return the central longitude of a map in -180 to 180, equal for all conventions of its longitudes."""
    return round(((layer.centre or 0.0) + 180) % 360 - 180, 9)


def _upright(layer: MapLayer, polar: type[ccrs.Stereographic]) -> float:
    """Return the central longitude with which the rows of a curvilinear grid are parallel to the page."""
    centre = meridian(layer)
    xyz = polar(central_longitude=centre).transform_points(ccrs.PlateCarree(centre), layer.mesh.x, layer.mesh.y)
    along = np.diff(xyz[..., 0] + 1j * xyz[..., 1], axis=1)
    mean = along.mean()
    if abs(mean) < 0.5 * np.abs(along).mean():
        return 0.0  # rows that are circles around the pole
    # A northern map turns clockwise with its central longitude, a southern one anticlockwise.
    turn = np.rad2deg(np.angle(mean)) * (1 if layer.pole > 0 else -1)
    return float((centre + turn + 180) % 360 - 180)


def is_cap(ax: Axes, layer: MapLayer) -> bool:
    """Return whether a map surrounds a pole and has a circular frame."""
    west, east, _, _ = layer.extent
    polar = isinstance(getattr(ax, "projection", None), ccrs.Stereographic)
    return polar and east - west > 300 and layer.pole == 0


def stretch(layer: MapLayer) -> float:
    """Return height over width of one degree at the middle of a map; 1 without longitudes and latitudes."""
    _, _, south, north = layer.extent
    if layer.centre is None or north - south > 60:
        return 1.0
    return float(1 / np.cos(np.deg2rad((south + north) / 2)))


def panel_shape(layer: MapLayer) -> float:
    """Return height over width of a panel, within bounds."""
    projection, (west, east, south, north) = projection_for(layer), layer.extent
    if projection is None or isinstance(projection, ccrs.PlateCarree):
        return float(np.clip((north - south) / (east - west) * stretch(layer), 0.4, 1.6))
    x0, x1, y0, y1 = projected(layer, projection)
    return float(np.clip((y1 - y0) / (x1 - x0), 0.4, 1.6))


def projected(layer: MapLayer, projection: ccrs.Projection) -> tuple[float, float, float, float]:
    """Return the edges (x low, x high, y low, y high) of a map in the coordinates of a projection."""
    if layer.x.ndim == 2:
        lon, lat = layer.mesh.x, layer.mesh.y
    else:
        west, east, south, north = layer.extent
        lon, lat = np.meshgrid(np.linspace(west, east, 121), np.linspace(south, north, 41))
    xyz = projection.transform_points(ccrs.PlateCarree(meridian(layer)), lon, lat)
    x, y = (xyz[..., k][np.isfinite(xyz[..., k])] for k in (0, 1))
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())
