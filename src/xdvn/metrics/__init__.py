"""Scores of reconstructions: DataArrays in, a Dataset of numbers with units and meaning out.

``gridded_scores`` is the SSH mapping data challenge 2020a to the letter (mu, sigma, lambda_x, lambda_t), with the
anomaly score beside it; ``spectral_score`` is its wavenumber-frequency part, on plain arrays.
"""

from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.current_scores import current_scores
from xdvn.metrics.currents import geostrophic_currents
from xdvn.metrics.gridded import gridded_scores
from xdvn.metrics.spectral import SpectralScore, spectral_score

__all__ = [
    "BlockBootstrap",
    "SpectralScore",
    "current_scores",
    "geostrophic_currents",
    "gridded_scores",
    "spectral_score",
]
