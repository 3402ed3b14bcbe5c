"""Negative log-likelihoods of a predicted mean and variance, for networks with a ``GaussianHead``."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.losses.abstract import AbstractSolutionLoss, Sample
from xdvn.core.losses.squared import weighted_mean, weights_of, withheld_of
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator

__all__ = ["GaussianNLL", "WithheldNLL"]


class GaussianNLL(AbstractSolutionLoss):
    """Negative log-likelihood of the truth, without the constant log(2 pi)/2.

        L = sum_p w [ log(sigma^2)/2 + (x_true - mu)^2 / (2 sigma^2) ] / sum_p w

    The minimum is at the mean mu and the variance sigma^2 of the truth, given the input of the network.

    Parameters
    ----------
    window : Array, "*space channel"
        Weights w, as in ``SupervisedLoss``.

    Raises
    ------
    TypeError
        If the network predicts no variance.

    References
    ----------
    Nix & Weigend 1994, doi:10.1109/ICNN.1994.374138; Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
    """

    window: Float[Array, "*space channel"]

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        variance = _variance_of(solution)
        return weighted_mean(_gaussian_nll(solution.x - sample.truth, variance), weights_of(self.window, sample))


class WithheldNLL(AbstractSolutionLoss):
    """Negative log-likelihood of the withheld observations; their error variance is added to the predicted one.

    Parameters
    ----------
    window : Array, "*space channel"
        Weights w, as in ``WithheldLoss``.
    obs_operator : AbstractObservationOperator
        Operator H. The variance of H(x) is that of the cell: exact for the identity, approximate for positions within
        a cell.

    Raises
    ------
    TypeError
        If the network predicts no variance.
    ValueError
        If a sample has no withheld observations.

    References
    ----------
    Nix & Weigend 1994, doi:10.1109/ICNN.1994.374138; Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
    """

    window: Float[Array, "*space channel"]
    obs_operator: AbstractObservationOperator = IdentityOperator()

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        withheld, variance = withheld_of(sample, type(self).__name__), _variance_of(solution)
        if withheld.error_variance is not None:
            variance = variance + withheld.error_variance
        error = self.obs_operator(solution.x, withheld) - withheld.values
        weight = jnp.where(withheld.mask, jax.lax.stop_gradient(self.window), 0)
        return weighted_mean(_gaussian_nll(error, variance), weight)


def _gaussian_nll(error: Array, variance: Array) -> Array:
    return 0.5 * (jnp.log(variance) + error**2 / variance)


def _variance_of(solution: Solution) -> Float[Array, "*space channel"]:
    if solution.variance is None:
        raise TypeError(
            "variance=None: expected a network that predicts a variance. Add a head: fit(..., "
            "network=functools.partial(GaussianHead, model.network), loss=GaussianNLL)."
        )
    return solution.variance
