"""How sure a map is: ``ds.dvn.reconstruct(model, posterior=Ensemble())`` adds a standard deviation to every cell.

``Ensemble`` maps perturbed observations, by one network or several; ``Laplace`` uses the curvature of the learned cost;
``Predicted`` passes on what a network with a ``GaussianHead`` says. None of them is to be believed before it was
compared with what came true: ``Recalibrated`` corrects one on data held back. docs/uncertainty.md has the figures.
"""

from xdvn.mapper import AbstractPosterior
from xdvn.posteriors.calibration import Calibration, Recalibrated
from xdvn.posteriors.ensemble import Ensemble
from xdvn.posteriors.laplace import Laplace
from xdvn.posteriors.predicted import Predicted

__all__ = ["AbstractPosterior", "Calibration", "Ensemble", "Laplace", "Predicted", "Recalibrated"]
