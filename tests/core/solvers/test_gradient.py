"""Descent: rates of convergence in closed form, invariances, dropout, projection, and errors."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator, IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations, SubcellOperator
from xdvn.core.priors import BilinearPrior, IdentityPrior
from xdvn.core.solvers import (
    AnnealedSchedule,
    GradientSolver,
    HardProjection,
    ObservedState,
    ProjectionSolver,
    SoftProjection,
)

pytestmark = pytest.mark.usefixtures("quick_compile")


def ring(n=12, observed=(0, 4, 9)):
    mask = np.zeros((n, 1), bool)
    mask[list(observed)] = True
    values = np.where(mask, np.sin(np.arange(n))[:, None], np.nan)
    return Observations(jnp.asarray(values, jnp.float32), jnp.asarray(mask))


def test_fixed_step_descent_contracts_the_misfit_geometrically():
    """J = |x - y|^2 with step a: the misfit shrinks by (1 - 2a) each step; gaps keep the first guess."""
    obs = ring()
    cost = VariationalCost(IdentityPrior(), obs_weight=1.0, reduction=Reduction.SUM)
    network = FourDVarNet(cost, GradientSolver(n_steps=7, modulator=IdentityModulator(), step_size=0.2))
    start = jnp.full((12, 1), 3.0)
    x = network(obs, start).x
    expected = obs.values + (start - obs.values) * 0.6**7
    assert np.allclose(x[obs.mask], expected[obs.mask], atol=1e-5)
    assert np.array_equal(x[~obs.mask], start[~obs.mask])


def learned(channels=2, **options):
    key = jax.random.key(0)
    cost = VariationalCost(BilinearPrior(channels, 1, hidden=4, key=key))
    return cost, GradientSolver(
        n_steps=3, modulator=ConvLSTMModulator(channels, 1, hidden=4, scale=1.0, key=key), **options
    )


def test_normalised_steps_do_not_depend_on_the_scale_of_the_cost():
    rng = np.random.default_rng(0)
    obs = Observations(jnp.asarray(rng.normal(size=(8, 2)), jnp.float32), jnp.asarray(rng.random((8, 2)) < 0.5))
    start = jnp.zeros((8, 2))
    maps = []
    for factor in (1.0, 50.0):
        cost = VariationalCost(IdentityPrior(), obs_weight=factor)
        _, solver = learned(normalise=True)
        maps.append(FourDVarNet(cost, solver)(obs, start).x)
    assert np.allclose(maps[0], maps[1], atol=2e-4)


def test_window_with_zero_gradient_has_finite_values_and_gradients():
    _, solver = learned(normalise=True)
    network = FourDVarNet(VariationalCost(IdentityPrior()), solver)
    empty = Observations(jnp.zeros((8, 2)), jnp.zeros((8, 2), bool))
    value, gradient = eqx.filter_value_and_grad(lambda n: (n(empty).x ** 2).sum())(network)
    assert np.isfinite(value)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_land_is_zero():
    cost, solver = learned()
    sea = jnp.asarray(np.arange(8) < 5)[:, None] & jnp.ones((8, 2), bool)
    obs = Observations(jnp.ones((8, 2)), jnp.ones((8, 2), bool), ocean_mask=sea)
    x = FourDVarNet(cost, solver)(obs).x
    assert not np.asarray(x)[5:].any()
    assert np.asarray(x)[:5].any()


def descent(n_steps=1, **options):
    cost = VariationalCost(IdentityPrior(), obs_weight=1.0, reduction=Reduction.SUM)
    return FourDVarNet(cost, GradientSolver(n_steps=n_steps, modulator=IdentityModulator(), step_size=0.2, **options))


def full(shape=(200, 3)):
    return Observations(jnp.ones(shape), jnp.ones(shape, bool))


def test_dropout_removes_its_fraction_and_scales_the_rest_in_training_only():
    """One step from 0 towards 1 is 0.4 without dropout, and 0.4/(1 - 0.25) at the remaining cells with it."""
    network, obs = descent(dropout=0.25), full()
    x = np.asarray(network(obs, key=jax.random.key(0)).x)
    assert set(np.unique(x.round(6))) == {0.0, np.float32(0.4 / 0.75).round(6)}
    assert abs((x == 0).mean() - 0.25) < 0.05
    assert np.array_equal(network(obs, key=jax.random.key(0)).x, x)
    assert not np.array_equal(network(obs, key=jax.random.key(1)).x, x)
    assert np.array_equal(network(obs).x, descent()(obs).x)


def test_dropout_differs_between_steps():
    network = descent(n_steps=2, dropout=0.5)
    trace = network.trace(full(), key=jax.random.key(0))
    moved = np.diff(np.asarray(trace.x), axis=0) != 0
    assert abs((moved[0] == moved[1]).mean() - 0.5) < 0.1


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_invalid_dropout_raises(dropout):
    with pytest.raises(ValueError, match="dropout=.*: expected 0 .none. or more, and less than 1. Pass e.g. 0.1"):
        descent(dropout=dropout)


def test_hard_and_soft_projection_in_a_descent():
    """Plain descent shrinks the misfit by 0.6 a step, soft projection by another 1 - w."""
    obs, start = ring(), jnp.full((12, 1), 3.0)
    gaps = ~np.asarray(obs.mask)
    hard = descent(3, data_projection=HardProjection())(obs, start).x
    assert np.array_equal(hard[obs.mask], obs.values[obs.mask])
    soft = descent(3, data_projection=SoftProjection(0.25))(obs, start).x
    expected = obs.values + (start - obs.values) * (0.6 * 0.75) ** 3
    assert np.allclose(soft[obs.mask], expected[obs.mask], atol=1e-5)
    assert np.array_equal(hard[gaps], start[gaps])
    assert np.array_equal(soft[gaps], start[gaps])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"data_projection": HardProjection()},
            "obs_operator=SubcellOperator.*HardProjection copies.*or data_projection=None",
        ),
        (
            {"data_projection": SoftProjection(0.5)},
            "expected IdentityOperator.*SoftProjection copies.*Use it, or data_projection=None",
        ),
        ({"start": ObservedState()}, "expected IdentityOperator.*ObservedState copies.*Use it, or ZeroState"),
    ],
)
def test_copying_observations_requires_the_identity_operator(options, message):
    network = descent(**options)
    network = eqx.tree_at(lambda n: n.cost, network, dataclasses.replace(network.cost, obs_operator=SubcellOperator()))
    with pytest.raises(TypeError, match=message):
        network(ring())


def test_initial_state_without_a_first_guess():
    obs = ring()
    assert not np.asarray(descent().trace(obs).x[0]).any()
    assert np.array_equal(descent(start=ObservedState()).trace(obs).x[0], obs.values)


@pytest.mark.parametrize(
    "solver", [GradientSolver(n_steps=1, modulator=IdentityModulator()), ProjectionSolver(n_steps=1)]
)
def test_the_residual_of_an_exact_solution_has_a_gradient(solver):
    """With zeros observed, zero is the solution, where a plain norm has no derivative."""
    cost, obs = VariationalCost(IdentityPrior()), Observations(jnp.zeros((4, 2)), jnp.ones((4, 2), bool))
    value, gradient = jax.value_and_grad(lambda x: solver.residual(cost, obs, x))(jnp.zeros((4, 2)))
    assert float(value) == 0.0
    assert bool(jnp.isfinite(gradient).all())


def test_residual_is_that_of_the_fixed_point_or_the_gradient():
    """T(x) - x = -0.2 dJ/dx for plain descent; with a schedule, normalisation or memory it is dJ/dx."""
    obs, x = ring(), jnp.full((12, 1), 3.0)
    network = descent()
    slope = float(jnp.linalg.norm(network.cost.gradient(x, obs)))
    assert np.isclose(network.solver.residual(network.cost, obs, x), 0.2 * slope, rtol=1e-6)
    for options in ({"schedule": AnnealedSchedule()}, {"normalise": True}, {"dropout": 0.1}):
        solver = dataclasses.replace(network.solver, **options)
        assert not solver.step_map().stationary
        assert np.isclose(solver.residual(network.cost, obs, x), slope, rtol=1e-6)
    cost, solver = learned(1)
    assert np.isclose(solver.residual(cost, obs, x), jnp.linalg.norm(cost.gradient(x, obs)), rtol=1e-6)


def test_only_plain_descent_has_a_symmetric_step():
    assert descent().solver.step_map().symmetric
    assert not descent(data_projection=HardProjection()).solver.step_map().symmetric
    assert not learned()[1].step_map().symmetric


def test_normalised_steps_do_not_depend_on_the_reduction():
    """N times a mean is a sum: with every cell observed both reductions take the same steps."""
    _, solver = learned(1, normalise=True)
    obs = full((8, 1))
    maps = [
        FourDVarNet(VariationalCost(IdentityPrior(), obs_weight=1.0, reduction=r), solver)(obs).x for r in Reduction
    ]
    assert np.allclose(*maps, atol=1e-6)
