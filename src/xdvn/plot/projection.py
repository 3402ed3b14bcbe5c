"""How the globe is flattened, chosen from where a field is.

The whole globe: Robinson, about the field's own middle. A basin, more than 40 degrees high: Mercator, where eddies are
round at all latitudes. A region: plate carrée about its own middle, stretched so that eddies are round there. Poleward
of 55 degrees: Lambert's conformal cone, and for a whole cap the polar stereographic. Nothing is cut at the date line.
Called by everything that draws maps. Snyder 1987, doi:10.3133/pp1395.
"""

from __future__ import annotations

import cartopy.crs as ccrs
import numpy as np
from matplotlib.axes import Axes

from xdvn.plot.field import Field

__all__ = ["is_cap", "panel_shape", "projection_for", "stretch"]

_BASIN = 40.0


def projection_for(field: Field) -> ccrs.Projection | None:
    """Return the projection that suits where a field is; None when it is not on the globe."""
    if field.centre is None:
        return None
    west, east, south, north = field.extent
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    farthest = max(abs(south), abs(north))
    if nearest < 55:
        if east - west > 300 and north - south > 100:
            return ccrs.Robinson(central_longitude=field.centre)
        if north - south > _BASIN and farthest < 80:
            return ccrs.Mercator(central_longitude=field.centre, min_latitude=-85, max_latitude=85)
        return ccrs.PlateCarree(central_longitude=field.centre)
    if east - west > 120 or farthest > 88:
        polar = ccrs.NorthPolarStereo if south > 0 else ccrs.SouthPolarStereo
        return polar(central_longitude=field.centre)
    third = (north - south) / 6
    return ccrs.LambertConformal(
        central_longitude=field.centre,
        central_latitude=(south + north) / 2,
        standard_parallels=(south + third, north - third),
        cutoff=-30 if south > 0 else 30,
    )


def is_cap(ax: Axes, field: Field) -> bool:
    """Whether a field goes all around a pole, to be framed by a circle."""
    west, east, _, _ = field.extent
    return isinstance(getattr(ax, "projection", None), ccrs.Stereographic) and east - west > 300


def stretch(field: Field) -> float:
    """Height over width of one degree in the middle of a field, so that eddies look round; 1 for a plain one."""
    _, _, south, north = field.extent
    if field.centre is None or north - south > 60:
        return 1.0
    return float(1 / np.cos(np.deg2rad((south + north) / 2)))


def panel_shape(field: Field) -> float:
    """Height over width of a field as drawn, within bounds; what a figure's size follows."""
    projection, (west, east, south, north) = projection_for(field), field.extent
    if projection is None or isinstance(projection, ccrs.PlateCarree):
        return float(np.clip((north - south) / (east - west) * stretch(field), 0.4, 1.6))
    lon, lat = np.meshgrid(np.linspace(west, east, 25), np.linspace(south, north, 25))
    xyz = projection.transform_points(ccrs.PlateCarree(field.centre), lon, lat)
    return float(np.clip(np.ptp(xyz[..., 1]) / np.ptp(xyz[..., 0]), 0.4, 1.6))
