"""Which cells count, and what stands in for what the caller did not say."""

import jax
import numpy as np
import pytest

from xdvn.core.explicit import ConditionalNetwork
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.losses import GaussianNLL, SupervisedLoss, WithheldLoss
from xdvn.core.observations import IdentityOperator, SubcellOperator
from xdvn.grid.axes import find_axes
from xdvn.grid.patches import Target
from xdvn.grid.survey import survey
from xdvn.objective import loss_of, network_of, window_weights

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def spec(small_twin):
    return survey(small_twin, [("ssh_obs", "ssh")], find_axes(small_twin), slice(0, 40), (5, 12, 16))


def test_the_middle_counts_most_and_rims_are_left_to_their_neighbours(spec):
    weights = np.asarray(window_weights(spec, (16, 16)))
    assert weights.shape == (12, 16, 5)
    assert not weights[:3].any()
    np.testing.assert_allclose(weights[6, 0], [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], rtol=1e-6)
    assert weights[6, 0, 2] == weights[6, 8, 2]  # nothing beyond the field's own rim


def test_the_last_time_counts_where_it_is_the_target(small_twin):
    late = survey(
        small_twin, [("ssh_obs", "ssh")], find_axes(small_twin), slice(0, 40), (5, 12, 16), target=Target.LAST
    )
    np.testing.assert_allclose(np.asarray(window_weights(late, (16, 16)))[6, 0], [0.1, 0.1, 0.1, 0.1, 1], rtol=1e-6)
    assert late.stride[0] == 1


def test_variables_count_as_told(spec):
    double = window_weights(spec, (16, 16), {"ssh": 2.0})
    np.testing.assert_allclose(double, 2 * window_weights(spec, (16, 16)))
    with pytest.raises(ValueError, match=r"expected a weight of 0 or more for any of \['ssh'\]"):
        window_weights(spec, (16, 16), {"sst": 1.0})


def test_the_loss_is_the_callers_or_fits_what_there_is(spec):
    window = window_weights(spec, (16, 16))
    mine = SupervisedLoss(window)
    assert loss_of(mine, window, IdentityOperator(), True) is mine
    assert isinstance(loss_of(GaussianNLL, window, IdentityOperator(), True), GaussianNLL)
    assert isinstance(loss_of(None, window, IdentityOperator(), True), SupervisedLoss)
    blind = loss_of(None, window, SubcellOperator(), False)
    assert isinstance(blind, WithheldLoss)
    assert isinstance(blind.obs_operator, SubcellOperator)


def test_the_network_is_the_callers_or_the_trained_or_the_default(spec):
    net = network_of(ConditionalNetwork.default, None, spec, IdentityOperator(), KEY)
    assert isinstance(net, ConditionalNetwork)
    assert network_of(net, None, spec, IdentityOperator(), KEY) is net
    assert network_of(None, net, spec, IdentityOperator(), KEY) is net
    default = network_of(None, None, spec, SubcellOperator(), KEY)
    assert isinstance(default, FourDVarNet)
    assert isinstance(default.cost.obs_operator, SubcellOperator)
