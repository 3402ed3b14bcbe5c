"""Adjoints that differentiate through the steps of the solver: all of them, or the last k.

The exact ones differ in memory: ``Unrolled`` stores one state per step, ``RecursiveCheckpoint`` every sqrt(K)-th and
computes the others again. ``TruncatedAdjoint`` takes the state before the last k steps as constant.
"""

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
    """Exact gradient of the steps run; one state per step is kept, and whatever ``saved`` names.

    Griewank & Walther 2000, doi:10.1145/347837.347846.

    Parameters
    ----------
    saved : tuple of str, optional
        Names of intermediate values to keep (those the network offers: ``"gates"``); everything else is computed
        again in the backward pass. ``()`` keeps nothing but the state, None keeps all. Keeping only the expensive
        convolution is as fast as keeping all, at about half the memory.
    """

    saved: tuple[str, ...] | None = eqx.field(static=True, default=(GATES,))

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing: exact for every solver."""

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps."""

        def body(carry: PyTree, _: None) -> tuple[PyTree, None]:
            return step(args, carry), None

        if self.saved is not None:
            policy = jax.checkpoint_policies.save_only_these_names(*self.saved)
            body = jax.checkpoint(body, policy=policy, prevent_cse=False)
        return jax.lax.scan(body, state, None, length=n_steps)[0]


class RecursiveCheckpoint(AbstractAdjoint):
    """Exact gradient with about 2 sqrt(K) states kept: segments are run again, one at a time, going backward.

    For long solves, or when memory is short; each step is computed about three times instead of once or twice.

    Griewank & Walther 2000, doi:10.1145/347837.347846.
    """

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Do nothing: exact for every solver."""

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
            raise ValueError(
                f"TruncatedAdjoint(k={self.k}) would differentiate nothing; use TruncatedAdjoint(1) for one step"
            )

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
