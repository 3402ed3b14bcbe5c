"""Networks of the experiments learn: a little in seconds, in 200 steps what was asked of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import DynamicalPrior
from xdvn.experiments import Errors, learn, lorenz63, lorenz96, solve
from xdvn.experiments.networks import AlongTime, network63, network96


def test_the_prior_along_time_is_the_dynamical_prior_with_axes_exchanged():
    """(ring, time, variable) and (ring, variable x time) hold the same numbers."""
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 7, 2)), jnp.float32)
    model = lambda state: jnp.roll(state, 1, 0) * jnp.array([2.0, 3.0])  # noqa: E731
    expected = DynamicalPrior(model, n_variables=2)(x.swapaxes(1, 2).reshape(5, 14)).reshape(5, 2, 7)
    np.testing.assert_array_equal(AlongTime(model)(x), expected.swapaxes(1, 2))


def test_lorenz96_has_no_first_cell():
    """Turning the ring of the observations turns the result: the model is periodic, and so is the solver."""
    experiment = lorenz96(1, 1, 1)
    net = network96(experiment, jax.random.key(0))
    sample = jax.tree.map(lambda a: a[0], experiment.test.samples(experiment.scaling))
    obs, guess = (jax.tree.map(lambda a: a[:, :30], part) for part in (sample.obs, sample.first_guess))
    turned = jax.tree.map(lambda a: jnp.roll(a, 11, 0), (obs, guess))
    solved = eqx.filter_jit(lambda o, g: net(o, g).x)
    np.testing.assert_allclose(solved(*turned), jnp.roll(solved(obs, guess), 11, 0), atol=1e-4)


def test_a_few_steps_of_training_are_better_than_none():
    experiment = lorenz63(n_training=200, n_validation=16, n_test=40)
    start = network63(experiment, jax.random.key(0))
    trained = learn(experiment, start, steps=20, batch_size=8, progress=False)
    before, after = (
        Errors.of(solve(net, experiment.test, experiment.scaling, batch_size=16, progress=False), experiment.test)
        for net in (start, trained)
    )
    assert after.everywhere < 0.95 * before.everywhere


@pytest.mark.product
def test_two_hundred_steps_on_lorenz63():
    """All <= 3.0 on 2,000 test windows; a minute and a half of computing, hence among the long tests."""
    experiment = lorenz63()
    net = learn(experiment, network63(experiment, jax.random.key(0)), steps=200, progress=False)
    errors = Errors.of(solve(net, experiment.test, experiment.scaling, progress=False), experiment.test)
    assert errors.everywhere <= 3.0
