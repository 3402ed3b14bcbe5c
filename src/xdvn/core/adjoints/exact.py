"""Adjoints that give the exact gradient of the K steps run, and differ in what they keep of them.

Keeping everything is O(K) memory; keeping one dear intermediate of each step costs half of that and no time; keeping
every sqrt(K)-th state costs a third run of each step. Griewank & Walther 2000, doi:10.1145/347837.347846.
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

__all__ = ["RecursiveCheckpoint", "Unrolled"]


class Unrolled(AbstractAdjoint):
    """Exact gradient of the steps run; one state per step is kept, and whatever ``saved`` names.

    Parameters
    ----------
    saved : tuple of str, optional
        Names of intermediate values to keep (those the network offers: ``"gates"``); everything else is computed
        again in the backward pass. ``()`` keeps nothing but the state, None keeps all. Keeping only the dear
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
