"""Contract checks of solvers, adjoints, linear (Krylov) solvers and networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray, PyTree

from xdvn.core.adjoints import AbstractAdjoint, AbstractKrylov
from xdvn.core.cost import VariationalCost
from xdvn.core.networks.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.solvers import AbstractSolver, ProjectionSolver, SolverState
from xdvn.testing.properties import Contract, agree, check, kinds, require, round_trip
from xdvn.testing.samples import Contraction, field, observations

__all__ = ["check_adjoint", "check_krylov", "check_network", "check_solver"]


def check_solver(
    solver: AbstractSolver, shape: Sequence[int], key: PRNGKeyArray, cost: VariationalCost | None = None
) -> None:
    """Check that a solver preserves the structure of its state and zero on land, and has a correct ``step_map``.

    Parameters
    ----------
    solver : AbstractSolver
        Solver under test.
    shape : sequence of int
        Shape of one sample.
    key : PRNGKeyArray
        Random key of the test samples.
    cost : VariationalCost, optional
        Cost to minimise. If None, a simple one.
    """
    name = type(solver).__name__
    cost = VariationalCost(Contraction(0.3), obs_weight=1.0, prior_weight=1.0) if cost is None else cost
    obs, guess = observations(shape, key), field(shape, jax.random.fold_in(key, 1))
    first = solver.init(cost, obs, guess)
    require(
        agree(first.x, obs.mask_land(guess), 0.0),
        f"{name}.init ignores the first guess: expected x = obs.mask_land(first_guess). Start from it.",
    )
    second = solver.step(cost, obs, first)
    require(
        kinds(first) == kinds(second),
        f"{name}.step changed the state from {kinds(first)} to {kinds(second)}: expected equal shapes and types. "
        "Return a state like that of init.",
    )
    require(int(second.k) == 1, f"{name}.step returned k = {int(second.k)} after k = 0: expected 1. Return k + 1.")
    require(
        not np.asarray(second.x[-1]).any(), f"{name}.step returned values on land: expected 0. Use obs.mask_land(x)."
    )
    residual = solver.residual(cost, obs, second.x)
    require(
        residual.shape == () and float(residual) >= 0,
        f"{name}.residual returned {residual}: expected a scalar, 0 or more. Return the norm of the residual.",
    )
    _check_step_map(name, solver, cost, obs, first)

    def solve(s: AbstractSolver, y: Observations, guess: Array) -> Array:
        state = s.init(cost, y, guess)
        return s.step(cost, y, s.step(cost, y, state)).x

    check(Contract(solver, solve, lambda k: (observations(shape, k), field(shape, k))), key)


def _check_step_map(
    name: str, solver: AbstractSolver, cost: VariationalCost, obs: Observations, state: SolverState
) -> None:
    step_map = solver.step_map()
    if step_map.stationary and not jax.tree.leaves(state.hidden):
        later = dataclasses.replace(state, k=state.k + 3)
        require(
            agree(solver.step(cost, obs, state).x, solver.step(cost, obs, later).x, 0.0),
            f"{name}.step_map() is stationary and the step changes with k: expected one map. Add the reason to "
            "nonstationary_reasons.",
        )
    if step_map.symmetric:
        u, v = (field(state.x.shape, jax.random.key(i)) for i in (1, 2))
        pullback = jax.vjp(lambda x: solver.step(cost, obs, dataclasses.replace(state, x=x)).x, state.x)[1]
        uv, vu = float(jnp.vdot(u, pullback(v)[0])), float(jnp.vdot(v, pullback(u)[0]))
        require(
            abs(uv - vu) <= 1e-3 * (abs(uv) + 1),
            f"{name}.step_map() is symmetric: expected u'(dT/dx)v = v'(dT/dx)u, got {uv:.4g} and {vu:.4g}. "
            "Set symmetric=False.",
        )


def check_adjoint(adjoint: AbstractAdjoint, key: PRNGKeyArray) -> None:
    """Check that an adjoint returns the value of the plain loop and a gradient for its arguments.

    The test case is the projection x <- m y + (1 - m) (x/2 + theta), 40 steps, which every adjoint can differentiate.
    """
    name, shape = type(adjoint).__name__, (6, 2)
    network = FourDVarNet(VariationalCost(Contraction(0.3)), ProjectionSolver(n_steps=40), adjoint)
    obs = observations(shape, key)
    state = network.solver.init(network.cost, obs, None)
    for _ in range(network.solver.n_steps):
        state = network.solver.step(network.cost, obs, state)
    require(
        agree(eqx.filter_jit(network)(obs).x, state.x, 1e-6),
        f"{name}.loop changed the result: expected that of n_steps plain steps. Change the derivative only.",
    )
    gradient = eqx.filter_jit(eqx.filter_grad(_total))(network, obs).cost.prior.theta
    require(
        float(gradient) != 0,
        f"{name}.loop has no gradient for args: expected one. Differentiate with respect to args.",
    )
    check(Contract(network, lambda n, y: n(y).x, lambda k: (observations(shape, k),)), key)


def check_krylov(solver: AbstractKrylov, key: PRNGKeyArray) -> None:
    """Check that a linear solver solves a well-conditioned system, symmetric if ``needs_symmetry``."""
    name, n = type(solver).__name__, 12
    matrix = jnp.eye(n) + 0.1 * jax.random.normal(key, (n, n))
    matrix = matrix @ matrix.T if solver.needs_symmetry else matrix

    def solve(s: AbstractKrylov, right: Array) -> Array:
        return s(lambda w: matrix @ w, right)[0]

    rights = jnp.stack([field((n, 1), k) for k in jax.random.split(key, 3)])

    @eqx.filter_jit
    def batched(s: AbstractKrylov, right: Array) -> Array:
        return jax.vmap(lambda b: solve(s, b))(right)

    solution = batched(solver, rights)
    expected = jnp.linalg.solve(matrix, rights)
    require(
        agree(solution, expected, 1e-3),
        f"{name} did not solve a well-conditioned system of {n} unknowns: expected an error below 1e-3. Check rtol.",
    )
    require(
        agree(batched(round_trip(solver), rights), solution, 0.0),
        f"{name} returns other values after saving and loading: expected equal ones. Store data in fields.",
    )


def check_network(network: AbstractNetwork, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that a network returns a complete, finite state for any coverage, zero on land, with and without a key.

    Parameters
    ----------
    network : AbstractNetwork
        Network under test.
    shape : sequence of int
        Shape of one sample.
    key : PRNGKeyArray
        Random key of the test samples.
    """
    name = type(network).__name__
    obs = observations(shape, key)
    solved = eqx.filter_jit(lambda n, y: n(y))
    solution = solved(network, obs)
    require(
        solution.x.shape == obs.values.shape and solution.x.dtype == obs.values.dtype,
        f"{name} returned x of {solution.x.dtype}{list(solution.x.shape)}: expected "
        f"{obs.values.dtype}{list(obs.values.shape)}. Preserve shape and type of obs.values.",
    )
    require(not np.asarray(solution.x[-1]).any(), f"{name} returned values on land: expected 0. Use obs.mask_land(x).")
    for coverage, window in ((0.0, "without observations"), (1.0, "without gaps")):
        x = solved(network, observations(shape, key, coverage)).x
        require(
            np.isfinite(np.asarray(x)).all(),
            f"{name} returned NaN or infinity for a window {window}: expected finite values. Check for division by 0.",
        )

    def solve(n: AbstractNetwork, y: Observations, guess: Array, k: PRNGKeyArray) -> PyTree:
        return n(y), n(y, guess, key=k).x

    check(Contract(network, solve, lambda k: (observations(shape, k), field(shape, k), k)), key)


def _total(network: AbstractNetwork, obs: Observations) -> Array:
    return network(obs).x.sum()
