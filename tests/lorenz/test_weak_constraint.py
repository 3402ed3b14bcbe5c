"""4DVar with the true model: the gradient of the cost vanishes at the solution, and the errors are those expected."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.lorenz import Errors, WeakConstraint4DVar, lorenz63, lorenz96
from benchmarks.lorenz.networks import AlongTime
from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.observations import Observations


@pytest.fixture(scope="module")
def windows63():
    return lorenz63(n_training=1, n_validation=1, n_test=300)


@pytest.mark.parametrize("make", [lorenz63, lorenz96])
def test_it_is_a_minimum_of_the_variational_cost(make):
    """The gradient of the package's cost, independent of Levenberg-Marquardt, is small at the solution."""
    experiment = make(n_training=1, n_validation=1, n_test=1)
    method = WeakConstraint4DVar(experiment.model, obs_weight=0.1, n_iterations=20)
    cost = VariationalCost(AlongTime(experiment.model), obs_weight=0.1, prior_weight=1.0, reduction=Reduction.SUM)
    obs = Observations(jnp.asarray(experiment.test.values[0]), jnp.asarray(experiment.test.mask))
    gradient = jax.jit(cost.gradient)
    initial = np.asarray(gradient(jnp.asarray(experiment.test.first_guess[0]), obs))
    final = np.asarray(gradient(jnp.asarray(method(experiment.test, progress=False)[0]), obs))
    assert np.linalg.norm(final) < 1e-2 * np.linalg.norm(initial)


def test_the_errors_on_lorenz63(windows63):
    """Errors of 0.42 (R) and 0.32 (interior) on 300 windows, from an independent computation."""
    method = WeakConstraint4DVar(windows63.model, n_iterations=30)
    x = method(windows63.test, progress=False)
    errors = Errors.of(x, windows63.test)
    assert errors.observed == pytest.approx(0.42, rel=0.1)
    assert errors.interior == pytest.approx(0.32, rel=0.1)


def test_the_batch_size_does_not_matter(windows63):
    method = WeakConstraint4DVar(windows63.model, n_iterations=10)
    part = windows63.test[:5]
    np.testing.assert_allclose(
        method(part, batch_size=2, progress=False), method(part, batch_size=5, progress=False), atol=1e-2
    )
