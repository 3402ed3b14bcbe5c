"""Observing-system simulation experiments: a simulated ocean, its observations, and splits in time.

``Twin`` creates a whole experiment. Its parts also apply to other truths: orbits with their tracks and swaths, sampling
of a gridded field with instrument errors, random clouds, gaps of real data, and the split in days.
"""

from xdvn.osse.clouds import Clouds
from xdvn.osse.ephemeris import Ephemeris
from xdvn.osse.noise import AbstractNoise, CorrelatedNoise, RollNoise, SumOfNoises, WhiteNoise
from xdvn.osse.orbits import CRYOSAT2, ENVISAT, GFO, JASON1, SWOT, TOPEX_INTERLEAVED, AbstractOrbit, Mission
from xdvn.osse.replay import replay_cloud_masks, replay_track_sampling
from xdvn.osse.sampling import along_track, resample, sample
from xdvn.osse.split import Split
from xdvn.osse.swaths import Swath, along_swath
from xdvn.osse.temperature import TemperatureProxy
from xdvn.osse.twin import BOX, Twin, observe_with_swot

__all__ = [
    "BOX",
    "CRYOSAT2",
    "ENVISAT",
    "GFO",
    "JASON1",
    "SWOT",
    "TOPEX_INTERLEAVED",
    "AbstractNoise",
    "AbstractOrbit",
    "Clouds",
    "CorrelatedNoise",
    "Ephemeris",
    "Mission",
    "RollNoise",
    "Split",
    "SumOfNoises",
    "Swath",
    "TemperatureProxy",
    "Twin",
    "WhiteNoise",
    "along_swath",
    "along_track",
    "observe_with_swot",
    "replay_cloud_masks",
    "replay_track_sampling",
    "resample",
    "sample",
]
