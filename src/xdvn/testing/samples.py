"""Samples that contract checks try things on: random states, gappy observations with NaN in the gaps, some land."""

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
    """Return a state in normalised units."""
    return jax.random.normal(key, tuple(shape))


def observations(shape: Sequence[int], key: PRNGKeyArray, coverage: float = 0.4) -> Observations:
    """Return observations of the share ``coverage`` of the sea, NaN elsewhere; the last row of space is land."""
    k_values, k_mask = jax.random.split(key)
    mask = jax.random.bernoulli(k_mask, coverage, tuple(shape))
    values = jnp.where(mask, field(shape, k_values), jnp.nan)
    valid = jnp.ones(tuple(shape), bool).at[-1].set(False)
    return Observations(values, mask, valid=valid)


def sample(shape: Sequence[int], key: PRNGKeyArray) -> Sample:
    """Return a training example whose truth is unknown in a quarter of the sea."""
    k_obs, k_truth, k_scored = jax.random.split(key, 3)
    obs = observations(shape, k_obs)
    assert obs.valid is not None
    scored = obs.valid & jax.random.bernoulli(k_scored, 0.75, tuple(shape))
    truth = jnp.where(scored, field(shape, k_truth), 0)
    return Sample(obs, truth, scored, None, jnp.ones(()))


class Contraction(AbstractPrior):
    """phi(x) = x/2 + theta: whatever iterates it converges."""

    theta: Array

    def __init__(self, theta: float) -> None:
        self.theta = jnp.asarray(theta)

    def __call__(self, x: Array) -> Array:
        """Return x/2 + theta."""
        return 0.5 * x + self.theta
