"""The return of observations into the state after a step (Omega-projection).

    hard   x <- m y + (1 - m) x            the published form, for data without noise
    soft   x <- x + m w (y - x)            part of the way

Off by default: noisy data must not be copied into a map. It needs H = identity. Fablet et al. 2021,
doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.frozen import number
from xdvn.core.observations import Observations

__all__ = ["AbstractDataProjection", "HardProjection", "SoftProjection"]


class AbstractDataProjection(eqx.Module):
    """(x, observations) -> x, nearer to the data where there are any and unchanged where there are none."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x with the data in it."""


class HardProjection(AbstractDataProjection):
    """x <- m y + (1 - m) x: the state agrees with the data exactly.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> HardProjection()(jnp.ones((2, 1)), obs)[:, 0].tolist()
    [3.0, 1.0]
    """

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return y on Omega, x elsewhere."""
        return jnp.where(obs.mask, obs.values, x)


class SoftProjection(AbstractDataProjection):
    """x <- x + m w (y - x): the state moves the fraction w towards the data.

    Parameters
    ----------
    weight : float
        w, above 0 and at most 1 (which is the hard form).

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> SoftProjection(0.5)(jnp.ones((2, 1)), obs)[:, 0].tolist()
    [2.0, 1.0]
    """

    weight: float = eqx.field(converter=number)

    def __check_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise ValueError(
                f"SoftProjection(weight={self.weight}): the weight is above 0 and at most 1; None switches projection "
                "off, HardProjection() copies the data"
            )

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x + m w (y - x)."""
        return x + jnp.where(obs.mask, self.weight * (obs.values - x), 0)
