"""Solvers: rates of convergence known in closed form, invariances, and refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.modulators import ConvLSTMModulator, IdentityModulator
from xdvn.core.observations import Observations, SubcellOperator
from xdvn.core.priors import AbstractPrior, BilinearPrior, IdentityPrior
from xdvn.core.solvers import AnnealedSchedule, ConstantSchedule, GradientSolver, ProjectionSolver


class Smooth(AbstractPrior):
    """Mean of the two neighbours on a ring: a linear, averaging prior."""

    def __call__(self, x):
        return (jnp.roll(x, 1, 0) + jnp.roll(x, -1, 0)) / 2


def ring(n=12, seen=(0, 4, 9)):
    mask = np.zeros((n, 1), bool)
    mask[list(seen)] = True
    values = np.where(mask, np.sin(np.arange(n))[:, None], np.nan)
    return Observations(jnp.asarray(values, jnp.float32), jnp.asarray(mask))


def test_fixed_step_descent_contracts_the_misfit_geometrically():
    """J = |x - y|^2 with step a: the misfit shrinks by (1 - 2a) each step; gaps keep the first guess."""
    obs = ring()
    cost = VariationalCost(IdentityPrior(), obs_weight=1.0, reduction=Reduction.SUM)
    net = FourDVarNet(cost, GradientSolver(n_steps=7, modulator=IdentityModulator(), step_size=0.2))
    start = jnp.full((12, 1), 3.0)
    x = net(obs, start).x
    expected = obs.values + (start - obs.values) * 0.6**7
    assert np.allclose(x[obs.mask], expected[obs.mask], atol=1e-5)
    assert np.array_equal(x[~obs.mask], start[~obs.mask])


def test_projection_with_an_averaging_prior_solves_laplace_between_data():
    """x = mean of neighbours in gaps, x = y on Omega: piecewise linear interpolation around the ring."""
    obs = ring()
    net = FourDVarNet(VariationalCost(Smooth()), ProjectionSolver(n_steps=400))
    seen = np.flatnonzero(np.asarray(obs.mask)[:, 0])
    known = np.asarray(obs.values)[seen, 0]
    at = np.arange(12)
    expected = np.interp(at, [*seen, seen[0] + 12], [*known, known[0]])
    assert np.allclose(net(obs).x[:, 0], expected, atol=1e-4)


def test_projection_needs_the_state_itself_to_be_observed():
    cost = VariationalCost(IdentityPrior(), obs_operator=SubcellOperator())
    with pytest.raises(TypeError, match="needs H = identity.*use IdentityOperator"):
        FourDVarNet(cost, ProjectionSolver(n_steps=1))(ring())


@pytest.mark.parametrize(
    "make", [lambda n: ProjectionSolver(n_steps=n), lambda n: GradientSolver(n_steps=n, modulator=IdentityModulator())]
)
def test_at_least_one_step(make):
    with pytest.raises(ValueError, match="at least 1 step"):
        make(0)


def test_schedules():
    assert ConstantSchedule()(jnp.asarray(3), 5) == (1.0, 0.0)
    learned, plain = AnnealedSchedule(0.5)(jnp.asarray(3), 5)
    assert np.isclose(learned, 1 / 4)
    assert np.isclose(plain, 0.5 * 4 / 5)


def learned(channels=2, **options):
    key = jax.random.key(0)
    cost = VariationalCost(BilinearPrior(channels, 1, hidden=4, key=key))
    return cost, GradientSolver(
        n_steps=3, modulator=ConvLSTMModulator(channels, 1, hidden=4, scale=1.0, key=key), **options
    )


def test_normalised_gradient_has_unit_size_at_first_whatever_the_scale_of_the_cost():
    rng = np.random.default_rng(0)
    obs = Observations(jnp.asarray(rng.normal(size=(8, 2)), jnp.float32), jnp.asarray(rng.random((8, 2)) < 0.5))
    start = jnp.zeros((8, 2))
    maps = []
    for factor in (1.0, 50.0):
        cost = VariationalCost(IdentityPrior(), obs_weight=factor)
        _, solver = learned(normalise=True)
        maps.append(FourDVarNet(cost, solver)(obs, start).x)
    assert np.allclose(maps[0], maps[1], atol=2e-4)


def test_a_window_with_nothing_to_descend_stays_finite_forward_and_backward():
    import equinox as eqx

    _, solver = learned(normalise=True)
    net = FourDVarNet(VariationalCost(IdentityPrior()), solver)
    empty = Observations(jnp.zeros((8, 2)), jnp.zeros((8, 2), bool))
    value, gradient = eqx.filter_value_and_grad(lambda n: (n(empty).x ** 2).sum())(net)
    assert np.isfinite(value)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_land_keeps_the_value_zero():
    cost, solver = learned()
    sea = jnp.asarray(np.arange(8) < 5)[:, None] & jnp.ones((8, 2), bool)
    obs = Observations(jnp.ones((8, 2)), jnp.ones((8, 2), bool), valid=sea)
    x = FourDVarNet(cost, solver)(obs).x
    assert not np.asarray(x)[5:].any()
    assert np.asarray(x)[:5].any()
