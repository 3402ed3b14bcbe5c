"""Projections of a state on the observations: values, gradients and invalid weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.observations import Observations
from xdvn.core.solvers import HardProjection, SoftProjection

X = jnp.asarray([[1.0], [2.0], [3.0]])
OBS = Observations(jnp.asarray([[5.0], [jnp.nan], [7.0]]), jnp.asarray([[True], [False], [True]]))


def test_formulas():
    assert np.array_equal(HardProjection()(X, OBS)[:, 0], [5, 2, 7])
    assert np.array_equal(SoftProjection(0.25)(X, OBS)[:, 0], [2, 2, 4])
    assert np.array_equal(SoftProjection(1.0)(X, OBS), HardProjection()(X, OBS))


def test_gradient_is_one_in_gaps_and_scaled_at_observations():
    hard, soft = (jax.grad(lambda x, p=p: p(x, OBS).sum())(X)[:, 0] for p in (HardProjection(), SoftProjection(0.25)))
    assert np.array_equal(hard, [0, 1, 0])
    assert np.array_equal(soft, [0.75, 1, 0.75])


@pytest.mark.parametrize("weight", [0.0, -0.5, 1.5])
def test_invalid_weight_raises(weight):
    with pytest.raises(
        ValueError, match="weight=.*: expected a number above 0 and at most 1. Use data_projection=None"
    ):
        SoftProjection(weight)
