"""Where a solve starts when the caller brings no first guess.

An optimal-interpolation map as first guess is worth more than any of these; these need nothing but the sample.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.cost import VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.solvers.abstract import require_identity

__all__ = ["AbstractStart", "MeanStart", "ObservationStart"]


class AbstractStart(eqx.Module):
    """(cost, observations) -> x before the first step."""

    @abc.abstractmethod
    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return a complete state."""


class MeanStart(AbstractStart):
    """x = 0, the training mean in normalised units.

    Not y on Omega: a state that is right on tracks and zero between them has to be unlearned by the solver, which
    costs several times as many training steps.
    """

    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return zeros."""
        return jnp.zeros_like(obs.values)


class ObservationStart(AbstractStart):
    """x = y on Omega and 0 off it, as published; needs H = identity."""

    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return the data with zeros in the gaps.

        Raises
        ------
        TypeError
            When H is not the identity.
        """
        require_identity(cost, "ObservationStart", "MeanStart()")
        return obs.values
