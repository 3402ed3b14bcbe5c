"""Trajectories as in the published experiments: scipy's RK45 with its default tolerances.

These tolerances are loose (1e-3): the truth differs slightly from the forecast of a more accurate model, as in the
published protocols.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float

from xdvn.dynamics import AbstractSystem

__all__ = ["trajectory"]


def trajectory(
    system: AbstractSystem,
    start: Float[np.ndarray, "*space variable"],
    *,
    dt: float,
    n_times: int,
    spin_up: float,
) -> Float[np.ndarray, "time *space variable"]:
    """Return ``n_times`` states ``dt`` apart, after a spin-up of ``spin_up`` units of time.

    Examples
    --------
    >>> from xdvn.dynamics import Lorenz63
    >>> trajectory(Lorenz63(), np.array([8.0, 0.0, 30.0]), dt=0.01, n_times=3, spin_up=0.1).shape
    (3, 3)
    """
    tendency = jax.jit(lambda x: system.tendency(x.reshape(start.shape)).reshape(-1))

    def rate(_: float, x: np.ndarray) -> np.ndarray:
        return np.asarray(tendency(jnp.asarray(x, jnp.float32)), np.float64)

    warm = scipy.integrate.solve_ivp(rate, (0, spin_up), start.reshape(-1)).y[:, -1]
    times = dt * np.arange(n_times)
    states = scipy.integrate.solve_ivp(rate, (0, times[-1]), warm, t_eval=times).y
    return states.T.reshape(n_times, *start.shape)
