"""Scores of reconstructions: DataArrays in, a Dataset of numbers with units and attributes out.

``gridded_scores`` computes the scores of the SSH mapping data challenge 2020a, the anomaly score and isotropic scales;
``along_track_scores`` those of the challenge 2021a, against an independent track; ``current_scores`` scores of the
currents; ``errors_by_group`` errors by region, season and distance; ``uncertainty_scores`` and ``ensemble_scores``
calibration and sharpness; ``withheld_scores`` scores without a truth. ``BlockBootstrap`` adds confidence intervals.
Every result has its unit, its ideal value and its orientation, and a NaN has its reason.
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
