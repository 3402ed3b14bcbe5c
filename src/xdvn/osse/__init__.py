"""Observing-system simulation experiments: a known sea, simulated observations of it, and splits in time.

``Twin`` makes a whole experiment; its parts serve other truths too: orbits and their tracks and swaths, sampling a
gridded field with an instrument's errors, clouds, gaps borrowed from real data, gridding measurements, and the split in
days.
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
