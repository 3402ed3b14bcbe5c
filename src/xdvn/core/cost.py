"""The variational cost J, its weights and its reduction."""

from __future__ import annotations

import enum
import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.layers.init import init_scalar
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.parameters import as_python_scalar
from xdvn.core.points import Points
from xdvn.core.priors import AbstractPrior

__all__ = ["CostTerms", "LearnedWeight", "Reduction", "VariationalCost"]


class Reduction(enum.Enum):
    """Reduction of squared residuals to one number.

    ``MEAN`` divides each term by its count, per sample, which makes windows of any coverage comparable. ``SUM`` does
    not divide. With ``SUM``, weights of 1/2 and error variances, J is a negative log posterior, as in optimal
    interpolation and for Laplace posteriors.
    """

    MEAN = "mean"
    SUM = "sum"


class LearnedWeight(eqx.Module):
    """Positive weight that is trained through its logarithm.

    Parameters
    ----------
    start : float
        Weight before training.

    Raises
    ------
    ValueError
        If ``start`` is not positive.
    """

    log: Float[Array, ""]

    def __init__(self, start: float) -> None:
        if not start > 0:
            raise ValueError(f"start={start}: expected a positive weight. Use, for example, 1.0.")
        self.log = init_scalar(math.log(start))

    def __call__(self) -> Float[Array, ""]:
        """Return the weight."""
        return jnp.exp(self.log)


class CostTerms(eqx.Module):
    """The two terms of J before weighting; those of a ``Trace`` have an axis of steps."""

    observations: Float[Array, "*step"]
    prior: Float[Array, "*step"]


class VariationalCost(eqx.Module):
    """Variational cost J, with its prior, observation operator and weights.

        J(x; y, Omega) = a_obs ||H(x) - y||^2_Omega + a_prior ||x - phi(x)||^2

    Omega is the set of observations, in cells and at points. If the observations have error variances, each squared
    misfit is divided by its variance.

    Parameters
    ----------
    prior : AbstractPrior
        phi.
    obs_operator : AbstractObservationOperator
        H. Default: the identity.
    obs_weight, prior_weight : float or LearnedWeight
        a_obs and a_prior. A ``LearnedWeight`` is trained with the network, a float is constant.
    reduction : Reduction
        ``Reduction.MEAN`` (default) or ``Reduction.SUM``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import IdentityPrior
    >>> cost = VariationalCost(IdentityPrior(), obs_weight=0.5, reduction=Reduction.SUM)
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> float(cost(jnp.zeros((2, 1)), obs))
    4.5

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    prior: AbstractPrior
    obs_operator: AbstractObservationOperator = IdentityOperator()
    obs_weight: float | LearnedWeight = eqx.field(default=0.99, converter=as_python_scalar)
    prior_weight: float | LearnedWeight = eqx.field(default=0.01, converter=as_python_scalar)
    reduction: Reduction = eqx.field(static=True, default=Reduction.MEAN)

    def terms(self, x: Float[Array, "*space channel"], obs: Observations) -> CostTerms:
        """Return ||H(x) - y||^2_Omega and ||x - phi(x)||^2 over the ocean, reduced but not weighted."""
        data = _misfit(self.obs_operator(x, obs), obs)
        if obs.points is not None:
            data = data + _misfit(self.obs_operator.at_points(x, obs), obs.points)
        prior_residual = obs.mask_land(x - self.prior(x)) ** 2
        prior = prior_residual.sum()
        if self.reduction is Reduction.SUM:
            return CostTerms(data, prior)
        n_ocean = x.size if obs.ocean_mask is None else jnp.maximum(obs.ocean_mask.sum(), 1)
        return CostTerms(data / jnp.maximum(obs.count, 1), prior / n_ocean)

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, ""]:
        """Return J(x)."""
        terms = self.terms(x, obs)
        return _value(self.obs_weight) * terms.observations + _value(self.prior_weight) * terms.prior

    def gradient(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return dJ/dx, zero on land."""
        return obs.mask_land(jax.grad(self.__call__)(x, obs))


def _misfit(predicted: Array, measured: Observations | Points) -> Array:
    """Return the sum of squared misfits, divided by the error variances if there are any."""
    misfit = predicted - measured.values
    is_observed = jnp.broadcast_to(measured.mask.astype(bool), misfit.shape)
    # jnp.where is a separate function, which JAX would differentiate twice inside the loop of a solver.
    squares = jax.lax.select(is_observed, misfit, jnp.zeros_like(misfit)) ** 2
    return (squares if measured.error_variance is None else squares / measured.error_variance).sum()


def _value(weight: float | LearnedWeight) -> float | Array:
    return weight() if isinstance(weight, LearnedWeight) else weight
