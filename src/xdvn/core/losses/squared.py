"""Squared losses: errors against a truth, misfits to withheld observations, and the terms of J."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.losses.abstract import AbstractSolutionLoss, Sample
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.parameters import as_python_scalar

__all__ = ["SupervisedLoss", "VariationalLoss", "WithheldLoss", "weighted_mean", "weights_of", "withheld_of"]


class SupervisedLoss(AbstractSolutionLoss):
    """Mean squared error of the state and of its spatial differences.

        L = sum_p w (x* - x_true)^2 / sum_p w  +  c sum_p w (grad x* - grad x_true)^2 / sum_p w

    Parameters
    ----------
    window : Array, "*space channel"
        Weights w within a window, 0 or more; larger in the part that maps use. Cells with unknown truth have weight 0.
    gradient_weight : float
        Weight c of the squared error of differences between neighbouring cells, which affects currents. Default: 1.
    """

    window: Float[Array, "*space channel"]
    gradient_weight: float = eqx.field(default=1.0, converter=as_python_scalar)

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
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


class WithheldLoss(AbstractSolutionLoss):
    """Mean squared misfit to the observations on Omega_h, which are withheld from the network.

        L = sum_{p in Omega_h} w_p (H(x*)_p - y_p)^2 / sum_{p in Omega_h} w_p

    If errors of observations are independent, its expectation is the mean squared error of the map plus that of the
    observations. Withhold whole tracks and clouds, whose errors are independent of the others.

    Parameters
    ----------
    window : Array, "*space channel"
        Weights w within a window, 0 or more; observations at points have weight 1.
    obs_operator : AbstractObservationOperator
        Operator H.

    Raises
    ------
    ValueError
        If a sample has no withheld observations.

    References
    ----------
    Barth et al. 2020, doi:10.5194/gmd-13-1609-2020; Beauchamp et al. 2023, doi:10.5194/gmd-16-2119-2023.
    """

    window: Float[Array, "*space channel"]
    obs_operator: AbstractObservationOperator = IdentityOperator()

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        withheld = withheld_of(sample, type(self).__name__)
        weight = jnp.where(withheld.mask, jax.lax.stop_gradient(self.window), 0)
        total = (weight * (self.obs_operator(solution.x, withheld) - withheld.values) ** 2).sum()
        count = weight.sum()
        if withheld.points is not None:
            misfit = self.obs_operator.at_points(solution.x, withheld) - withheld.points.values
            total = total + (jnp.where(withheld.points.mask, misfit, 0) ** 2).sum()
            count = count + withheld.points.mask.sum()
        return total / jnp.maximum(count, 1e-12)


class VariationalLoss(AbstractSolutionLoss):
    """The two terms of the cost at x*, as in ``Solution.terms``: a J_obs(x*) + b J_prior(x*).

    Parameters
    ----------
    obs_weight, prior_weight : float
        Weights a and b. Default: 0 and 1.

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    obs_weight: float = eqx.field(default=0.0, converter=as_python_scalar)
    prior_weight: float = eqx.field(default=1.0, converter=as_python_scalar)

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        return self.obs_weight * solution.terms.observations + self.prior_weight * solution.terms.prior


def weights_of(window: Float[Array, "*space channel"], sample: Sample) -> Float[Array, "*space channel"]:
    """Return the weights of a window, 0 where the truth is unknown."""
    # The weights are constants: with trained weights, the loss would decrease without better maps.
    return jnp.where(sample.loss_mask, jax.lax.stop_gradient(window), 0)


def weighted_mean(x: Float[Array, "*shape"], weight: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Return sum w x / sum w, 0 if all weights are 0."""
    return (x * weight).sum() / jnp.maximum(weight.sum(), 1e-12)


def withheld_of(sample: Sample, name: str) -> Observations:
    """Return the withheld observations of a sample for the loss ``name``, or raise if there are none."""
    if sample.withheld is None:
        raise ValueError(
            f"{name}: got a sample without withheld observations. Withhold some with fit(..., "
            "resampling=WithholdObservations(WholeTracks(0.2))), or omit truth=."
        )
    return sample.withheld


def _ahead(x: Array, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, 1, x.shape[axis], axis=axis)


def _behind(x: Array, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, 0, x.shape[axis] - 1, axis=axis)
