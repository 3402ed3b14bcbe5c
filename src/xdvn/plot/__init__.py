"""Pictures: one field on a map, methods side by side with their errors, and how a training went.

Everything is drawn with matplotlib and cartopy from labelled data, offline (a land outline is bundled), and nothing
given is changed. Imported only when it is used: ``import xdvn`` does not load it.
"""

from xdvn.plot.curves import training
from xdvn.plot.maps import map
from xdvn.plot.overview import fields
from xdvn.plot.panels import comparison

__all__ = ["comparison", "fields", "map", "training"]
