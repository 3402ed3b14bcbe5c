"""Pictures: fields on maps, methods side by side, tracks, scores by scale and time, solves, trainings, animations.

Everything is drawn with matplotlib and cartopy from labelled data, offline (a land outline is bundled), and nothing
given is changed. Every function draws where ``ax=`` says, or in a new figure, and returns the axes or the figure.
Imported only when it is used: ``import xdvn`` does not load it.
"""

from xdvn.plot.animation import animation
from xdvn.plot.convergence import convergence
from xdvn.plot.curves import by_time, training
from xdvn.plot.maps import map, projection_of
from xdvn.plot.overview import fields
from xdvn.plot.panels import comparison
from xdvn.plot.scales import psd_score
from xdvn.plot.tracks import tracks
from xdvn.plot.uncertainty import error_by_distance

__all__ = [
    "animation",
    "by_time",
    "comparison",
    "convergence",
    "error_by_distance",
    "fields",
    "map",
    "projection_of",
    "psd_score",
    "tracks",
    "training",
]
