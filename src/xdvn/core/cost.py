"""The variational cost J, written exactly once.

    J(x; y, Omega) = a_obs ||H(x) - y||^2_Omega + a_prior ||x - phi(x)||^2

Omega holds all observations, those in cells and those at points; each squared residual may be divided by the variance
of its error. The cost the solver descends is the cost a user can print. It is the only owner of the prior.
Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

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

    ``MEAN`` divides each term by its own count, so that a window with few data is comparable with a full one and no
    sample depends on its neighbours in a batch. ``SUM`` does not divide: with weights 1/2 and error variances J is a
    negative log posterior, which optimal interpolation and Laplace posteriors need.
    """

    MEAN = "mean"
    SUM = "sum"


class LearnedWeight(eqx.Module):
    """A positive number that is trained through its logarithm."""

    log: Float[Array, ""]

    def __init__(self, start: float) -> None:
        if not start > 0:
            raise ValueError(f"a learned weight starts at {start}; it must be positive, such as 1.0")
        self.log = init_scalar(math.log(start))

    def __call__(self) -> Float[Array, ""]:
        """Return the weight."""
        return jnp.exp(self.log)


class CostTerms(eqx.Module):
    """The two terms of J before weighting; with a leading axis for a trace of the solver."""

    observations: Float[Array, "*step"]
    prior: Float[Array, "*step"]


class VariationalCost(eqx.Module):
    """J(x; y, Omega) with its prior, its observation operator and its weights.

    Parameters
    ----------
    prior : AbstractPrior
        phi.
    obs_operator : AbstractObservationOperator
        H.
    obs_weight, prior_weight : float or LearnedWeight
        a_obs and a_prior; a ``LearnedWeight`` is trained with the network, a float stays.
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
    """

    prior: AbstractPrior
    obs_operator: AbstractObservationOperator = IdentityOperator()
    obs_weight: float | LearnedWeight = eqx.field(default=0.99, converter=as_python_scalar)
    prior_weight: float | LearnedWeight = eqx.field(default=0.01, converter=as_python_scalar)
    reduction: Reduction = eqx.field(static=True, default=Reduction.MEAN)

    def terms(self, x: Float[Array, "*space channel"], obs: Observations) -> CostTerms:
        """Return ||H(x) - y||^2_Omega and ||x - phi(x)||^2, reduced but not weighted. Land counts in neither."""
        data = _misfit(self.obs_operator(x, obs), obs)
        if obs.points is not None:
            data = data + _misfit(self.obs_operator.at_points(x, obs), obs.points)
        prior_residual = obs.mask_land(x - self.prior(x)) ** 2
        prior = prior_residual.sum()
        if self.reduction is Reduction.SUM:
            return CostTerms(data, prior)
        sea = x.size if obs.ocean_mask is None else jnp.maximum(obs.ocean_mask.sum(), 1)
        return CostTerms(data / jnp.maximum(obs.count, 1), prior / sea)

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, ""]:
        """Return J(x)."""
        terms = self.terms(x, obs)
        return _value(self.obs_weight) * terms.observations + _value(self.prior_weight) * terms.prior

    def gradient(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return dJ/dx, zero on land."""
        return obs.mask_land(jax.grad(self.__call__)(x, obs))


def _misfit(seen: Array, measured: Observations | Points) -> Array:
    # A select of lax: where of jnp is a separate function, to be differentiated twice inside of a solver's loop.
    misfit = seen - measured.values
    observed = jnp.broadcast_to(measured.mask.astype(bool), misfit.shape)
    squares = jax.lax.select(observed, misfit, jnp.zeros_like(misfit)) ** 2
    return (squares if measured.error_variance is None else squares / measured.error_variance).sum()


def _value(weight: float | LearnedWeight) -> float | Array:
    return weight() if isinstance(weight, LearnedWeight) else weight
