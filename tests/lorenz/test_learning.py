"""Training of the networks of the experiments: an improvement in 20 steps, the required error in 200."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.lorenz import Errors, lorenz63, lorenz96, solve, train_network
from benchmarks.lorenz.networks import AlongTime, network63, network96
from xdvn.core.priors import DynamicalPrior


def test_the_prior_along_time_is_the_dynamical_prior_with_axes_exchanged():
    """(ring, time, variable) and (ring, variable x time) contain the same numbers."""
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 7, 2)), jnp.float32)
    model = lambda state: jnp.roll(state, 1, 0) * jnp.array([2.0, 3.0])  # noqa: E731
    expected = DynamicalPrior(model, n_variables=2)(x.swapaxes(1, 2).reshape(5, 14)).reshape(5, 2, 7)
    np.testing.assert_array_equal(AlongTime(model)(x), expected.swapaxes(1, 2))


def test_lorenz96_is_periodic():
    """Rolling the observations along the ring rolls the result: model and solver are periodic."""
    experiment = lorenz96(1, 1, 1)
    network = network96(experiment, jax.random.key(0))
    sample = jax.tree.map(lambda a: a[0], experiment.test.samples(experiment.scaling))
    obs, guess = (jax.tree.map(lambda a: a[:, :30], part) for part in (sample.obs, sample.first_guess))
    rolled = jax.tree.map(lambda a: jnp.roll(a, 11, 0), (obs, guess))
    solution = eqx.filter_jit(lambda o, g: network(o, g).x)
    np.testing.assert_allclose(solution(*rolled), jnp.roll(solution(obs, guess), 11, 0), atol=1e-4)


def test_a_few_steps_of_training_reduce_the_error():
    experiment = lorenz63(n_training=200, n_validation=16, n_test=40)
    start = network63(experiment, jax.random.key(0))
    trained = train_network(experiment, start, steps=20, batch_size=8, progress=False)
    before, after = (
        Errors.of(solve(network, experiment.test, experiment.scaling, batch_size=16, progress=False), experiment.test)
        for network in (start, trained)
    )
    assert after.everywhere < 0.95 * before.everywhere


@pytest.mark.product
def test_two_hundred_steps_on_lorenz63():
    """All <= 3.0 on 2,000 test windows; a long test of a minute and a half."""
    experiment = lorenz63()
    network = train_network(experiment, network63(experiment, jax.random.key(0)), steps=200, progress=False)
    errors = Errors.of(solve(network, experiment.test, experiment.scaling, progress=False), experiment.test)
    assert errors.everywhere <= 3.0
