"""Observing-system simulation experiments: a known sea, the satellites that see parts of it, and honest splits.

``Twin`` makes a whole experiment; its parts serve other truths too: missions and their tracks, sampling a gridded
field, gridding measurements, and the split in days.
"""

from xdvn.osse.gridding import grid_points
from xdvn.osse.orbits import CRYOSAT2, ENVISAT, GFO, JASON1, SWOT, TOPEX_INTERLEAVED, Mission
from xdvn.osse.sampling import along_track, resample, sample
from xdvn.osse.split import Split
from xdvn.osse.temperature import TemperatureProxy
from xdvn.osse.twin import BOX, Twin

__all__ = [
    "BOX",
    "CRYOSAT2",
    "ENVISAT",
    "GFO",
    "JASON1",
    "SWOT",
    "TOPEX_INTERLEAVED",
    "Mission",
    "Split",
    "TemperatureProxy",
    "Twin",
    "along_track",
    "grid_points",
    "resample",
    "sample",
]
