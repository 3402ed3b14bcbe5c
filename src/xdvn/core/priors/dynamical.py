"""Prior from model equations, which forecast each time of the window from the previous one."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.priors.abstract import AbstractPrior, split_channels

__all__ = ["DynamicalPrior"]


class DynamicalPrior(AbstractPrior):
    """Forecast of each time from the previous one, phi(x)_{t+1} = M(x_t) and phi(x)_0 = x_0.

    ||x - phi(x)||^2 is the model error of weak-constraint 4DVar, without a background term. Channels are variables x
    times, with the variable slowest. A system without space has one point: Lorenz-63 over T times has the shape
    (1, 3 T), with x(t) first. Lorenz-96 has (40, T), a two-layer model (y, x, 2 T).

    Parameters
    ----------
    model : callable
        Forward model M over one time step, "*space variable" to "*space variable", in the units of the state. It must
        be an equinox module; its inexact arrays are trained with the network.
    n_variables : int
        Number of variables of the state. Default: 1.

    Raises
    ------
    ValueError
        On application, if the number of channels is not a multiple of ``n_variables``, or M changes the shape.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import DynamicalPrior, IdentityPrior
    >>> persistence = DynamicalPrior(IdentityPrior(), n_variables=1)
    >>> persistence(jnp.array([[1.0, 2.0, 4.0]]))[0].tolist()
    [1.0, 1.0, 2.0]

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572; Tremolet 2006, doi:10.1256/qj.05.224.
    """

    model: Callable[[Array], Array]
    n_variables: int = eqx.field(static=True, default=1)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        series = jnp.moveaxis(split_channels(x, self.n_variables), -1, 0)
        forecast = jax.vmap(self.model)(series[:-1])
        if forecast.shape != series[:-1].shape:
            raise ValueError(
                f"model(x) of shape {forecast.shape[1:]}: expected {series.shape[1:]}, that of x. Return the next "
                "state, (*space, variable), of the same shape."
            )
        return jnp.moveaxis(jnp.concatenate([series[:1], forecast]), 0, -1).reshape(x.shape)
