"""Plots: maps, methods side by side, tracks, sections, scores by scale and time, solves, training curves, animations.

Every function draws in ``ax=`` or in a new figure, and returns the axes or the figure. A bundled land outline needs no
network. ``import xdvn`` does not load this package.
"""

from xdvn.plot.animation import animation
from xdvn.plot.convergence import convergence
from xdvn.plot.curves import time_series, training
from xdvn.plot.dataset import overview
from xdvn.plot.maps import field, projection_of
from xdvn.plot.panels import comparison
from xdvn.plot.scales import spectral_score
from xdvn.plot.tracks import tracks
from xdvn.plot.uncertainty import error_by_distance

__all__ = [
    "animation",
    "comparison",
    "convergence",
    "error_by_distance",
    "field",
    "overview",
    "projection_of",
    "spectral_score",
    "time_series",
    "tracks",
    "training",
]
