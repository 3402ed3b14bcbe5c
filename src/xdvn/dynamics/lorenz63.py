"""Lorenz' three equations of convection, the smallest chaotic system.

    dx/dt = sigma (y - x),   dy/dt = x (rho - z) - y,   dz/dt = x y - beta z

Lorenz 1963, doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.dynamics.system import AbstractSystem

__all__ = ["Lorenz63"]


class Lorenz63(AbstractSystem):
    """The Lorenz-63 system; all quantities without unit.

    A state has the three variables x, y, z on its last axis. It has no space: a window of T times is a state of shape
    (1, 3 T) to a prior, and (n, 3 T) are n systems that know nothing of each other.

    Parameters
    ----------
    sigma, rho, beta : float or Array
        Prandtl number, relative Rayleigh number, aspect of the cells; a JAX array is trained with the network, a float
        stays.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> Lorenz63().tendency(jnp.array([[1.0, 1.0, 0.0]]))[0].tolist()
    [0.0, 27.0, 1.0]

    References
    ----------
    Lorenz 1963, doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2.
    """

    sigma: float | Float[Array, ""] = 10.0
    rho: float | Float[Array, ""] = 28.0
    beta: float | Float[Array, ""] = 8 / 3

    def tendency(self, x: Float[Array, "*space 3"]) -> Float[Array, "*space 3"]:
        """Return dx/dt."""
        a, b, c = x[..., 0], x[..., 1], x[..., 2]
        return jnp.stack([self.sigma * (b - a), a * (self.rho - c) - b, a * b - self.beta * c], -1)
