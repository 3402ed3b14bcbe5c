"""A prior from model equations: each time of the window follows from the previous one.

    phi(x)_0 = x_0,   phi(x)_{t+1} = M(x_t)

so that ||x - phi(x)||^2 is the model error of weak-constraint 4DVar, without a background term. M is any forward model
that maps the state of one time, "*space variable", to the next, in the units of the state. Tremolet 2006,
doi:10.1256/qj.05.224.
"""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.priors.abstract import AbstractPrior, split_channels

__all__ = ["DynamicalPrior"]


class DynamicalPrior(AbstractPrior):
    """phi(x)_{t+1} = M(x_t), the first time kept.

    Channels are variables x times, the variable slowest, as everywhere. A system of ordinary equations without space
    has a space of one point: Lorenz-63 over T times is a state of shape (1, 3 T), x(t) first; Lorenz-96 is a ring of
    40 points with one variable, (40, T); a two-layer model has (y, x, 2 T).

    Parameters
    ----------
    model : callable
        M, an equinox module (so that it can be saved), "*space variable" to "*space variable", over the time between
        two channels; its array fields are trained with the network.
    n_variables : int
        Variables of the state.

    Raises
    ------
    ValueError
        When applied: the channels are no multiple of the variables, or M changes the shape.

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
                f"the forward model makes {forecast.shape[1:]} of {series.shape[1:]}; "
                "it must keep the shape (*space, variable)"
            )
        return jnp.moveaxis(jnp.concatenate([series[:1], forecast]), 0, -1).reshape(x.shape)
