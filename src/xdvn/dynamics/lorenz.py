"""Chaotic toy systems of Lorenz, as dynamics of a prior or as truth of a twin experiment.

Lorenz-63 has three variables and no space; Lorenz-96 has one variable on a circle of latitude.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.dynamics.integrators import AbstractSystem

__all__ = ["Lorenz63", "Lorenz96"]


class Lorenz63(AbstractSystem):
    """Lorenz-63 system of thermal convection, without units.

        dx/dt = sigma (y - x),   dy/dt = x (rho - z) - y,   dz/dt = x y - beta z

    The last axis of a state contains x, y, z. A prior represents a window of T times as a state of shape (1, 3 T), and
    n independent systems as (n, 3 T).

    Parameters
    ----------
    sigma, rho, beta : float or Array
        Prandtl number, relative Rayleigh number and aspect ratio of the cells. A JAX array is trained with the network;
        a float is fixed. Default: 10, 28 and 8/3.

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


class Lorenz96(AbstractSystem):
    """Lorenz-96 system: advection, damping and forcing on a circle of latitude.

        dx_i/dt = (x_{i+1} - x_{i-2}) x_{i-1} - d x_i + F,   indices modulo the number of cells

    The quadratic term conserves the energy sum x_i^2 / 2. One unit of time is about five days. A state has the shape
    (ring, variable), usually (40, 1). A prior represents a window of T times as a state of shape (40, T).

    Parameters
    ----------
    forcing, damping : float or Array
        F and d. A JAX array is trained with the network; a float is fixed. Default: 8 and 1.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> Lorenz96().tendency(jnp.array([1.0, 2.0, 3.0, 4.0])[:, None])[:, 0].tolist()
    [3.0, 5.0, 11.0, 1.0]

    References
    ----------
    Lorenz 1996, doi:10.1017/CBO9780511617652.004.
    """

    forcing: float | Float[Array, ""] = 8.0
    damping: float | Float[Array, ""] = 1.0

    def tendency(self, x: Float[Array, "ring variable"]) -> Float[Array, "ring variable"]:
        """Return dx/dt."""
        if len(x) < 4:
            raise ValueError(f"ring of {len(x)} cells: expected at least 4 along the first axis. Use, for example, 40.")
        ahead, behind, two_behind = (jnp.roll(x, shift, 0) for shift in (-1, 1, 2))
        return (ahead - two_behind) * behind - self.damping * x + self.forcing
