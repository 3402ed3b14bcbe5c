"""Autonomous dynamical systems dx/dt = f(x) and their integrators, with fixed time steps.

    Euler         x + dt f(x)                           error of order dt
    RungeKutta4   x + dt/6 (k1 + 2 k2 + 2 k3 + k4)      error of order dt^4

States have the shape "*space variable". For adaptive steps or stiff systems, write an ``AbstractIntegrator`` with
diffrax.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
from jaxtyping import Array, Float

__all__ = ["AbstractIntegrator", "AbstractSystem", "Euler", "RungeKutta4"]


class AbstractSystem(eqx.Module):
    """Dynamical system dx/dt = f(x), from which an integrator makes a forward model.

    A system without space treats each grid cell as an independent copy.
    """

    @abc.abstractmethod
    def tendency(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return dx/dt."""


class AbstractIntegrator(eqx.Module):
    """Forward model of ``n_steps`` time steps of length ``dt``, for example in ``DynamicalPrior``."""

    system: eqx.AbstractVar[AbstractSystem]
    dt: eqx.AbstractVar[float]
    n_steps: eqx.AbstractVar[int]

    @abc.abstractmethod
    def step(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return the state a time ``dt`` later."""

    def __call__(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return the state a time ``n_steps dt`` later."""
        return jax.lax.scan(lambda x, _: (self.step(x), None), x, None, length=self.n_steps)[0]

    def trajectory(self, x: Float[Array, "*space variable"], n_times: int) -> Float[Array, "time *space variable"]:
        """Return the states at ``n_times`` times, ``n_steps dt`` apart, starting with ``x``."""
        return jax.lax.scan(lambda x, _: (self(x), x), x, None, length=n_times)[1]


class Euler(AbstractIntegrator):
    """Euler method x <- x + dt f(x).

    Parameters
    ----------
    system : AbstractSystem
        f.
    dt : float
        Time step in the system's unit of time.
    n_steps : int
        Time steps per call. Default: 1.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.dynamics import Lorenz63
    >>> Euler(Lorenz63(), dt=0.5)(jnp.array([[1.0, 1.0, 0.0]]))[0].tolist()
    [1.0, 14.5, 0.5]

    References
    ----------
    Hairer, Norsett & Wanner 1993, doi:10.1007/978-3-540-78862-1.
    """

    system: AbstractSystem
    dt: float
    n_steps: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        _check(self)

    def step(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return x + dt f(x)."""
        return x + self.dt * self.system.tendency(x)


class RungeKutta4(AbstractIntegrator):
    """Classical Runge-Kutta method of fourth order.

    Parameters
    ----------
    system : AbstractSystem
        f.
    dt : float
        Time step in the system's unit of time, for example 0.01 for Lorenz-63 and 0.05 for Lorenz-96.
    n_steps : int
        Time steps per call. Default: 1.

    Examples
    --------
    Lorenz-63 as the dynamics of a prior, for a window of 8 times, 0.02 apart:

    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import DynamicalPrior
    >>> from xdvn.dynamics import Lorenz63
    >>> model = RungeKutta4(Lorenz63(), dt=0.01, n_steps=2)
    >>> series = model.trajectory(jnp.array([[1.0, 2.0, 3.0]]), 8)
    >>> x = jnp.moveaxis(series, 0, -1).reshape(1, 24)
    >>> bool(jnp.allclose(DynamicalPrior(model, n_variables=3)(x), x, atol=1e-4))
    True

    References
    ----------
    Hairer, Norsett & Wanner 1993, doi:10.1007/978-3-540-78862-1.
    """

    system: AbstractSystem
    dt: float
    n_steps: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        _check(self)

    def step(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return x + dt/6 (k1 + 2 k2 + 2 k3 + k4)."""
        f, dt = self.system.tendency, self.dt
        k1 = f(x)
        k2 = f(x + dt / 2 * k1)
        k3 = f(x + dt / 2 * k2)
        k4 = f(x + dt * k3)
        return x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _check(integrator: AbstractIntegrator) -> None:
    if not integrator.dt > 0:
        raise ValueError(f"dt={integrator.dt}: expected a positive time step. Use, for example, 0.01.")
    if integrator.n_steps < 1:
        raise ValueError(f"n_steps={integrator.n_steps}: expected at least 1. Give the number of time steps per call.")
