"""Forward models for a variational prior: "*space variable" at one time to the same at the next.

An integrator of a system is one already. Here are the two adapters that are needed besides: one changes the units,
because states of a network are normalised, and one carries the two-layer quasi-geostrophic sea, whose own state is
spectral and has a memory. Called by ``xdvn.core.priors.DynamicalPrior``.
"""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from xdvn.dynamics.quasigeostrophic import TwoLayerQG

__all__ = ["QGForecast", "Rescaled"]


class Rescaled(eqx.Module):
    """A forward model in other units: x -> (M(scale x + offset) - offset) / scale.

    Parameters
    ----------
    model : callable
        M, in units of its own.
    scale, offset : float or tuple of float
        Standard deviation and mean of the states in M's units, one for all variables or one for each; those by which
        the data were normalised.

    Raises
    ------
    ValueError
        A scale is not positive.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.dynamics import Euler, Lorenz63
    >>> model = Euler(Lorenz63(), dt=0.01)
    >>> x = jnp.array([[1.0, 2.0, 3.0]])
    >>> bool(jnp.allclose(Rescaled(model, scale=8.0)(x / 8), model(x) / 8))
    True
    """

    model: Callable[[Array], Array]
    scale: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0

    def __check_init__(self) -> None:
        if not np.all(np.asarray(self.scale) > 0):
            raise ValueError(f"scale is {self.scale}; it must be positive, such as the standard deviation")

    def __call__(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return the next state."""
        scale, offset = jnp.asarray(self.scale, x.dtype), jnp.asarray(self.offset, x.dtype)
        return (self.model(scale * x + offset) - offset) / scale


class QGForecast(eqx.Module):
    """The two-layer quasi-geostrophic sea, a time ``n_steps dt`` later.

    The state has two variables, the heights f0 psi_i / g [m] of the eddies in the upper (the sea surface height) and in
    the lower layer: the surface alone does not say where the flow will go. Each forecast begins without a history of
    tendencies. The horizontal mean, which does not move anything, is kept.

    Parameters
    ----------
    model : TwoLayerQG
        The sea, on the grid of the state.
    n_steps : int
        Time steps in a call.

    Raises
    ------
    ValueError
        ``n_steps`` is below 1 or, when applied, the state is not on the model's grid.

    Examples
    --------
    A day of a normalised state, whose standard deviation was 0.1 m:

    >>> import jax.numpy as jnp
    >>> from xdvn.dynamics import TwoLayerQG
    >>> day = Rescaled(QGForecast(TwoLayerQG(n=16, length=320e3), n_steps=36), scale=0.1)
    >>> day(jnp.zeros((16, 16, 2))).shape
    (16, 16, 2)
    """

    model: TwoLayerQG
    n_steps: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.n_steps < 1:
            raise ValueError(f"n_steps is {self.n_steps}; a forward model takes at least 1 step")

    def __call__(self, x: Float[Array, "y x variable"]) -> Float[Array, "y x variable"]:
        """Return the heights a time ``n_steps dt`` later."""
        n = self.model.n
        if x.shape != (n, n, 2):
            raise ValueError(
                f"a state of shape {x.shape} came to a model on ({n}, {n}, 2): the heights of two layers on its grid"
            )
        height = self.model.coriolis / self.model.gravity
        psi = jnp.moveaxis(x, -1, 0) / height
        q = jnp.fft.irfft2(self.model.potential_vorticity(jnp.fft.rfft2(psi)), s=(n, n))
        after = self.model.streamfunction(self.model.advance(self.model.state(q), self.n_steps))
        # Potential vorticity does not know the mean of psi; without it a mean would count as model error.
        return height * jnp.moveaxis(after + psi.mean((1, 2), keepdims=True), 0, -1)
