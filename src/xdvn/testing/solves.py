"""Contract checks of what solves: solver, adjoint, the linear solvers of the implicit one, whole networks."""

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
from xdvn.core.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.solvers import AbstractSolver, ProjectionSolver, SolverState
from xdvn.testing.properties import Contract, agree, check, kinds, require, saved_and_read
from xdvn.testing.samples import Contraction, field, observations

__all__ = ["check_adjoint", "check_krylov", "check_network", "check_solver"]


def check_solver(
    solver: AbstractSolver, shape: Sequence[int], key: PRNGKeyArray, cost: VariationalCost | None = None
) -> None:
    """Check a solver: a state that keeps its structure, land at zero, and an honest ``step_map``.

    Parameters
    ----------
    solver : AbstractSolver
        Yours.
    shape : sequence of int
        Of one sample.
    key : PRNGKeyArray
        Randomness of the sample it is tried on.
    cost : VariationalCost, optional
        What it is to solve; a simple one unless given.
    """
    name = type(solver).__name__
    cost = VariationalCost(Contraction(0.3), obs_weight=1.0, prior_weight=1.0) if cost is None else cost
    obs, guess = observations(shape, key), field(shape, jax.random.fold_in(key, 1))
    first = solver.init(cost, obs, guess)
    require(agree(first.x, obs.at_sea(guess), 0.0), f"{name}.init does not start from the first guess (zero on land)")
    second = solver.step(cost, obs, first)
    require(
        kinds(first) == kinds(second),
        f"{name}: a step changed the state from {kinds(first)} to {kinds(second)}; shapes and types must "
        "stay, since the adjoint loops over steps",
    )
    require(int(second.k) == 1, f"{name}.step must count: k went from 0 to {int(second.k)}, expected 1")
    require(not np.asarray(second.x[-1]).any(), f"{name}.step put values on land; use obs.at_sea(x)")
    residual = solver.residual(cost, obs, second.x)
    require(
        residual.shape == () and float(residual) >= 0,
        f"{name}.residual returned {residual}; it is one number, not negative, 0 at a solution",
    )
    _honest(name, solver, cost, obs, first)

    def solve(s: AbstractSolver, y: Observations, guess: Array) -> Array:
        state = s.init(cost, y, guess)
        return s.step(cost, y, s.step(cost, y, state)).x

    check(Contract(solver, solve, lambda k: (observations(shape, k), field(shape, k))), key)


def _honest(name: str, solver: AbstractSolver, cost: VariationalCost, obs: Observations, state: SolverState) -> None:
    nature = solver.step_map()
    if nature.stationary and not jax.tree.leaves(state.hidden):
        later = dataclasses.replace(state, k=state.k + 3)
        require(
            agree(solver.step(cost, obs, state).x, solver.step(cost, obs, later).x, 0.0),
            f"{name}.step_map() names no obstacle, but the step changes with k; name it, or implicit gradients will be "
            "wrong",
        )
    if nature.symmetric:
        u, v = (field(state.x.shape, jax.random.key(i)) for i in (1, 2))
        pull = jax.vjp(lambda x: solver.step(cost, obs, dataclasses.replace(state, x=x)).x, state.x)[1]
        uv, vu = float(jnp.vdot(u, pull(v)[0])), float(jnp.vdot(v, pull(u)[0]))
        require(
            abs(uv - vu) <= 1e-3 * (abs(uv) + 1),
            f"{name}.step_map() says symmetric, but u'(dT/dx)v = {uv:.4g} and v'(dT/dx)u = {vu:.4g}",
        )


def check_adjoint(adjoint: AbstractAdjoint, key: PRNGKeyArray) -> None:
    """Check an adjoint: the value of the plain loop, and a gradient for what the step depends on.

    It is tried on the projection x <- m y + (1 - m) (x/2 + theta), 40 steps, which every adjoint can differentiate.
    """
    name, shape = type(adjoint).__name__, (6, 2)
    net = FourDVarNet(VariationalCost(Contraction(0.3)), ProjectionSolver(n_steps=40), adjoint)
    obs = observations(shape, key)
    state = net.solver.init(net.cost, obs, None)
    for _ in range(net.solver.n_steps):
        state = net.solver.step(net.cost, obs, state)
    require(
        agree(eqx.filter_jit(net)(obs).x, state.x, 1e-6),
        f"{name} changed the result of the loop; an adjoint decides what is differentiated, not what is computed, and "
        "runs exactly n_steps steps",
    )
    gradient = eqx.filter_jit(eqx.filter_grad(_total))(net, obs).cost.prior.theta
    require(float(gradient) != 0, f"{name} lets no gradient through to args, which hold all that is trained")
    check(Contract(net, lambda n, y: n(y).x, lambda k: (observations(shape, k),)), key)


def check_krylov(solver: AbstractKrylov, key: PRNGKeyArray) -> None:
    """Check a linear solver: the dense solution of a well-conditioned matrix, symmetric where it asks for that."""
    name, n = type(solver).__name__, 12
    matrix = jnp.eye(n) + 0.1 * jax.random.normal(key, (n, n))
    matrix = matrix @ matrix.T if solver.needs_symmetry else matrix

    def solve(s: AbstractKrylov, right: Array) -> Array:
        return s(lambda w: matrix @ w, right)[0]

    every = jnp.stack([field((n, 1), k) for k in jax.random.split(key, 3)])

    @eqx.filter_jit
    def batched(s: AbstractKrylov, rights: Array) -> Array:
        return jax.vmap(lambda right: solve(s, right))(rights)

    found = batched(solver, every)
    expected = jnp.linalg.solve(matrix, every)
    require(agree(found, expected, 1e-3), f"{name} did not solve a well-conditioned system of {n} unknowns")
    require(agree(batched(saved_and_read(solver), every), found, 0.0), f"{name} differs after saving and loading")


def check_network(net: AbstractNetwork, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check a network: a complete finite state for any coverage, zero on land, with and without a key.

    Parameters
    ----------
    net : AbstractNetwork
        Yours.
    shape : sequence of int
        Of one sample.
    key : PRNGKeyArray
        Randomness of the samples it is tried on.
    """
    name = type(net).__name__
    obs = observations(shape, key)
    solved = eqx.filter_jit(lambda n, y: n(y))
    solution = solved(net, obs)
    require(
        solution.x.shape == obs.values.shape and solution.x.dtype == obs.values.dtype,
        f"{name} returned x of {solution.x.dtype}{list(solution.x.shape)}, expected "
        f"{obs.values.dtype}{list(obs.values.shape)}",
    )
    require(not np.asarray(solution.x[-1]).any(), f"{name} put values on land; use obs.at_sea(x)")
    for coverage, what in ((0.0, "without any observation"), (1.0, "observed everywhere")):
        x = solved(net, observations(shape, key, coverage)).x
        require(np.isfinite(np.asarray(x)).all(), f"{name} returned NaN or infinity for a window {what}")

    def solve(n: AbstractNetwork, y: Observations, guess: Array, k: PRNGKeyArray) -> PyTree:
        return n(y), n(y, guess, key=k).x

    check(Contract(net, solve, lambda k: (observations(shape, k), field(shape, k), k)), key)


def _total(net: AbstractNetwork, obs: Observations) -> Array:
    return net(obs).x.sum()
