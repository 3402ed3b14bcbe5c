"""Uncertainty of maps: ``ds.dvn.reconstruct(model, posterior=Ensemble())`` adds a standard deviation to every cell.

``Ensemble`` maps perturbed observations, with one network or several; ``Laplace`` uses the curvature of the learned
cost; ``MapperVariance`` returns the variance that a network with a ``GaussianHead`` predicts. All of them need
calibration on withheld data with ``Calibrated``.
"""

from xdvn.mapper import AbstractPosterior
from xdvn.uncertainty.calibration import Calibrated, Calibration
from xdvn.uncertainty.ensemble import Ensemble
from xdvn.uncertainty.laplace import Laplace
from xdvn.uncertainty.mapper_variance import MapperVariance

__all__ = ["AbstractPosterior", "Calibrated", "Calibration", "Ensemble", "Laplace", "MapperVariance"]
