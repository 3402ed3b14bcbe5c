"""A challenge: what methods are given, how they are judged, and what others have published.

``CHALLENGES`` holds a maker for each name of the command line; each takes the observations' name. Called by
``compete``.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdvn.benchmark.evaluation import AbstractEvaluation
from xdvn.benchmark.published import Published
from xdvn.benchmark.setting import Setting

__all__ = ["Challenge", "check_observations"]


@dataclass(frozen=True, eq=False)
class Challenge:
    """A protocol with its data, ready to be taken up.

    Parameters
    ----------
    name : str
        What it is, for the heading of the table.
    setting : Setting
        What methods are given.
    evaluation : AbstractEvaluation
        How maps are scored.
    published : tuple of Published
        Rows of others.
    remark : str
        What a reader must know to compare the rows.
    """

    name: str
    setting: Setting
    evaluation: AbstractEvaluation
    published: tuple[Published, ...] = ()
    remark: str = ""


def check_observations(given: str, known: tuple[str, ...], challenge: str) -> None:
    """Raise a ValueError if a challenge has no such observations."""
    if given not in known:
        raise ValueError(f"{challenge} has no observations {given!r}; choose from {', '.join(known)}")
