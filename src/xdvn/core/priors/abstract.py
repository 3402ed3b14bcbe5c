"""The interface of a prior phi_theta ("*space channel" in, the same out) and the identity prior.

Channels are variables x times, with the variable slowest: ``split_channels`` is the only place that separates them.
"""

from __future__ import annotations

import abc

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

__all__ = ["AbstractPrior", "IdentityPrior", "split_channels"]


class AbstractPrior(eqx.Module):
    """phi: small ||x - phi(x)|| means x is plausible."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""


def split_channels(
    x: Float[Array | np.ndarray, "*space channel"], n_variables: int
) -> Float[Array | np.ndarray, "*space variable time"]:
    """Split the channels; ``reshape`` undoes it.

    Raises
    ------
    ValueError
        The channels are no multiple of the variables.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> split_channels(jnp.array([[1.0, 2.0, 10.0, 20.0]]), 2)[0].tolist()
    [[1.0, 2.0], [10.0, 20.0]]
    """
    if n_variables < 1 or x.shape[-1] % n_variables:
        raise ValueError(
            f"{x.shape[-1]} channels are no whole number of times of {n_variables} variables; "
            "set n_variables so that channels = variables x times"
        )
    return x.reshape(*x.shape[:-1], n_variables, -1)


class IdentityPrior(AbstractPrior):
    """phi(x) = x: plain descent on the data term; gaps keep the first guess."""

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return x."""
        return x
