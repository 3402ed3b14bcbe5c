"""From a Dataset to trained weights: settings, checks, window loader, resampling of observations, losses, checkpoints.

``Training`` holds the settings of a training. Resamplings observe the training data once more:
``WithholdObservations`` hides some observations from the network, which is how it learns without a truth;
``ShuffleMasks`` observes the truth with the masks of other days; ``PerturbObservations`` adds errors. The hold-outs
(``WholeTracks``, ``TransplantedCloudMasks``, ...) choose which observations are withheld.
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
