"""Sums of losses: their value, one solve, and their contract."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import CostTerms
from xdvn.core.losses import (
    AbstractLoss,
    AbstractSolutionLoss,
    Sample,
    SumOfLosses,
    SupervisedLoss,
    VariationalLoss,
)
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations
from xdvn.testing import check_loss

CALLS = []


class Counting(AbstractNetwork):
    def __call__(self, obs, first_guess=None, *, key=None):
        CALLS.append(key)
        return Solution(obs.values, CostTerms(jnp.asarray(2.0), jnp.asarray(3.0)), jnp.zeros(()))


class Seven(AbstractLoss):
    def __call__(self, network, sample, key=None):
        return jnp.asarray(7.0)


def sample():
    ones = jnp.ones((4, 2))
    return Sample(Observations(3 * ones, ones > 0), ones, ones > 0, None, jnp.ones(()))


def test_a_weighted_sum_is_the_sum_of_its_weighted_terms():
    squares, terms = SupervisedLoss(jnp.ones((4, 2))), VariationalLoss(0.5, 2.0)
    total = 0.5 * (squares + 2 * terms) + Seven() * 3.0
    assert total.weights == (0.5, 1.0, 3.0)
    assert np.isclose(total(Counting(), sample()), 0.5 * 4 + (0.5 * 2 + 2 * 3) + 21)


def test_a_sum_solves_once_with_its_key():
    CALLS.clear()
    key = jax.random.key(1)
    loss = SupervisedLoss(jnp.ones((4, 2))) + VariationalLoss() + Seven()
    loss(Counting(), sample(), key)
    assert CALLS == [key]


def test_a_sum_satisfies_the_contract_of_a_loss():
    check_loss(0.5 * SupervisedLoss(jnp.ones((6, 2))) + VariationalLoss(), (6, 2), jax.random.key(0))


@pytest.mark.parametrize("weights", [(1.0,), (1.0, float("nan"))])
def test_missing_or_infinite_weights_raise(weights):
    with pytest.raises(ValueError, match="weights=.*: expected one finite number for each of 2 losses"):
        SumOfLosses((Seven(), Seven()), weights)


def test_custom_losses_can_be_added():
    class Bias(AbstractSolutionLoss):
        def evaluate(self, solution, sample):
            return (solution.x - sample.truth).mean() ** 2

    assert np.isclose((Bias() + Bias())(Counting(), sample()), 8.0)
