"""Adjoints that differentiate through the steps of the solver: all of them, or the last k."""

from __future__ import annotations

import math

import equinox as eqx
import jax
from jaxtyping import PyTree

from xdvn.core.adjoints.abstract import AbstractAdjoint, Step
from xdvn.core.cost import VariationalCost
from xdvn.core.modulators.conv_lstm import GATES
from xdvn.core.solvers.abstract import AbstractSolver

__all__ = ["RecursiveCheckpoint", "TruncatedAdjoint", "Unrolled"]


class Unrolled(AbstractAdjoint):
    """Exact gradient of all steps, which stores the state of each step and the values in ``saved``.

    The default stores the most expensive convolution: as fast as storing all values, in about half the memory.

    Parameters
    ----------
    saved : tuple of str, optional
        Names of stored values, such as ``"gates"``; the backward pass recomputes the others. ``()`` stores states
        only, None all values.

    References
    ----------
    Griewank & Walther 2000, doi:10.1145/347837.347846.
    """

    saved: tuple[str, ...] | None = eqx.field(static=True, default=(GATES,))

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing, because the gradient is exact for every solver."""

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps."""

        def body(carry: PyTree, _: None) -> tuple[PyTree, None]:
            return step(args, carry), None

        if self.saved is not None:
            policy = jax.checkpoint_policies.save_only_these_names(*self.saved)
            body = jax.checkpoint(body, policy=policy, prevent_cse=False)
        return jax.lax.scan(body, state, None, length=n_steps)[0]


class RecursiveCheckpoint(AbstractAdjoint):
    """Exact gradient that stores about 2 sqrt(K) states and recomputes segments in the backward pass.

    It suits long solves and little memory; each step is computed about three times instead of once or twice.

    References
    ----------
    Griewank & Walther 2000, doi:10.1145/347837.347846.
    """

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing, because the gradient is exact for every solver."""

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps."""
        segment = max(1, math.isqrt(n_steps))
        inner = Unrolled(saved=())

        def body(carry: PyTree, _: None) -> tuple[PyTree, None]:
            return inner.loop(step, args, carry, segment), None

        whole, rest = divmod(n_steps, segment)
        state = jax.lax.scan(jax.checkpoint(body, prevent_cse=False), state, None, length=whole)[0]
        return inner.loop(step, args, state, rest) if rest else state


class TruncatedAdjoint(AbstractAdjoint):
    """Gradient of the last k steps, with the state before them constant, in memory independent of K.

    Parameters
    ----------
    k : int
        Number of differentiated steps, at least 1. The gradient is exact if k >= K. Default: 1, the one-step gradient.

    References
    ----------
    Bolte, Pauwels & Vaiter 2023, arXiv:2305.13768.
    """

    k: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"k={self.k}: expected 1 or more. Use TruncatedAdjoint(1) for the last step.")

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing, because all parameters of a step have a gradient in the last step."""

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps."""
        last = min(self.k, n_steps)
        exact = Unrolled()
        if last < n_steps:
            fixed = stop_gradient(args)
            # Memory and scale are constant as well as x: a gradient through the memory alone would be neither
            # truncated nor exact.
            state = stop_gradient(exact.loop(step, fixed, stop_gradient(state), n_steps - last))
        return exact.loop(step, args, state, last)


def stop_gradient(tree: PyTree) -> PyTree:
    """Return the tree with constant arrays, through which no gradient flows."""
    arrays, rest = eqx.partition(tree, eqx.is_inexact_array)
    return eqx.combine(jax.lax.stop_gradient(arrays), rest)
