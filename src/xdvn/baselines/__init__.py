"""Mappers that learn nothing but a few numbers: what a trained model has to beat, and good first guesses for it.

``OptimalInterpolation`` is the method behind today's operational sea level maps; ``OptimalInterpolation.tune`` makes it
as good as it gets.
"""

from xdvn.baselines.analysis import AbstractAnalysis, ExactAnalysis
from xdvn.baselines.gridded_analysis import GriddedAnalysis
from xdvn.baselines.optimal_interpolation import OptimalInterpolation
from xdvn.baselines.tiling import AbstractTiling, EachTime, Tiling

__all__ = [
    "AbstractAnalysis",
    "AbstractTiling",
    "EachTime",
    "ExactAnalysis",
    "GriddedAnalysis",
    "OptimalInterpolation",
    "Tiling",
]
