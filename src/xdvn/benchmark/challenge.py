"""A challenge: the inputs of the methods, the evaluation, and the published results."""

from __future__ import annotations

from dataclasses import dataclass

from xdvn.benchmark.evaluation import AbstractEvaluation
from xdvn.benchmark.inputs import ChallengeInputs
from xdvn.benchmark.published import Published

__all__ = ["Challenge", "check_observations"]


@dataclass(frozen=True, eq=False)
class Challenge:
    """A protocol with its data.

    Parameters
    ----------
    name : str
        Title of the table.
    inputs : ChallengeInputs
        Inputs of the methods.
    evaluation : AbstractEvaluation
        Scores of the maps.
    published : tuple of Published
        Published results.
    remark : str
        Remark on the comparison of the rows.
    """

    name: str
    inputs: ChallengeInputs
    evaluation: AbstractEvaluation
    published: tuple[Published, ...] = ()
    remark: str = ""


def check_observations(observations: str, available: tuple[str, ...], challenge: str) -> None:
    """Raise a ValueError if a challenge has no such observations."""
    if observations not in available:
        raise ValueError(
            f"observations={observations!r}: expected {' or '.join(available)} for {challenge}. Choose one of them."
        )
