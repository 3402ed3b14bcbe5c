"""The SSH mapping data challenges: data, protocol, scores, and the published results for comparison.

``twin`` needs no download; ``osse_2020a`` and ``ose_2021a`` download their data. Each returns a ``Challenge``, on which
``run_challenge`` runs any methods. ``python -m xdvn.benchmark`` does the same from the command line.
"""

from xdvn.benchmark.challenge import Challenge
from xdvn.benchmark.evaluation import AbstractEvaluation, AlongTrackEvaluation, GriddedEvaluation
from xdvn.benchmark.inputs import ChallengeInputs
from xdvn.benchmark.leaderboard import Entry, Leaderboard, run_challenge
from xdvn.benchmark.methods import (
    AbstractMethod,
    DineofMethod,
    Interpolation,
    MapsFromFile,
    Network,
    PrecomputedMaps,
    SavedModel,
    TunedInterpolation,
)
from xdvn.benchmark.ose_2021a import ose_2021a, ose_2021a_sample
from xdvn.benchmark.osse_2020a import osse_2020a
from xdvn.benchmark.published import Published
from xdvn.benchmark.twin import twin

__all__ = [
    "AbstractEvaluation",
    "AbstractMethod",
    "AlongTrackEvaluation",
    "Challenge",
    "ChallengeInputs",
    "DineofMethod",
    "Entry",
    "GriddedEvaluation",
    "Interpolation",
    "Leaderboard",
    "MapsFromFile",
    "Network",
    "PrecomputedMaps",
    "Published",
    "SavedModel",
    "TunedInterpolation",
    "ose_2021a",
    "ose_2021a_sample",
    "osse_2020a",
    "run_challenge",
    "twin",
]
