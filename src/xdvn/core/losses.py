"""Outer losses: how wrong a reconstruction was, on one sample.

    L = sum_p w |x* - x_true|^2 / sum_p w + c sum_p w |grad x* - grad x_true|^2 / sum_p w

The inner cost J never sees the truth; the loss does. Weights w favour the part of a window that will be used.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.frozen import number
from xdvn.core.observations import Observations

__all__ = ["AbstractLoss", "Sample", "SupervisedLoss"]


class Sample(eqx.Module):
    """One training example.

    Parameters
    ----------
    obs : Observations
        What the network sees.
    truth : Array, "*space channel"
        What it should have found; zero where unknown.
    scored : Array of bool, "*space channel"
        True where the truth is known and at sea.
    first_guess : Array, optional
        Where the solver starts.
    weight : Array, scalar
        0 for a sample that only pads a batch, else 1.
    """

    obs: Observations
    truth: Float[Array, "*space channel"]
    scored: Bool[Array, "*space channel"]
    first_guess: Float[Array, "*space channel"] | None
    weight: Float[Array, ""]


class AbstractLoss(eqx.Module):
    """(network, sample, key) -> how wrong it was."""

    @abc.abstractmethod
    def __call__(self, net: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Return the loss of one sample; the key is for the network, which trains when it has one."""


class SupervisedLoss(AbstractLoss):
    """Mean squared error of the state and of its spatial differences.

    Parameters
    ----------
    window : Array, "*space channel"
        w: weights inside a window, not negative; cells with unknown truth get 0 on top.
    gradient_weight : float
        c: weight of the squared error of differences between neighbouring cells, which the eye and the currents see.
    """

    window: Float[Array, "*space channel"]
    gradient_weight: float = eqx.field(default=1.0, converter=number)

    def __call__(self, net: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Return the loss of one sample."""
        error = net(sample.obs, sample.first_guess, key=key).x - sample.truth
        # Buffers of a loss are constants: a trained window would learn to look away.
        weight = jnp.where(sample.scored, jax.lax.stop_gradient(self.window), 0)
        loss = _weighted_mean(error**2, weight)
        for axis in range(error.ndim - 1):
            if error.shape[axis] > 1:
                pairs = jnp.minimum(_ahead(weight, axis), _behind(weight, axis))
                loss = loss + self.gradient_weight * _weighted_mean(
                    (_ahead(error, axis) - _behind(error, axis)) ** 2, pairs
                )
        return loss


def _ahead(x: Array, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, 1, x.shape[axis], axis=axis)


def _behind(x: Array, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, 0, x.shape[axis] - 1, axis=axis)


def _weighted_mean(x: Array, weight: Array) -> Array:
    return (x * weight).sum() / jnp.maximum(weight.sum(), 1e-12)
