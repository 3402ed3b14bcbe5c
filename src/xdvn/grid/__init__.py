"""Axes, units, coordinates, normalisation and windows of a Dataset, in xarray and NumPy.

``find_axes`` identifies the time and space dimensions, ``GridSpec`` describes what a model expects of a Dataset and
converts Datasets to arrays and back, ``Windows`` sets how a field is cut into windows.
"""

from xdvn.grid.axes import Axes, find_axes
from xdvn.grid.domain_check import TrainingDomain
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.patches import Target, Windows
from xdvn.grid.spec import GridSpec
from xdvn.grid.variable import Normaliser, Variable

__all__ = [
    "Axes",
    "GridSpec",
    "LandMask",
    "MeanField",
    "Normaliser",
    "Target",
    "TrainingDomain",
    "Variable",
    "Windows",
    "find_axes",
]
