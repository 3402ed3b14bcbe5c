"""The misfit to withheld observations: its closed form, its expectation, and its error."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import CostTerms
from xdvn.core.losses import Sample, WithheldLoss
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.core.observations import Observations, SubcellOperator
from xdvn.core.points import Points


def solution(x, variance=None):
    return Solution(x, CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()), variance)


def sample(withheld):
    nothing = jnp.zeros(withheld.values.shape)
    return Sample(Observations(nothing, nothing > 0), nothing, nothing > 0, None, jnp.ones(()), withheld)


def test_loss_is_the_weighted_mean_over_withheld_cells():
    withheld = Observations(jnp.asarray([[1.0], [jnp.nan], [3.0]]), jnp.asarray([[True], [False], [True]]))
    window = jnp.asarray([[1.0], [5.0], [0.5]])
    value = WithheldLoss(window).evaluate(solution(jnp.zeros((3, 1))), sample(withheld))
    assert np.isclose(value, (1 * 1 + 0.5 * 9) / 1.5)


def test_gradient_is_zero_without_withheld_observations_in_a_window():
    withheld = Observations(jnp.ones((3, 1)), jnp.zeros((3, 1), bool))
    gradient = jax.grad(lambda x: WithheldLoss(jnp.ones((3, 1))).evaluate(solution(x), sample(withheld)))(
        jnp.ones((3, 1))
    )
    assert np.array_equal(gradient, np.zeros((3, 1)))


def test_positions_within_the_cell_are_used():
    slope = jnp.arange(5.0)[:, None]
    offsets = jnp.full((5, 1, 1), 0.25)
    withheld = Observations(slope + 0.25, jnp.ones((5, 1), bool), offsets=offsets)
    assert WithheldLoss(jnp.ones((5, 1)), SubcellOperator()).evaluate(solution(slope), sample(withheld)) < 1e-10
    assert np.isclose(WithheldLoss(jnp.ones((5, 1))).evaluate(solution(slope), sample(withheld)), 0.0625)


def test_points_have_weight_one():
    x = jnp.asarray([[0.0], [2.0]])
    at = Points(jnp.asarray([3.0, 9.0]), jnp.asarray([True, False]), jnp.asarray([[0.0, 0.5]] * 2), jnp.zeros(2, int),
                n_times=1)  # fmt: skip
    withheld = Observations(jnp.zeros((2, 1)), jnp.asarray([[True], [False]]), points=at)
    assert np.isclose(WithheldLoss(jnp.ones((2, 1))).evaluate(solution(x), sample(withheld)), (0 + 4) / 2)


def test_loss_estimates_the_error_of_the_map_plus_that_of_the_observations():
    """E |x - y|^2 = E |x - truth|^2 + sigma^2, over many cells."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(200, 200))
    x = truth + 0.5 * rng.normal(size=truth.shape)
    y = truth + 0.3 * rng.normal(size=truth.shape)
    withheld = Observations(jnp.asarray(y), jnp.asarray(rng.random(truth.shape) < 0.5))
    value = WithheldLoss(jnp.ones(truth.shape)).evaluate(solution(jnp.asarray(x)), sample(withheld))
    assert np.isclose(value, 0.25 + 0.09, rtol=0.02)


def test_sample_without_withheld_observations_raises():
    one = sample(Observations(jnp.ones((3, 1)), jnp.ones((3, 1), bool)))
    bare = Sample(one.obs, one.truth, one.loss_mask, None, one.sample_weight)
    with pytest.raises(
        ValueError, match=r"WithheldLoss: got a sample without withheld observations.*resampling=WithholdObservations"
    ):
        WithheldLoss(jnp.ones((3, 1))).evaluate(solution(jnp.ones((3, 1))), bare)
