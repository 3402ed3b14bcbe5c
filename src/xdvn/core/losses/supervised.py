"""The loss of a known truth: squared errors of the state and of its spatial differences.

    L = sum_p w |x* - x_true|^2 / sum_p w + c sum_p w |grad x* - grad x_true|^2 / sum_p w

Weights w favour the part of a window that will be used.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.fourdvarnet import Solution
from xdvn.core.frozen import number
from xdvn.core.losses.abstract import AbstractSolutionLoss, Sample

__all__ = ["SupervisedLoss", "weighted_mean", "weights_of"]


class SupervisedLoss(AbstractSolutionLoss):
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

    def judge(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        error = solution.x - sample.truth
        weight = weights_of(self.window, sample)
        loss = weighted_mean(error**2, weight)
        for axis in range(error.ndim - 1):
            if error.shape[axis] > 1:
                pairs = jnp.minimum(_ahead(weight, axis), _behind(weight, axis))
                loss = loss + self.gradient_weight * weighted_mean(
                    (_ahead(error, axis) - _behind(error, axis)) ** 2, pairs
                )
        return loss


def weights_of(window: Float[Array, "*space channel"], sample: Sample) -> Float[Array, "*space channel"]:
    """Return the weights of a window, 0 where the truth is not known."""
    # Buffers of a loss are constants: a trained window would learn to look away.
    return jnp.where(sample.scored, jax.lax.stop_gradient(window), 0)


def weighted_mean(x: Float[Array, "*shape"], weight: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Return sum w x / sum w, 0 where there is no weight."""
    return (x * weight).sum() / jnp.maximum(weight.sum(), 1e-12)


def _ahead(x: Array, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, 1, x.shape[axis], axis=axis)


def _behind(x: Array, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, 0, x.shape[axis] - 1, axis=axis)
