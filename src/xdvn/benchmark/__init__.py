"""The community's SSH mapping challenges in one call: data, protocol, scores, and the published rows beside one's own.

``twin`` needs no download, ``osse_2020a`` and ``ose_2021a`` fetch theirs; each makes a ``Challenge``, which
``compete`` takes up with any methods. ``python -m xdvn.benchmark`` is the same as a command.
"""

from xdvn.benchmark.challenge import Challenge
from xdvn.benchmark.evaluation import AbstractEvaluation, AgainstTrack, AgainstTruth
from xdvn.benchmark.leaderboard import Entry, Leaderboard, compete
from xdvn.benchmark.methods import (
    AbstractMethod,
    EmpiricalModes,
    Interpolation,
    MapsOfFile,
    Network,
    SavedMaps,
    SavedModel,
    TunedInterpolation,
)
from xdvn.benchmark.ose_2021a import ose_2021a, ose_2021a_sample
from xdvn.benchmark.osse_2020a import osse_2020a
from xdvn.benchmark.published import Published
from xdvn.benchmark.setting import Setting
from xdvn.benchmark.twin import twin

__all__ = [
    "AbstractEvaluation",
    "AbstractMethod",
    "AgainstTrack",
    "AgainstTruth",
    "Challenge",
    "EmpiricalModes",
    "Entry",
    "Interpolation",
    "Leaderboard",
    "MapsOfFile",
    "Network",
    "Published",
    "SavedMaps",
    "SavedModel",
    "Setting",
    "TunedInterpolation",
    "compete",
    "ose_2021a",
    "ose_2021a_sample",
    "osse_2020a",
    "twin",
]
