"""The abstract class of all priors, the identity prior, and the order of the channels."""

from __future__ import annotations

import abc

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

__all__ = ["AbstractPrior", "IdentityPrior", "split_channels"]


class AbstractPrior(eqx.Module):
    """Prior phi, a map of the state; ||x - phi(x)|| is small for plausible states x."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""


class IdentityPrior(AbstractPrior):
    """Identity phi(x) = x, with which J is the data term alone; unobserved cells do not change."""

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return x."""
        return x


def split_channels(
    x: Float[Array | np.ndarray, "*space channel"], n_variables: int
) -> Float[Array | np.ndarray, "*space variable time"]:
    """Split the channels into variables and times, with the variable slowest; ``reshape`` is the inverse.

    Raises
    ------
    ValueError
        If the number of channels is not a multiple of ``n_variables``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> split_channels(jnp.array([[1.0, 2.0, 10.0, 20.0]]), 2)[0].tolist()
    [[1.0, 2.0], [10.0, 20.0]]
    """
    if n_variables < 1 or x.shape[-1] % n_variables:
        raise ValueError(
            f"n_variables={n_variables}: expected a divisor of the {x.shape[-1]} channels. Set n_variables so that "
            "channels = variables x times."
        )
    return x.reshape(*x.shape[:-1], n_variables, -1)
