"""Gaussian head: the mean of the network, a bounded variance, and the natural parameters of DINCAE."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.layers.unet import UNet
from xdvn.core.losses import GaussianNLL, Sample
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork
from xdvn.core.networks.gaussian_head import GaussianHead
from xdvn.core.observations import Observations
from xdvn.testing import check_network

KEY = jax.random.key(0)
SHAPE = (8, 3)
NET = ConditionalFeedForwardNetwork(UNet(9, 3, 1, widths=(4,), key=KEY))


def observed():
    rng = np.random.default_rng(0)
    return Observations(jnp.asarray(rng.normal(size=SHAPE), jnp.float32), jnp.asarray(rng.random(SHAPE) < 0.5))


def head(**options):
    return GaussianHead(NET, 3, 1, widths=(4,), key=jax.random.key(1), **options)


@pytest.mark.parametrize("learn_mean", [False, True])
def test_the_contract_of_a_network(learn_mean):
    check_network(head(learn_mean=learn_mean), SHAPE, KEY)


def test_the_mean_is_that_of_the_network_and_the_variance_starts_at_init_std():
    solution = head(init_std=0.5)(observed())
    np.testing.assert_allclose(solution.x, NET(observed()).x, atol=1e-6)
    assert np.isclose(np.median(solution.variance), 0.25, rtol=0.3)


@pytest.mark.parametrize(("push", "expected"), [(1e3, 0.01**2), (-1e3, 10.0**2)])
def test_variances_are_bounded(push, expected):
    grown = eqx.tree_at(lambda h: h.head.leave.bias, head(), jnp.full(3, push))
    assert np.allclose(grown(observed()).variance, expected, rtol=1e-4)


def test_only_trained_parts_have_a_gradient():
    truth = jnp.zeros(SHAPE)
    sample = Sample(observed(), truth, truth == 0, None, jnp.ones(()))
    for trained in (False, True):
        loss = GaussianNLL(jnp.ones(SHAPE))
        gradient = eqx.filter_grad(lambda network, loss=loss: loss(network, sample))(head(train_net=trained))
        size = max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(gradient.network))
        assert (size > 0) == trained
        assert max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(gradient.head)) > 0


def test_mean_and_variance_follow_from_the_natural_parameters():
    """mu / sigma^2 = x* / sigma^2 + a, with a from the last layer."""
    correcting = head(learn_mean=True)
    obs = observed()
    solution = correcting(obs)
    x = NET(obs).x
    output = correcting.head(jnp.concatenate([obs.values, obs.mask * 1.0, x, x], -1))
    np.testing.assert_allclose(solution.x / solution.variance, x / solution.variance + output[..., 3:], rtol=1e-4)


def test_impossible_bounds_are_refused():
    with pytest.raises(ValueError, match=r"min_std=0\.5, init_std=0\.3: expected 0 < min_std < init_std < 10\. Give"):
        head(min_std=0.5, init_std=0.3)
