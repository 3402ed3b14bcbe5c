"""The supervised loss in closed form: weights, unknown truth, and differences between cells."""

import jax.numpy as jnp
import numpy as np

from xdvn.core.cost import CostTerms
from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations


class Constant(AbstractNetwork):
    """A network that returns the first guess."""

    def __call__(self, obs, first_guess=None, *, key=None):
        return Solution(first_guess, CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))


def sample(x, truth, loss_mask=None):
    mask = jnp.zeros(x.shape, bool)
    loss_mask = ~mask if loss_mask is None else loss_mask
    return Sample(Observations(x, mask), truth, loss_mask, x, jnp.ones(()))


def test_weighted_mean_of_squares():
    error = jnp.asarray([[1.0], [2.0], [3.0]])
    window = jnp.asarray([[1.0], [0.0], [3.0]])
    value = SupervisedLoss(window, gradient_weight=0.0)(Constant(), sample(error, jnp.zeros((3, 1))))
    assert np.isclose(value, (1 + 3 * 9) / 4)


def test_unknown_truth_is_not_scored():
    error = jnp.asarray([[1.0], [100.0], [3.0]])
    loss_mask = jnp.asarray([[True], [False], [True]])
    loss = SupervisedLoss(jnp.ones((3, 1)), gradient_weight=1.0)
    assert np.isclose(loss(Constant(), sample(error, jnp.zeros((3, 1)), loss_mask)), (1 + 9) / 2)


def test_gradient_term_is_zero_for_constant_errors_and_positive_for_slopes():
    flat = SupervisedLoss(jnp.ones((4, 5, 1)), gradient_weight=10.0)
    assert np.isclose(flat(Constant(), sample(jnp.ones((4, 5, 1)), jnp.zeros((4, 5, 1)))), 1.0)
    slope = jnp.broadcast_to(2.0 * jnp.arange(4.0)[:, None, None], (4, 5, 1))
    expected = float((slope**2).mean()) + 10 * 4
    assert np.isclose(flat(Constant(), sample(slope, jnp.zeros((4, 5, 1)))), expected)
