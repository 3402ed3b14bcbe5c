"""Scores of reconstructions, as Datasets with units and attributes.

``gridded_scores`` computes the scores of the SSH mapping data challenge 2020a, ``mu_anomaly`` and the isotropic
resolved scale. ``along_track_scores`` computes those of the challenge 2021a against an independent track.
``current_scores`` scores geostrophic currents, ``errors_by_group`` regions, seasons and distances.
``uncertainty_scores`` and ``ensemble_scores`` evaluate calibration and sharpness, ``withheld_scores`` needs no truth.
``BlockBootstrap`` adds confidence intervals. Scores have units, an ideal value, an orientation and, if NaN, a reason.
"""

from xdvn.metrics.along_track import along_track_scores
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.current_scores import current_scores
from xdvn.metrics.ensemble import ensemble_scores
from xdvn.metrics.errors_by_group import errors_by_group
from xdvn.metrics.gridded import gridded_scores
from xdvn.metrics.groups import AbstractGrouping, Bands, Regions, Seasons
from xdvn.metrics.proper import crps_ensemble, crps_gaussian, nll_gaussian
from xdvn.metrics.segments import TrackSegments
from xdvn.metrics.spectral import SpectralScore, spectral_score
from xdvn.metrics.uncertainty import uncertainty_scores
from xdvn.metrics.withheld import withheld_scores

__all__ = [
    "AbstractGrouping",
    "Bands",
    "BlockBootstrap",
    "Regions",
    "Seasons",
    "SpectralScore",
    "TrackSegments",
    "along_track_scores",
    "crps_ensemble",
    "crps_gaussian",
    "current_scores",
    "ensemble_scores",
    "errors_by_group",
    "gridded_scores",
    "nll_gaussian",
    "spectral_score",
    "uncertainty_scores",
    "withheld_scores",
]
