"""The trace of a solve equals the states and costs computed step by step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import AnnealedSchedule, GradientSolver

pytestmark = pytest.mark.usefixtures("quick_compile")


def test_iterates_and_costs_are_those_computed_one_by_one():
    key = jax.random.key(0)
    rng = np.random.default_rng(0)
    obs = Observations(jnp.asarray(rng.normal(size=(8, 2)), jnp.float32), jnp.asarray(rng.random((8, 2)) < 0.4))
    start = jnp.asarray(rng.normal(size=(8, 2)), jnp.float32)
    cost = VariationalCost(BilinearPrior(2, 1, hidden=3, downsampling=1, key=key), obs_weight=LearnedWeight(0.7))
    modulator = ConvLSTMModulator(2, 1, hidden=2, key=key)
    solver = GradientSolver(n_steps=3, modulator=modulator, schedule=AnnealedSchedule(0.2), normalise=True)
    network = FourDVarNet(cost, solver)
    steps = network.trace(obs, start)

    state = solver.init(cost, obs, start)
    for k in range(4):
        x = state.x
        terms = cost.terms(x, obs)
        assert np.allclose(steps.x[k], x, atol=1e-6)
        assert np.isclose(steps.cost[k], cost(x, obs), rtol=1e-5)
        assert np.isclose(steps.terms.observations[k], terms.observations, rtol=1e-5)
        assert np.isclose(steps.terms.prior[k], terms.prior, rtol=1e-5)
        assert np.isclose(steps.gradient_norm[k], np.linalg.norm(cost.gradient(x, obs)), rtol=1e-5)
        state = solver.step(cost, obs, state)
    assert steps.x.shape[0] == steps.cost.shape[0] == 4
    assert np.array_equal(steps.x[0], start)
    solution = network(obs, start)
    assert np.allclose(steps.x[-1], solution.x, atol=1e-6)
    assert np.isclose(steps.gradient_norm[-1], solution.residual, rtol=1e-4)
