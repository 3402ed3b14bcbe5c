"""Negative log-likelihood of a predicted mean and variance.

    L = sum_p w [ log(sigma^2)/2 + (x_true - mu)^2 / (2 sigma^2) ] / sum_p w        (without the constant log(2 pi)/2)

It is smallest if mu is the mean and sigma^2 the variance of the truth given the input of the network. The network must
predict a variance: ``GaussianHead``, which bounds it away from zero. Nix & Weigend 1994,
doi:10.1109/ICNN.1994.374138; for gappy satellite data Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.losses.abstract import AbstractSolutionLoss, Sample
from xdvn.core.losses.squared import held_of, weighted_mean, weights_of
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator

__all__ = ["GaussianNLL", "WithheldNLL"]


class GaussianNLL(AbstractSolutionLoss):
    """Negative log-likelihood of the truth.

    Parameters
    ----------
    window : Array, "*space channel"
        w, as in ``SupervisedLoss``.

    Raises
    ------
    TypeError
        The network predicts no variance.
    """

    window: Float[Array, "*space channel"]

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        variance = _variance_of(solution)
        return weighted_mean(_surprise(solution.x - sample.truth, variance), weights_of(self.window, sample))


class WithheldNLL(AbstractSolutionLoss):
    """Negative log-likelihood of the withheld observations, whose own error is added to the predicted variance.

    Parameters
    ----------
    window : Array, "*space channel"
        w, as in ``WithheldLoss``.
    obs_operator : AbstractObservationOperator
        H. The variance of H(x) is taken to be that of the cell, which is right for the identity and nearly so for a
        place within the cell.

    Raises
    ------
    TypeError
        The network predicts no variance.
    ValueError
        A sample has no withheld observations.
    """

    window: Float[Array, "*space channel"]
    obs_operator: AbstractObservationOperator = IdentityOperator()

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        withheld, variance = held_of(sample, type(self).__name__), _variance_of(solution)
        if withheld.error_variance is not None:
            variance = variance + withheld.error_variance
        error = self.obs_operator(solution.x, withheld) - withheld.values
        weight = jnp.where(withheld.mask, jax.lax.stop_gradient(self.window), 0)
        return weighted_mean(_surprise(error, variance), weight)


def _surprise(error: Array, variance: Array) -> Array:
    return 0.5 * (jnp.log(variance) + error**2 / variance)


def _variance_of(solution: Solution) -> Float[Array, "*space channel"]:
    if solution.variance is None:
        raise TypeError(
            "a Gaussian likelihood needs a network that predicts a variance; put a head on yours, as in "
            "fit(..., network=functools.partial(GaussianHead, model.net), loss=GaussianNLL)"
        )
    return solution.variance
