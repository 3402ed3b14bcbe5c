"""Sea surface height: absolute dynamic topography, sea level anomaly and geostrophic currents.

ADT = SLA + MDT,    u = -g / f d(ADT)/dy,    v = g / f d(ADT)/dx
"""

from xdvn.ocean.currents import geostrophic_currents
from xdvn.ocean.topography import absolute_topography, add_absolute_topography, sea_level_anomaly, surface_currents

__all__ = [
    "absolute_topography",
    "add_absolute_topography",
    "geostrophic_currents",
    "sea_level_anomaly",
    "surface_currents",
]
