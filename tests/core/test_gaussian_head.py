"""A head: its map is the network's own, its variance bounded, and its natural form the one of DINCAE."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.explicit import ConditionalNetwork
from xdvn.core.gaussian_head import GaussianHead
from xdvn.core.losses import GaussianNLL, Sample
from xdvn.core.observations import Observations
from xdvn.core.unet import UNet
from xdvn.testing import check_network

KEY = jax.random.key(0)
SHAPE = (8, 3)
NET = ConditionalNetwork(UNet(9, 3, 1, widths=(4,), key=KEY))


def observed():
    rng = np.random.default_rng(0)
    return Observations(jnp.asarray(rng.normal(size=SHAPE), jnp.float32), jnp.asarray(rng.random(SHAPE) < 0.5))


def head(**options):
    return GaussianHead(NET, 3, 1, widths=(4,), key=jax.random.key(1), **options)


@pytest.mark.parametrize("corrects", [False, True])
def test_the_contract_of_a_network(corrects):
    check_network(head(corrects=corrects), SHAPE, KEY)


def test_the_map_stays_and_the_variance_starts_where_it_is_told():
    solution = head(start_std=0.5)(observed())
    np.testing.assert_allclose(solution.x, NET(observed()).x, atol=1e-6)
    assert np.isclose(np.median(solution.variance), 0.25, rtol=0.3)


@pytest.mark.parametrize(("push", "expected"), [(1e3, 0.01**2), (-1e3, 10.0**2)])
def test_variances_stay_between_floor_and_ceiling(push, expected):
    grown = eqx.tree_at(lambda h: h.head.leave.bias, head(), jnp.full(3, push))
    assert np.allclose(grown(observed()).variance, expected, rtol=1e-4)


def test_only_what_is_to_be_trained_gets_a_gradient():
    truth = jnp.zeros(SHAPE)
    sample = Sample(observed(), truth, truth == 0, None, jnp.ones(()))
    for trained in (False, True):
        loss = GaussianNLL(jnp.ones(SHAPE))
        gradient = eqx.filter_grad(lambda net, loss=loss: loss(net, sample))(head(train_net=trained))
        size = max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(gradient.net))
        assert (size > 0) == trained
        assert max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(gradient.head)) > 0


def test_mean_and_variance_are_those_of_its_natural_parameters():
    """mu / sigma^2 = x* / sigma^2 + a, with a read off the last layer."""
    correcting = head(corrects=True)
    obs = observed()
    solution = correcting(obs)
    x = NET(obs).x
    told = correcting.head(jnp.concatenate([obs.values, obs.mask * 1.0, x, x], -1))
    np.testing.assert_allclose(solution.x / solution.variance, x / solution.variance + told[..., 3:], rtol=1e-4)


def test_impossible_bounds_are_refused():
    with pytest.raises(ValueError, match="expected 0 < least_std < start_std < 10"):
        head(least_std=0.5, start_std=0.3)
