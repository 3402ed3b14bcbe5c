"""The Gaussian likelihood: its closed form, its minimum, and its errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import CostTerms
from xdvn.core.losses import GaussianNLL, Sample, WithheldNLL
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.core.observations import Observations
from xdvn.metrics.proper import nll_gaussian


def solution(x, variance):
    return Solution(x, CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()), variance)


def sample(truth, withheld=None):
    ones = jnp.ones(truth.shape)
    return Sample(Observations(ones, ones > 0), truth, ones > 0, None, jnp.ones(()), withheld)


def test_equals_the_score_nll_gaussian_without_its_constant():
    rng = np.random.default_rng(0)
    truth, mean = rng.normal(size=(2, 5, 3))
    std = rng.uniform(0.5, 2.0, (5, 3))
    found = GaussianNLL(jnp.ones((5, 3))).evaluate(
        solution(jnp.asarray(mean), jnp.asarray(std**2)), sample(jnp.asarray(truth))
    )
    assert np.isclose(found, nll_gaussian(mean, std, truth).mean() - 0.5 * np.log(2 * np.pi), rtol=1e-5)


def test_minimum_is_at_the_mean_and_the_variance_of_the_truth():
    truth = jnp.asarray(np.random.default_rng(1).normal(2.0, 3.0, (4000, 1)), jnp.float32)
    one = sample(truth)

    def loss(parameters):
        mean, log_variance = parameters
        flat = jnp.ones_like(truth)
        return GaussianNLL(jnp.ones(truth.shape)).evaluate(solution(mean * flat, jnp.exp(log_variance) * flat), one)

    at_best = jax.grad(loss)(jnp.asarray([truth.mean(), jnp.log(truth.var())]))
    assert np.abs(at_best).max() < 1e-3
    assert loss(jnp.asarray([truth.mean(), jnp.log(4.0)])) > loss(jnp.asarray([truth.mean(), jnp.log(9.0)]))


def test_error_variance_of_withheld_observations_is_added():
    withheld = Observations(jnp.full((4, 1), 2.0), jnp.ones((4, 1), bool), error_variance=jnp.full((4, 1), 3.0))
    x, variance = jnp.zeros((4, 1)), jnp.ones((4, 1))
    value = WithheldNLL(jnp.ones((4, 1))).evaluate(solution(x, variance), sample(x, withheld))
    assert np.isclose(value, 0.5 * (np.log(4.0) + 4 / 4))


def test_network_without_a_variance_raises():
    x = jnp.ones((4, 1))
    with pytest.raises(
        TypeError, match=r"expected a network that predicts a variance. Add a head.*GaussianHead, model.network"
    ):
        GaussianNLL(x).evaluate(solution(x, None), sample(x))
