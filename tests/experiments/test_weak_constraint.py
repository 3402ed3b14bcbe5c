"""4DVar with the true model: it ends where the gradient of the variational cost vanishes, with the published errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.observations import Observations
from xdvn.experiments import Errors, WeakConstraint4DVar, lorenz63, lorenz96
from xdvn.experiments.networks import AlongTime


@pytest.fixture(scope="module")
def windows63():
    return lorenz63(n_training=1, n_validation=1, n_test=300)


@pytest.mark.parametrize("make", [lorenz63, lorenz96])
def test_it_is_a_minimum_of_the_variational_cost(make):
    """The cost, its prior and its gradient are those of the package, which know nothing of Levenberg-Marquardt."""
    experiment = make(n_training=1, n_validation=1, n_test=1)
    method = WeakConstraint4DVar(experiment.model, obs_weight=0.1, n_iterations=20)
    cost = VariationalCost(AlongTime(experiment.model), obs_weight=0.1, prior_weight=1.0, reduction=Reduction.SUM)
    obs = Observations(jnp.asarray(experiment.test.values[0]), jnp.asarray(experiment.test.mask))
    gradient = jax.jit(cost.gradient)
    started = np.asarray(gradient(jnp.asarray(experiment.test.first_guess[0]), obs))
    ended = np.asarray(gradient(jnp.asarray(method(experiment.test, progress=False)[0]), obs))
    assert np.linalg.norm(ended) < 1e-2 * np.linalg.norm(started)


def test_the_errors_on_lorenz63_are_those_that_were_recomputed(windows63):
    """R .42 and interior .32 on 300 windows."""
    method = WeakConstraint4DVar(windows63.model, n_iterations=30)
    x = method(windows63.test, progress=False)
    errors = Errors.of(x, windows63.test)
    assert errors.observed == pytest.approx(0.42, rel=0.1)
    assert errors.interior == pytest.approx(0.32, rel=0.1)


def test_the_batch_size_does_not_matter(windows63):
    method = WeakConstraint4DVar(windows63.model, n_iterations=10)
    some = windows63.test[:5]
    np.testing.assert_allclose(
        method(some, batch_size=2, progress=False), method(some, batch_size=5, progress=False), atol=1e-2
    )
