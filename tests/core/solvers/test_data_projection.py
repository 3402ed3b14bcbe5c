"""Data returned into the state: exactly, part of the way, never off Omega, never NaN."""

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


def test_gradients_pass_where_there_are_no_data():
    hard, soft = (jax.grad(lambda x, p=p: p(x, OBS).sum())(X)[:, 0] for p in (HardProjection(), SoftProjection(0.25)))
    assert np.array_equal(hard, [0, 1, 0])
    assert np.array_equal(soft, [0.75, 1, 0.75])


@pytest.mark.parametrize("weight", [0.0, -0.5, 1.5])
def test_a_weight_that_is_none(weight):
    with pytest.raises(ValueError, match="above 0 and at most 1; None switches projection off"):
        SoftProjection(weight)
