"""From a Dataset to trained weights: settings, checks, window loader, resampling of observations, losses, checkpoints.

``Training`` contains the settings. Resamplings replace the observations of the training data: ``WithholdObservations``
withholds some of them, for training without a truth; ``ShuffleMasks`` samples the truth with the masks of other days;
``PerturbObservations`` adds errors. Hold-outs (``WholeTracks``, ``TransplantedCloudMasks``, ...) select the withheld
observations.
"""

from xdvn.grid.holdout_masks import (
    AbstractHoldout,
    RandomPoints,
    SpaceTimeBoxes,
    TransplantedCloudMasks,
    WholeTimeSteps,
    WholeTracks,
)
from xdvn.training.defaults import VariableWeights
from xdvn.training.resampling import (
    AbstractResampling,
    ObservationSplit,
    PerturbObservations,
    ShuffleMasks,
    WithholdObservations,
)
from xdvn.training.settings import Training

__all__ = [
    "AbstractHoldout",
    "AbstractResampling",
    "ObservationSplit",
    "PerturbObservations",
    "RandomPoints",
    "ShuffleMasks",
    "SpaceTimeBoxes",
    "Training",
    "TransplantedCloudMasks",
    "VariableWeights",
    "WholeTimeSteps",
    "WholeTracks",
    "WithholdObservations",
]
