"""The interface of an adjoint: it runs the loop and defines its derivative in reverse mode.

The loop is ``step(args, state)`` with everything it depends on in ``args`` = (cost, solver, observations), a pytree,
never in a closure: a closed-over tracer would bypass a custom derivative rule.
"""

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
    """Runs ``n_steps`` of ``step`` and decides how they are differentiated; never changes the result."""

    @abc.abstractmethod
    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing, or refuse a pair whose gradient would be none or wrong.

        Raises
        ------
        ValueError
            Saying why, and what to use instead.
        """

    @abc.abstractmethod
    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps."""
