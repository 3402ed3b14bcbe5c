"""Reproduction of published experiments on Lorenz-63 and Lorenz-96.

``lorenz63`` and ``lorenz96`` generate the data of the published protocols, ``WeakConstraint4DVar`` solves them with the
true model, ``train_network`` trains a 4DVarNet on them, ``Errors`` are the published scores and ``Comparison`` is the
table. ``python -m benchmarks.lorenz lorenz63``, from the repository root, runs an experiment. Fablet et al. 2021,
doi:10.1029/2021MS002572.
"""

from benchmarks.lorenz.errors import Errors
from benchmarks.lorenz.interpolation import EdgeMode, interpolate
from benchmarks.lorenz.learning import solve, train_network
from benchmarks.lorenz.lorenz63 import lorenz63
from benchmarks.lorenz.lorenz96 import lorenz96
from benchmarks.lorenz.protocol import Experiment
from benchmarks.lorenz.table import Comparison, Row
from benchmarks.lorenz.weak_constraint import WeakConstraint4DVar
from benchmarks.lorenz.windows import Scaling, Windows

__all__ = [
    "Comparison",
    "EdgeMode",
    "Errors",
    "Experiment",
    "Row",
    "Scaling",
    "WeakConstraint4DVar",
    "Windows",
    "interpolate",
    "lorenz63",
    "lorenz96",
    "solve",
    "train_network",
]
