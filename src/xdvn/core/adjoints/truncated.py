"""The adjoint that looks back k steps: the state before them is taken as given.

    d x_K / d Theta  ~  sum_{j < k} (dT/dx)^j dT/dTheta,   error of order rho(dT/dx)^k at a fixed point

A truncated Neumann series of the implicit gradient; k = 1 is one-step differentiation. For T(x) = x/2 + theta it
gives 2 (1 - 2^-k) where the truth is 2: one step is exact only where dT/dx = 0, however long one iterates.
Bolte, Pauwels & Vaiter 2023, arXiv:2305.13768.
"""

from __future__ import annotations

import equinox as eqx
import jax
from jaxtyping import PyTree

from xdvn.core.adjoints.abstract import AbstractAdjoint, Step
from xdvn.core.adjoints.exact import Unrolled
from xdvn.core.cost import VariationalCost
from xdvn.core.solvers.abstract import AbstractSolver

__all__ = ["KStep"]


class KStep(AbstractAdjoint):
    """Differentiate the last k steps only; memory does not grow with K.

    Parameters
    ----------
    k : int
        Steps differentiated, at least 1 (one-step). From K on it is the exact gradient.

    References
    ----------
    Bolte, Pauwels & Vaiter 2023, arXiv:2305.13768.
    """

    k: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"KStep(k={self.k}) would differentiate nothing; use KStep(1) for one step")

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing: every part of a step has a gradient in the last one."""

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps."""
        last = min(self.k, n_steps)
        exact = Unrolled()
        if last < n_steps:
            fixed = stopped(args)
            # The whole state is stopped, memory and scale with x: a gradient through h alone would be neither
            # truncated nor exact.
            state = stopped(exact.loop(step, fixed, stopped(state), n_steps - last))
        return exact.loop(step, args, state, last)


def stopped(tree: PyTree) -> PyTree:
    """Return the tree with no gradient flowing through it."""
    arrays, rest = eqx.partition(tree, eqx.is_inexact_array)
    return eqx.combine(jax.lax.stop_gradient(arrays), rest)
