"""Feed-forward networks: their inputs, their terms and the contract of a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.layers.unet import UNet
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork, FeedForwardNetwork
from xdvn.core.observations import Observations
from xdvn.core.priors import UNetPrior
from xdvn.testing import check_network

KEY = jax.random.key(0)
SHAPE = (8, 3)
FEED_FORWARD = FeedForwardNetwork(UNetPrior(3, 1, widths=(4, 4), key=KEY))
CONDITIONAL = ConditionalFeedForwardNetwork(UNet(9, 3, 1, widths=(4, 4), key=KEY))


@pytest.mark.parametrize("network", [FEED_FORWARD, CONDITIONAL], ids=["feed-forward", "conditional"])
def test_the_contract_of_a_network(network):
    check_network(network, SHAPE, KEY)


def observed(seed):
    rng = np.random.default_rng(seed)
    return Observations(jnp.asarray(rng.normal(size=SHAPE), jnp.float32), jnp.asarray(rng.random(SHAPE) < 0.5))


def test_only_the_conditional_network_depends_on_the_data():
    guess = jax.random.normal(KEY, SHAPE)
    one, other = observed(0), observed(1)
    assert np.array_equal(FEED_FORWARD(one, guess).x, FEED_FORWARD(other, guess).x)
    assert not np.array_equal(CONDITIONAL(one, guess).x, CONDITIONAL(other, guess).x)


def test_the_conditional_network_distinguishes_an_observed_zero_from_a_gap():
    zeros = jnp.zeros(SHAPE)
    full, empty = Observations(zeros, zeros == 0), Observations(zeros, zeros != 0)
    assert not np.array_equal(CONDITIONAL(full).x, CONDITIONAL(empty).x)
    assert np.array_equal(FEED_FORWARD(full).x, FEED_FORWARD(empty).x)


def test_terms_are_the_misfit_and_the_difference_from_the_first_guess():
    obs, guess = observed(2), jax.random.normal(KEY, SHAPE)
    solution = FEED_FORWARD(obs, guess)
    misfit = np.asarray(solution.x - obs.values)[np.asarray(obs.mask)]
    assert np.isclose(solution.terms.observations, (misfit**2).mean(), rtol=1e-5)
    assert np.isclose(solution.terms.prior, ((solution.x - guess) ** 2).mean(), rtol=1e-5)
