"""Explicit networks: what they may see, what they report, and the contract of a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.explicit import ConditionalNetwork, ExplicitNetwork
from xdvn.core.observations import Observations
from xdvn.core.priors import UNetPrior
from xdvn.core.unet import UNet
from xdvn.testing import check_network

KEY = jax.random.key(0)
SHAPE = (8, 3)
EXPLICIT = ExplicitNetwork(UNetPrior(3, 1, widths=(4, 4), key=KEY))
CONDITIONAL = ConditionalNetwork(UNet(9, 3, 1, widths=(4, 4), key=KEY))


@pytest.mark.parametrize("net", [EXPLICIT, CONDITIONAL], ids=["explicit", "conditional"])
def test_the_contract_of_a_network(net):
    check_network(net, SHAPE, KEY)


def observed(seed):
    rng = np.random.default_rng(seed)
    return Observations(jnp.asarray(rng.normal(size=SHAPE), jnp.float32), jnp.asarray(rng.random(SHAPE) < 0.5))


def test_an_explicit_network_sees_the_first_guess_alone_and_a_conditional_one_the_data_too():
    guess = jax.random.normal(KEY, SHAPE)
    one, other = observed(0), observed(1)
    assert np.array_equal(EXPLICIT(one, guess).x, EXPLICIT(other, guess).x)
    assert not np.array_equal(CONDITIONAL(one, guess).x, CONDITIONAL(other, guess).x)


def test_a_conditional_network_tells_a_zero_that_was_seen_from_one_that_was_not():
    zeros = jnp.zeros(SHAPE)
    seen, unseen = Observations(zeros, zeros == 0), Observations(zeros, zeros != 0)
    assert not np.array_equal(CONDITIONAL(seen).x, CONDITIONAL(unseen).x)
    assert np.array_equal(EXPLICIT(seen).x, EXPLICIT(unseen).x)


def test_terms_are_the_misfit_and_the_departure_from_the_first_guess():
    obs, guess = observed(2), jax.random.normal(KEY, SHAPE)
    solution = EXPLICIT(obs, guess)
    misfit = np.asarray(solution.x - obs.values)[np.asarray(obs.mask)]
    assert np.isclose(solution.terms.observations, (misfit**2).mean(), rtol=1e-5)
    assert np.isclose(solution.terms.prior, ((solution.x - guess) ** 2).mean(), rtol=1e-5)
