"""Baseline methods with at most a few parameters, all of which can be first guesses, and the parts of interpolation.

``OptimalInterpolation`` is the method of operational sea level maps; ``OptimalInterpolation.tune`` estimates its
scales. ``Dineof`` fills clouds. ``LinearInTime``, ``Persistence`` and ``Climatology`` are lower bounds of skill.
"""

from xdvn.baselines.analysis import AbstractAnalysis, CholeskyAnalysis
from xdvn.baselines.climatology import Climatology
from xdvn.baselines.covariance_estimation import CovarianceEstimate, estimate_covariance
from xdvn.baselines.dineof import Dineof
from xdvn.baselines.in_time import LinearInTime, Persistence
from xdvn.baselines.mean_models import AbstractMeanModel, ConstantMean, HarmonicMean, PlaneMean
from xdvn.baselines.optimal_interpolation import OptimalInterpolation
from xdvn.baselines.structured_kernel import StructuredKernelInterpolation
from xdvn.baselines.tiling import AbstractTiling, PerTimeTiling, Tiling

__all__ = [
    "AbstractAnalysis",
    "AbstractMeanModel",
    "AbstractTiling",
    "CholeskyAnalysis",
    "Climatology",
    "ConstantMean",
    "CovarianceEstimate",
    "Dineof",
    "HarmonicMean",
    "LinearInTime",
    "OptimalInterpolation",
    "PerTimeTiling",
    "Persistence",
    "PlaneMean",
    "StructuredKernelInterpolation",
    "Tiling",
    "estimate_covariance",
]
