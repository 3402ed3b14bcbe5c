"""Weights within a window, and the default loss and network."""

import jax
import numpy as np
import pytest

from xdvn.core.losses import GaussianNLL, SupervisedLoss, WithheldLoss
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import IdentityOperator, SubcellOperator
from xdvn.grid.axes import find_axes
from xdvn.grid.patches import Target
from xdvn.grid.spec import GridSpec
from xdvn.training.defaults import VariableWeights, resolve_loss, resolve_network, window_weights

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def spec(small_twin):
    return GridSpec.from_dataset(small_twin, [("ssh_obs", "ssh")], find_axes(small_twin), slice(0, 40), (5, 12, 16))


def test_weights_are_largest_in_the_middle_and_zero_at_shared_edges(spec):
    weights = np.asarray(window_weights(spec, (16, 16)))
    assert weights.shape == (12, 16, 5)
    assert not weights[:3].any()
    np.testing.assert_allclose(weights[6, 0], [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], rtol=1e-6)
    assert weights[6, 0, 2] == weights[6, 8, 2]  # no window beyond the edge of the field


def test_the_last_time_has_the_largest_weight_for_target_last(small_twin):
    late = GridSpec.from_dataset(
        small_twin, [("ssh_obs", "ssh")], find_axes(small_twin), slice(0, 40), (5, 12, 16), target=Target.LAST
    )
    np.testing.assert_allclose(np.asarray(window_weights(late, (16, 16)))[6, 0], [0.1, 0.1, 0.1, 0.1, 1], rtol=1e-6)
    assert late.stride[0] == 1


def test_weights_of_variables(spec):
    double = window_weights(spec, (16, 16), {"ssh": 2.0})
    np.testing.assert_allclose(double, 2 * window_weights(spec, (16, 16)))
    with pytest.raises(ValueError, match=r"expected weights of 0 or more for \['ssh'\]"):
        window_weights(spec, (16, 16), {"sst": 1.0})


def test_the_loss_is_the_given_one_or_the_default(spec):
    shape = (16, 16)
    own = SupervisedLoss(window_weights(spec, shape))
    assert resolve_loss(own, spec, shape, IdentityOperator(), True) is own
    assert isinstance(resolve_loss(GaussianNLL, spec, shape, IdentityOperator(), True), GaussianNLL)
    assert isinstance(resolve_loss(None, spec, shape, IdentityOperator(), True), SupervisedLoss)
    double = resolve_loss(VariableWeights({"ssh": 2.0}), spec, shape, IdentityOperator(), True)
    np.testing.assert_allclose(double.window, 2 * window_weights(spec, shape))
    head = resolve_loss(VariableWeights({"ssh": 2.0}, GaussianNLL), spec, shape, IdentityOperator(), True)
    assert isinstance(head, GaussianNLL)
    blind = resolve_loss(None, spec, shape, SubcellOperator(), False)
    assert isinstance(blind, WithheldLoss)
    assert isinstance(blind.obs_operator, SubcellOperator)


def test_the_network_is_the_given_one_the_trained_one_or_the_default(spec):
    network = resolve_network(ConditionalFeedForwardNetwork.default, None, spec, IdentityOperator(), KEY)
    assert isinstance(network, ConditionalFeedForwardNetwork)
    assert resolve_network(network, None, spec, IdentityOperator(), KEY) is network
    assert resolve_network(None, network, spec, IdentityOperator(), KEY) is network
    default = resolve_network(None, None, spec, SubcellOperator(), KEY)
    assert isinstance(default, FourDVarNet)
    assert isinstance(default.cost.obs_operator, SubcellOperator)
