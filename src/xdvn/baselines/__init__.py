"""Mappers that learn nothing but a few numbers: what a trained model has to beat, and good first guesses for it.

``OptimalInterpolation`` is the method behind today's operational sea level maps; ``OptimalInterpolation.tune`` makes it
as good as it gets. ``Dineof`` is the one for clouds. ``LinearInTime``, ``Persistence`` and ``Climatology`` are floors.
"""

from xdvn.baselines.analysis import AbstractAnalysis, ExactAnalysis
from xdvn.baselines.climatology import Climatology
from xdvn.baselines.dineof import Dineof
from xdvn.baselines.gridded_analysis import GriddedAnalysis
from xdvn.baselines.in_time import LinearInTime, Persistence
from xdvn.baselines.optimal_interpolation import OptimalInterpolation
from xdvn.baselines.tiling import AbstractTiling, EachTime, Tiling
from xdvn.baselines.withholding import (
    AbstractWithholding,
    Blocks,
    CloudsOfOtherTimes,
    Pieces,
    RandomPoints,
    WholeTimes,
)

__all__ = [
    "AbstractAnalysis",
    "AbstractTiling",
    "AbstractWithholding",
    "Blocks",
    "Climatology",
    "CloudsOfOtherTimes",
    "Dineof",
    "EachTime",
    "ExactAnalysis",
    "GriddedAnalysis",
    "LinearInTime",
    "OptimalInterpolation",
    "Persistence",
    "Pieces",
    "RandomPoints",
    "Tiling",
    "WholeTimes",
]
