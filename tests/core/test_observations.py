"""Observations drop what is not observed; the subcell operator is exact for linear fields."""

import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.observations import IdentityOperator, Observations, SubcellOperator


def test_values_off_the_mask_and_on_land_become_zero():
    values = jnp.array([[1.0, jnp.nan], [3.0, 4.0]])
    obs = Observations(values, jnp.array([[True, False], [True, True]]), valid=jnp.array([[True, True], [True, False]]))
    assert np.array_equal(obs.values, [[1, 0], [3, 0]])
    assert np.array_equal(obs.mask, [[True, False], [True, False]])
    assert np.array_equal(obs.at_sea(jnp.ones((2, 2))), [[1, 1], [1, 0]])


def test_subcell_operator_moves_linear_fields_exactly_even_at_the_rim():
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


def test_without_offsets_it_is_the_identity():
    obs = Observations(jnp.ones((3, 1)), jnp.ones((3, 1), bool))
    x = jnp.arange(3.0)[:, None]
    assert np.array_equal(SubcellOperator()(x, obs), x)
    assert np.array_equal(IdentityOperator()(x, obs), x)


def test_offsets_under_missing_observations_never_poison_a_gradient():
    values = jnp.array([[1.0], [jnp.nan], [2.0]])
    offsets = jnp.array([0.1, jnp.nan, 0.2]).reshape(3, 1, 1)
    obs = Observations(values, jnp.isfinite(values), offsets=offsets)
    gradient = jax.grad(lambda x: (jnp.where(obs.mask, SubcellOperator()(x, obs) - obs.values, 0) ** 2).sum())
    assert np.isfinite(gradient(jnp.ones((3, 1)))).all()
