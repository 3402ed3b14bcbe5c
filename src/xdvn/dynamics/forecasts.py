"""Forward models of a variational prior, from the state "*space variable" at one time to the next.

An integrator is such a model. ``Rescaled`` changes the units, because states of a network are normalised;
``QGForecast`` adapts the two-layer quasi-geostrophic model, whose own state is spectral and includes past tendencies.
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
    """Forward model in other units: x -> (M(scale x + offset) - offset) / scale.

    Parameters
    ----------
    model : callable
        M, in physical units.
    scale, offset : float or tuple of float
        Standard deviation and mean that normalise the data, in the units of M, for all variables or for each.
        Default: 1 and 0.

    Raises
    ------
    ValueError
        If a scale is not positive.

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
            raise ValueError(f"scale={self.scale}: expected positive values. Use the standard deviation of the states.")

    def __call__(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return the next state."""
        scale, offset = jnp.asarray(self.scale, x.dtype), jnp.asarray(self.offset, x.dtype)
        return (self.model(scale * x + offset) - offset) / scale


class QGForecast(eqx.Module):
    """Forecast of the two-layer quasi-geostrophic model over a time ``n_steps dt``.

    The state has two variables, the heights f0 psi_i / g [m] of the upper layer (sea surface height) and of the lower
    layer. Each forecast starts without past tendencies and conserves the horizontal mean.

    Parameters
    ----------
    model : TwoLayerQG
        Model on the grid of the state.
    n_steps : int
        Time steps per call. Default: 1.

    Raises
    ------
    ValueError
        If ``n_steps`` is below 1 or, on application, the state is not on the model's grid.

    Examples
    --------
    One day of a state normalised by 0.1 m:

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
            raise ValueError(f"n_steps={self.n_steps}: expected at least 1. Give the number of time steps per call.")

    def __call__(self, x: Float[Array, "y x variable"]) -> Float[Array, "y x variable"]:
        """Return the heights a time ``n_steps dt`` later."""
        n = self.model.n
        if x.shape != (n, n, 2):
            raise ValueError(
                f"state of shape {x.shape}: expected ({n}, {n}, 2). Give the heights of both layers on its grid."
            )
        height = self.model.coriolis / self.model.gravity
        psi = jnp.moveaxis(x, -1, 0) / height
        q = jnp.fft.irfft2(self.model.potential_vorticity(jnp.fft.rfft2(psi)), s=(n, n))
        after = self.model.streamfunction(self.model.advance(self.model.state(q), self.n_steps))
        # Potential vorticity does not determine the mean of psi, which would otherwise count as model error.
        return height * jnp.moveaxis(after + psi.mean((1, 2), keepdims=True), 0, -1)
