"""Published experiments on chaotic toy systems, from the data to a table with the published rows beside one's own.

``lorenz63`` and ``lorenz96`` build the data to the published protocols, ``WeakConstraint4DVar`` solves them with the
true model, ``learn`` trains a 4DVarNet on them, ``Errors`` are the published scores and ``Comparison`` the table.
``python -m xdvn.experiments lorenz63`` does it all. Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from xdvn.experiments.errors import Errors
from xdvn.experiments.interpolation import Edges, interpolate
from xdvn.experiments.learning import learn, solve
from xdvn.experiments.lorenz63 import lorenz63
from xdvn.experiments.lorenz96 import lorenz96
from xdvn.experiments.protocol import Experiment
from xdvn.experiments.table import Comparison, Row
from xdvn.experiments.weak_constraint import WeakConstraint4DVar
from xdvn.experiments.windows import Scaling, Windows

__all__ = [
    "Comparison",
    "Edges",
    "Errors",
    "Experiment",
    "Row",
    "Scaling",
    "WeakConstraint4DVar",
    "Windows",
    "interpolate",
    "learn",
    "lorenz63",
    "lorenz96",
    "solve",
]
