"""Lorenz' ring: advection, damping and forcing of one quantity around a circle of latitude.

    dx_i/dt = (x_{i+1} - x_{i-2}) x_{i-1} - d x_i + F,   indices modulo the number of cells

The quadratic term conserves the energy sum x_i^2 / 2. Lorenz 1996, doi:10.1017/CBO9780511617652.004.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.dynamics.system import AbstractSystem

__all__ = ["Lorenz96"]


class Lorenz96(AbstractSystem):
    """The Lorenz-96 system; one unit of time is about five days of weather.

    A state is (ring, variable): as many cells as it has, usually 40, and usually one variable; a window of T times is
    a state of shape (40, T) to a prior.

    Parameters
    ----------
    forcing, damping : float or Array
        F and d; a JAX array is trained with the network, a float stays.

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
            raise ValueError(f"a ring of {len(x)} cells: Lorenz-96 needs at least 4, usually 40, along the first axis")
        ahead, behind, two_behind = (jnp.roll(x, shift, 0) for shift in (-1, 1, 2))
        return (ahead - two_behind) * behind - self.damping * x + self.forcing
