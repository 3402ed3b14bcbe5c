"""Time stepping: from a system dx/dt = f(x) to a forward model that carries a state on.

    Euler         x + dt f(x)                                                     error of order dt
    RungeKutta4   x + dt/6 (k1 + 2 k2 + 2 k3 + k4)                                error of order dt^4

Fixed steps, in plain JAX: differentiable, and the same arithmetic forward and backward. For adaptive steps or stiff
systems write a module over diffrax. Hairer, Norsett & Wanner 1993, doi:10.1007/978-3-540-78862-1.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
from jaxtyping import Array, Float

from xdvn.dynamics.system import AbstractSystem

__all__ = ["AbstractIntegrator", "Euler", "RungeKutta4"]


class AbstractIntegrator(eqx.Module):
    """A forward model: ``n_steps`` steps of length ``dt``.

    Called with a state it returns the state a time ``n_steps dt`` later, which is what ``DynamicalPrior`` wants.
    """

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
        """Return the state at ``n_times`` times, ``n_steps dt`` apart, of which ``x`` is the first."""
        return jax.lax.scan(lambda x, _: (self(x), x), x, None, length=n_times)[1]


class Euler(AbstractIntegrator):
    """x <- x + dt f(x).

    Parameters
    ----------
    system : AbstractSystem
        f.
    dt : float
        Time step, in the system's unit of time.
    n_steps : int
        Steps in a call.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.dynamics import Lorenz63
    >>> Euler(Lorenz63(), dt=0.5)(jnp.array([[1.0, 1.0, 0.0]]))[0].tolist()
    [1.0, 14.5, 0.5]
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
    """The classical Runge-Kutta method of fourth order.

    Parameters
    ----------
    system : AbstractSystem
        f.
    dt : float
        Time step, in the system's unit of time; 0.01 suits Lorenz-63 and 0.05 Lorenz-96.
    n_steps : int
        Steps in a call.

    Examples
    --------
    Lorenz-63 as the dynamics inside a prior, for a window of 8 times that are 0.02 apart:

    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import DynamicalPrior
    >>> from xdvn.dynamics import Lorenz63
    >>> model = RungeKutta4(Lorenz63(), dt=0.01, n_steps=2)
    >>> series = model.trajectory(jnp.array([[1.0, 2.0, 3.0]]), 8)
    >>> x = jnp.moveaxis(series, 0, -1).reshape(1, 24)
    >>> bool(jnp.allclose(DynamicalPrior(model, n_variables=3)(x), x, atol=1e-4))
    True
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
        raise ValueError(f"dt is {integrator.dt}; time goes forward, in steps such as 0.01")
    if integrator.n_steps < 1:
        raise ValueError(f"n_steps is {integrator.n_steps}; a forward model takes at least 1 step")
