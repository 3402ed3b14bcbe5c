"""Masked observations, and the observation operators against closed forms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.observations import (
    AbstractObservationOperator,
    IdentityOperator,
    LinearOperator,
    Observations,
    SubcellOperator,
)
from xdvn.core.points import Points
from xdvn.core.priors import IdentityPrior


def test_values_outside_the_mask_and_on_land_are_zero():
    values = jnp.array([[1.0, jnp.nan], [3.0, 4.0]])
    obs = Observations(
        values, jnp.array([[True, False], [True, True]]), ocean_mask=jnp.array([[True, True], [True, False]])
    )
    assert np.array_equal(obs.values, [[1, 0], [3, 0]])
    assert np.array_equal(obs.mask, [[True, False], [True, False]])
    assert np.array_equal(obs.mask_land(jnp.ones((2, 2))), [[1, 1], [1, 0]])


def test_subcell_operator_is_exact_for_linear_fields_also_at_the_boundary():
    y, x = np.meshgrid(np.arange(5.0), np.arange(6.0), indexing="ij")
    rng = np.random.default_rng(0)
    offsets = jnp.asarray(rng.uniform(-0.5, 0.5, (5, 6, 1, 2)), jnp.float32)
    field = jnp.asarray((2 * y - 3 * x)[..., None], jnp.float32)
    obs = Observations(field, jnp.ones((5, 6, 1), bool), offsets=offsets)
    expected = field + 2 * offsets[..., 0] - 3 * offsets[..., 1]
    assert np.allclose(SubcellOperator()(field, obs), expected, atol=1e-5)


def test_subcell_operator_error_is_second_order():
    """Halving the cells (and so the distances) divides the error of a smooth field by about four."""

    def error(n):
        at = np.linspace(0, 2 * np.pi, n)
        h, delta = at[1] - at[0], 0.4
        field = jnp.asarray(np.sin(at)[:, None], jnp.float32)
        obs = Observations(field, jnp.ones((n, 1), bool), offsets=jnp.full((n, 1, 1), delta))
        return np.abs(SubcellOperator()(field, obs)[2:-2, 0] - np.sin(at + delta * h)[2:-2]).max()

    assert 3.5 < error(41) / error(81) < 4.5


def test_subcell_operator_without_offsets_is_the_identity():
    obs = Observations(jnp.ones((3, 1)), jnp.ones((3, 1), bool))
    x = jnp.arange(3.0)[:, None]
    assert np.array_equal(SubcellOperator()(x, obs), x)
    assert np.array_equal(IdentityOperator()(x, obs), x)


def test_missing_offsets_leave_the_gradient_finite():
    values = jnp.array([[1.0], [jnp.nan], [2.0]])
    offsets = jnp.array([0.1, jnp.nan, 0.2]).reshape(3, 1, 1)
    obs = Observations(values, jnp.isfinite(values), offsets=offsets)
    gradient = jax.grad(lambda x: (jnp.where(obs.mask, SubcellOperator()(x, obs) - obs.values, 0) ** 2).sum())
    assert np.isfinite(gradient(jnp.ones((3, 1)))).all()


def test_a_linear_operator_combines_variables_in_cells_and_at_points():
    rng = np.random.default_rng(0)
    matrix = jnp.asarray(rng.normal(size=(2, 2)), jnp.float32)
    x = jnp.asarray(rng.normal(size=(4, 5, 7)), jnp.float32)  # two variables at three times, and a covariate
    at = Points(
        jnp.zeros(6), jnp.ones(6, bool), jnp.asarray(rng.random((6, 3)) * 2, jnp.float32), jnp.arange(6) % 2, n_times=3
    )
    obs = Observations(x, jnp.ones(x.shape, bool), points=at)
    H = LinearOperator(matrix, n_times=3)
    expected = np.einsum("vw,yxwt->yxvt", matrix, x[..., :6].reshape(4, 5, 2, 3)).reshape(4, 5, 6)
    assert np.allclose(H(x, obs)[..., :6], expected, atol=1e-6)
    assert np.array_equal(H(x, obs)[..., 6], x[..., 6])
    assert np.allclose(H.at_points(x, obs), at.sample(H(x, obs)), atol=1e-6)
    assert np.array_equal(LinearOperator(jnp.eye(2), n_times=3)(x, obs), x)


def test_a_linear_operator_is_constant_by_default():
    x = jnp.ones((3, 2))
    obs = Observations(jnp.zeros((3, 2)), jnp.ones((3, 2), bool))

    def misfit(H):
        return (H(x, obs) ** 2).sum()

    fixed, learned = (LinearOperator(jnp.eye(2), n_times=1, trainable=t) for t in (False, True))
    assert not eqx.filter_grad(misfit)(fixed).matrix.any()
    # y_v = sum_w A_vw with x = 1: d/dA_vw of sum y^2 over 3 cells = 6 y_v.
    assert np.allclose(eqx.filter_grad(misfit)(learned).matrix, 6.0)


def test_linear_operators_of_the_wrong_size_are_refused():
    with pytest.raises(ValueError, match="matrix of 1 x 2: expected one row and one column for each variable. Give"):
        LinearOperator(jnp.ones((1, 2)), n_times=3)
    obs = Observations(jnp.zeros((3, 2)), jnp.ones((3, 2), bool))
    with pytest.raises(ValueError, match="state of 2 channels: expected 6 or more, for 2 variables at 3 times. Set"):
        LinearOperator(jnp.eye(2), n_times=3)(jnp.zeros((3, 2)), obs)


class Gain(AbstractObservationOperator):
    """Custom operator in cells, with the default at points."""

    gain: jax.Array

    def __call__(self, x, obs):
        return self.gain * x


def test_the_gain_of_a_custom_operator_has_a_gradient():
    x = jnp.full((4, 1), 2.0)
    obs = Observations(jnp.full((4, 1), 6.0), jnp.ones((4, 1), bool))
    cost = VariationalCost(IdentityPrior(), Gain(jnp.asarray(1.0)), obs_weight=1.0)
    # J = (2 g - 6)^2, dJ/dg = 4 (2 g - 6)
    assert np.isclose(cost(x, obs), 16.0)
    assert np.isclose(eqx.filter_grad(lambda c: c(x, obs))(cost).obs_operator.gain, -16.0)
