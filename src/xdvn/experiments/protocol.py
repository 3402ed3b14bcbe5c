"""An experiment: the windows to learn from and to be judged on, the true model, and what others have published."""

from __future__ import annotations

from dataclasses import dataclass

from xdvn.benchmark import Published
from xdvn.dynamics import AbstractIntegrator
from xdvn.experiments.windows import Scaling, Windows

__all__ = ["Experiment"]


@dataclass(frozen=True, eq=False)
class Experiment:
    """A protocol with its data.

    Parameters
    ----------
    name : str
        For the heading of the table.
    model : AbstractIntegrator
        The true model, from one time of a window to the next, in the units of the system.
    training, validation, test : Windows
        Validation windows share no time with the others.
    scaling : Scaling
        Measured on the training windows.
    published : tuple of Published
        Rows of others.
    """

    name: str
    model: AbstractIntegrator
    training: Windows
    validation: Windows
    test: Windows
    scaling: Scaling
    published: tuple[Published, ...] = ()
