"""An experiment: training, validation and test windows, the true model, and the published results."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.lorenz.windows import Scaling, Windows
from xdvn.benchmark import Published
from xdvn.dynamics import AbstractIntegrator

__all__ = ["Experiment"]


@dataclass(frozen=True, eq=False)
class Experiment:
    """A protocol with its data.

    Parameters
    ----------
    name : str
        Title of the table.
    model : AbstractIntegrator
        True model, from one time of a window to the next, in the units of the system.
    training, validation, test : Windows
        Windows of each part. Validation windows share no time with the others.
    scaling : Scaling
        Mean and standard deviation of the training windows.
    published : tuple of Published
        Published results.
    """

    name: str
    model: AbstractIntegrator
    training: Windows
    validation: Windows
    test: Windows
    scaling: Scaling
    published: tuple[Published, ...] = ()
