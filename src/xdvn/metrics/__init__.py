"""Scores of reconstructions: DataArrays in, a Dataset of numbers with units and meaning out.

``gridded_scores`` is the SSH mapping data challenge 2020a to the letter, with the anomaly score and the scales in any
direction beside it; ``along_track_scores`` is the challenge 2021a, against a track no map has seen; ``current_scores``
judges the currents. Every result says its unit, its ideal value and which way is better, and beside a NaN why.
"""

from xdvn.metrics.along_track import along_track_scores
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.current_scores import current_scores
from xdvn.metrics.currents import geostrophic_currents
from xdvn.metrics.errors_by import errors_by
from xdvn.metrics.gridded import gridded_scores
from xdvn.metrics.groups import AbstractGrouping, Bands, Regions, Seasons
from xdvn.metrics.segments import TrackSegments
from xdvn.metrics.spectral import SpectralScore, spectral_score

__all__ = [
    "AbstractGrouping",
    "Bands",
    "BlockBootstrap",
    "Regions",
    "Seasons",
    "SpectralScore",
    "TrackSegments",
    "along_track_scores",
    "current_scores",
    "errors_by",
    "geostrophic_currents",
    "gridded_scores",
    "spectral_score",
]
