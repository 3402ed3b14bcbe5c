"""Scores of reconstructions: DataArrays in, a Dataset of numbers with units and meaning out.

``gridded_scores`` is the SSH mapping data challenge 2020a to the letter, with the anomaly score and the scales in any
direction beside it; ``along_track_scores`` is the challenge 2021a, against a track no map has seen; ``current_scores``
judges the currents, ``errors_by`` where and when maps are wrong, ``uncertainty_scores`` and ``ensemble_scores`` how
sure they may be, ``withheld_scores`` a map without a truth; ``BlockBootstrap`` gives any of them intervals. Every
result says its unit, its ideal value and which way is better, and beside a NaN why.
"""

from xdvn.metrics.along_track import along_track_scores
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.current_scores import current_scores
from xdvn.metrics.currents import geostrophic_currents
from xdvn.metrics.ensemble import ensemble_scores
from xdvn.metrics.errors_by import errors_by
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
    "errors_by",
    "geostrophic_currents",
    "gridded_scores",
    "nll_gaussian",
    "spectral_score",
    "uncertainty_scores",
    "withheld_scores",
]
