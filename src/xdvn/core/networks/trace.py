"""Iterates of a solve with their costs and gradients, for diagnostics."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.compilation import inference_jit
from xdvn.core.cost import CostTerms, VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.solvers import AbstractSolver, SolverState

__all__ = ["Trace", "trace"]


class Trace(eqx.Module):
    """The K + 1 iterates of a solve, including the first guess, and their costs.

    Parameters
    ----------
    x : Array, "step *space channel"
        x_0, ..., x_K in normalised units.
    cost : Array, " step"
        J.
    terms : CostTerms
        The two terms of J before weighting, each " step".
    gradient_norm : Array, " step"
        Euclidean norm of dJ/dx.
    """

    x: Float[Array, "step *space channel"]
    cost: Float[Array, " step"]
    terms: CostTerms
    gradient_norm: Float[Array, " step"]


@inference_jit
def trace(
    cost: VariationalCost,
    solver: AbstractSolver,
    obs: Observations,
    first_guess: Float[Array, "*space channel"] | None = None,
    key: PRNGKeyArray | None = None,
) -> Trace:
    """Run a solver and store all iterates.

    Parameters
    ----------
    cost, solver, obs
        As in ``FourDVarNet``.
    first_guess : Array, "*space channel", optional
        x_0. If None, the solver's initial state.
    key : PRNGKeyArray, optional
        If given, run the solver in training mode, with dropout.
    """

    def diagnose(x: Array) -> tuple[Array, CostTerms, Array]:
        return cost(x, obs), cost.terms(x, obs), jnp.linalg.norm(cost.gradient(x, obs).ravel())

    def step(state: SolverState, _: None) -> tuple[SolverState, Array]:
        state = solver.step(cost, obs, state)
        return state, state.x

    state = solver.init(cost, obs, first_guess, key)
    iterates = jax.lax.scan(step, state, None, length=solver.n_steps)[1]
    x = jnp.concatenate([state.x[None], iterates])
    value, terms, norm = jax.lax.map(diagnose, x)
    return Trace(x, value, terms, norm)
