"""The interface of an adjoint, which runs the loop of a solver and defines its derivative in reverse mode."""

from __future__ import annotations

import abc
from collections.abc import Callable

import equinox as eqx
from jaxtyping import PyTree

from xdvn.core.cost import VariationalCost
from xdvn.core.solvers.abstract import AbstractSolver

__all__ = ["AbstractAdjoint", "Step"]

Step = Callable[[PyTree, PyTree], PyTree]


class AbstractAdjoint(eqx.Module):
    """Loop over the steps of a solver, with its derivative; the result is the same for every adjoint."""

    @abc.abstractmethod
    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Raise if the gradient of a cost and a solver would be zero or wrong.

        Raises
        ------
        ValueError
            If it would; the message names a replacement.
        """

    @abc.abstractmethod
    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps, each ``step(args, state)``.

        Parameters
        ----------
        step : callable
            Pure function (args, state) -> state. It must not close over traced arrays, which would bypass a custom
            derivative rule.
        args : PyTree
            All that the step depends on: cost, solver and observations.
        state : PyTree
            State before the first step.
        n_steps : int
            Number of steps K.
        """
