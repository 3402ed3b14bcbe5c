"""Random samples for contract checks: states, and observations with gaps (NaN) and land."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.core.priors import AbstractPrior

__all__ = ["Contraction", "field", "observations", "sample"]


def field(shape: Sequence[int], key: PRNGKeyArray) -> Array:
    """Return a random state in normalised units."""
    return jax.random.normal(key, tuple(shape))


def observations(shape: Sequence[int], key: PRNGKeyArray, coverage: float = 0.4) -> Observations:
    """Return observations of the fraction ``coverage`` of the cells, NaN elsewhere; the last row is land."""
    k_values, k_mask = jax.random.split(key)
    mask = jax.random.bernoulli(k_mask, coverage, tuple(shape))
    values = jnp.where(mask, field(shape, k_values), jnp.nan)
    ocean_mask = jnp.ones(tuple(shape), bool).at[-1].set(False)
    return Observations(values, mask, ocean_mask=ocean_mask)


def sample(shape: Sequence[int], key: PRNGKeyArray) -> Sample:
    """Return a training sample with unknown truth in a quarter of the ocean."""
    k_obs, k_truth, k_mask = jax.random.split(key, 3)
    obs = observations(shape, k_obs)
    assert obs.ocean_mask is not None
    loss_mask = obs.ocean_mask & jax.random.bernoulli(k_mask, 0.75, tuple(shape))
    truth = jnp.where(loss_mask, field(shape, k_truth), 0)
    return Sample(obs, truth, loss_mask, None, jnp.ones(()))


class Contraction(AbstractPrior):
    """Prior phi(x) = x/2 + theta, whose iteration converges."""

    theta: Array

    def __init__(self, theta: float) -> None:
        self.theta = jnp.asarray(theta)

    def __call__(self, x: Array) -> Array:
        """Return x/2 + theta."""
        return 0.5 * x + self.theta
