"""The variational cost: closed forms, finite differences, missing values, land and both reductions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import LearnedWeight, Reduction, VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.priors import AbstractPrior, BilinearPrior, IdentityPrior


class Halve(AbstractPrior):
    def __call__(self, x):
        return x / 2


def sample(seed=0, shape=(5, 6, 3), coverage=0.4):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < coverage
    return jnp.asarray(rng.normal(size=shape)), Observations(jnp.asarray(rng.normal(size=shape)), jnp.asarray(mask))


def test_mean_and_sum_equal_their_closed_forms():
    x, obs = sample()
    total = VariationalCost(Halve(), obs_weight=0.7, prior_weight=0.3, reduction=Reduction.SUM).terms(x, obs)
    mean = VariationalCost(Halve(), obs_weight=0.7, prior_weight=0.3).terms(x, obs)
    misfit = np.asarray(x - obs.values)[np.asarray(obs.mask)]
    assert np.isclose(total.observations, (misfit**2).sum(), rtol=1e-6)
    assert np.isclose(mean.observations, (misfit**2).mean(), rtol=1e-6)
    assert np.isclose(total.prior, (np.asarray(x / 2) ** 2).sum(), rtol=1e-6)
    assert np.isclose(mean.prior, (np.asarray(x / 2) ** 2).mean(), rtol=1e-6)


def test_published_weights_per_cell_equal_ours_times_coverage():
    """Published code divides both terms by N, which equals our cost with a_obs times |Omega| / N."""
    x, obs = sample()
    coverage = float(obs.mask.mean())
    published = 0.99 * float(((x - obs.values) ** 2 * obs.mask).sum()) / x.size + 0.01 * float(((x / 2) ** 2).mean())
    ours = VariationalCost(Halve(), obs_weight=0.99 * coverage, prior_weight=0.01)
    assert np.isclose(ours(x, obs), published, rtol=1e-6)


def test_error_variance_makes_the_sum_form_a_negative_log_likelihood():
    x, obs = sample()
    variance = jnp.full(x.shape, 0.25)
    weighted = Observations(obs.values, obs.mask, variance)
    cost = VariationalCost(IdentityPrior(), obs_weight=0.5, prior_weight=0.5, reduction=Reduction.SUM)
    z = np.asarray((x - obs.values) / 0.5)[np.asarray(obs.mask)]
    assert np.isclose(cost(x, weighted), 0.5 * (z**2).sum(), rtol=1e-6)


def test_gradient_equals_finite_differences():
    with jax.enable_x64(True):
        x, obs = sample()
        x = x.astype(jnp.float64)
        obs = jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_inexact_array(a) else a, obs)
        prior = BilinearPrior(3, 2, hidden=4, key=jax.random.key(0))
        prior = jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_inexact_array(a) else a, prior)
        cost = VariationalCost(prior, obs_weight=LearnedWeight(2.0))
        direction = jnp.asarray(np.random.default_rng(3).normal(size=x.shape))
        step = 1e-5
        difference = (cost(x + step * direction, obs) - cost(x - step * direction, obs)) / (2 * step)
        assert np.isclose((cost.gradient(x, obs) * direction).sum(), difference, rtol=1e-7)


def test_missing_values_change_neither_value_nor_gradient():
    values = jnp.array([[jnp.nan], [2.0], [jnp.inf]])
    obs = Observations(values, jnp.array([[False], [True], [False]]))
    cost = VariationalCost(IdentityPrior(), obs_weight=1.0)
    assert np.array_equal(cost.gradient(jnp.zeros((3, 1)), obs)[:, 0], [0, -4, 0])


def test_without_observations_the_data_term_is_zero_and_the_gradient_finite():
    obs = Observations(jnp.full((4, 2), jnp.nan), jnp.zeros((4, 2), bool))
    cost = VariationalCost(Halve(), obs_weight=1.0, prior_weight=1.0)
    x = jnp.ones((4, 2))
    assert cost.terms(x, obs).observations == 0
    assert np.allclose(cost.gradient(x, obs), 2 * 0.25 / 8)


def test_land_is_excluded_from_counts_and_gradient():
    x, obs = sample(shape=(4, 4, 2), coverage=1.0)
    ocean_mask = jnp.asarray(np.arange(4) < 2).reshape(4, 1, 1) & jnp.ones((4, 4, 2), bool)
    coastal = Observations(obs.values, obs.mask, ocean_mask=ocean_mask)
    ocean_only = Observations(obs.values[:2], obs.mask[:2])
    cost = VariationalCost(Halve(), obs_weight=1.0, prior_weight=1.0)
    assert np.isclose(cost(x, coastal), cost(x[:2], ocean_only), rtol=1e-6)
    assert not np.asarray(cost.gradient(x, coastal))[2:].any()


def test_a_learned_weight_has_its_start_value_which_must_be_positive():
    assert np.isclose(LearnedWeight(0.3)(), 0.3)
    with pytest.raises(ValueError, match=r"start=0\.0: expected a positive weight\. Use, for example, 1\.0"):
        LearnedWeight(0.0)


def test_a_mask_of_numbers_or_of_one_channel_is_broadcast():
    x, obs = sample()
    one_channel = obs.mask[..., :1]
    full = Observations(obs.values, jnp.broadcast_to(one_channel, x.shape))
    cost = VariationalCost(Halve(), reduction=Reduction.SUM)
    for mask in (one_channel, one_channel.astype(jnp.float32)):
        equal = eqx.tree_at(lambda o: o.mask, full, mask)
        assert np.isclose(cost.terms(x, equal).observations, cost.terms(x, full).observations, rtol=1e-6)
