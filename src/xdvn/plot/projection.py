"""Map projections, chosen from the position and extent of a map.

Globe: Robinson. Basin more than 40 degrees high: Mercator. Region: plate carrée, with circular eddies at its middle.
Poleward of 55 degrees: Lambert conformal conic; polar cap: polar stereographic. No map is cut at the date line.
Snyder 1987, doi:10.3133/pp1395.
"""

from __future__ import annotations

import cartopy.crs as ccrs
import numpy as np
from matplotlib.axes import Axes

from xdvn.plot.selection import MapLayer

__all__ = ["is_cap", "panel_shape", "projection_for", "stretch"]

_BASIN = 40.0


def projection_for(layer: MapLayer) -> ccrs.Projection | None:
    """Return the projection for the position of a map; None without longitudes and latitudes."""
    if layer.centre is None:
        return None
    if layer.pole is not None:
        return (ccrs.NorthPolarStereo if layer.pole > 0 else ccrs.SouthPolarStereo)()
    west, east, south, north = layer.extent
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    farthest = max(abs(south), abs(north))
    if nearest < 55:
        if east - west > 300 and north - south > 100:
            return ccrs.Robinson(central_longitude=layer.centre)
        if north - south > _BASIN and farthest < 80:
            return ccrs.Mercator(central_longitude=layer.centre, min_latitude=-85, max_latitude=85)
        return ccrs.PlateCarree(central_longitude=layer.centre)
    if east - west > 120 or farthest > 88:
        polar = ccrs.NorthPolarStereo if south > 0 else ccrs.SouthPolarStereo
        return polar(central_longitude=layer.centre)
    third = (north - south) / 6
    return ccrs.LambertConformal(
        central_longitude=layer.centre,
        central_latitude=(south + north) / 2,
        standard_parallels=(south + third, north - third),
        cutoff=-30 if south > 0 else 30,
    )


def is_cap(ax: Axes, layer: MapLayer) -> bool:
    """Return whether a map surrounds a pole and has a circular frame."""
    west, east, _, _ = layer.extent
    if layer.pole is not None:
        return False
    return isinstance(getattr(ax, "projection", None), ccrs.Stereographic) and east - west > 300


def stretch(layer: MapLayer) -> float:
    """Return height over width of one degree at the middle of a map; 1 without longitudes and latitudes."""
    _, _, south, north = layer.extent
    if layer.centre is None or north - south > 60:
        return 1.0
    return float(1 / np.cos(np.deg2rad((south + north) / 2)))


def panel_shape(layer: MapLayer) -> float:
    """Return height over width of a panel, within bounds."""
    projection, (west, east, south, north) = projection_for(layer), layer.extent
    if layer.pole is not None and projection is not None:
        xyz = projection.transform_points(ccrs.PlateCarree(), layer.x, layer.y)
        return float(np.clip(np.ptp(xyz[..., 1]) / np.ptp(xyz[..., 0]), 0.4, 1.6))
    if projection is None or isinstance(projection, ccrs.PlateCarree):
        return float(np.clip((north - south) / (east - west) * stretch(layer), 0.4, 1.6))
    lon, lat = np.meshgrid(np.linspace(west, east, 25), np.linspace(south, north, 25))
    xyz = projection.transform_points(ccrs.PlateCarree(layer.centre), lon, lat)
    return float(np.clip(np.ptp(xyz[..., 1]) / np.ptp(xyz[..., 0]), 0.4, 1.6))
