"""Integrators: order of convergence against an adaptive solver of high order, exact cases, and errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from xdvn.dynamics import AbstractSystem, Euler, Lorenz63, Lorenz96, RungeKutta4

SYSTEMS = {"Lorenz-63": (Lorenz63(), (1, 3)), "Lorenz-96": (Lorenz96(), (12, 1))}


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize(("cls", "order", "dt"), [(Euler, 1, 1e-3), (RungeKutta4, 4, 1e-2)])
def test_order_of_convergence(cls, order, dt, name):
    """Half the step divides the error by 2^order, over a time of 0.2 from a state off the attractor."""
    system, shape = SYSTEMS[name]
    with jax.enable_x64(True):
        start = 1 + np.random.default_rng(0).normal(size=shape)
        tendency = jax.jit(system.tendency)

        def f(_, x):
            return np.asarray(tendency(x.reshape(shape))).ravel()

        truth = solve_ivp(f, (0, 0.2), start.ravel(), method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
        errors = [
            np.abs(np.asarray(cls(system, dt / r, round(0.2 / dt * r))(jnp.asarray(start))).ravel() - truth).max()
            for r in (1, 2, 4)
        ]
    for coarse, fine in zip(errors, errors[1:], strict=False):
        assert abs(np.log2(coarse / fine) - order) < 0.15
    assert errors[-1] < {1: 0.05, 4: 1e-6}[order]


class Decay(AbstractSystem):
    def tendency(self, x):
        return -x


def test_decay_in_closed_form():
    x = jnp.ones((2, 1))
    z = 0.5
    assert np.allclose(Euler(Decay(), z, 3)(x), (1 - z) ** 3, rtol=1e-6)
    assert np.allclose(RungeKutta4(Decay(), z, 3)(x), (1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24) ** 3, rtol=1e-6)


def test_a_trajectory_is_a_sequence_of_calls():
    model = RungeKutta4(Lorenz63(), 0.01, 2)
    x = jnp.array([[1.0, 2.0, 3.0]])
    series = model.trajectory(x, 4)
    assert np.array_equal(series[0], x)
    assert np.allclose(series[3], model(model(model(x))), rtol=1e-6)


def test_derivative_with_respect_to_a_parameter_equals_finite_differences():
    with jax.enable_x64(True):
        x = jnp.array([[1.0, 2.0, 20.0]])
        f = jax.jit(lambda rho: (RungeKutta4(Lorenz63(rho=rho), 0.01, 20)(x) ** 2).sum())
        rho, h = jnp.asarray(28.0), 1e-5
        assert np.isclose(jax.grad(f)(rho), (f(rho + h) - f(rho - h)) / (2 * h), rtol=1e-8)


def test_time_steps_are_positive():
    with pytest.raises(ValueError, match=r"dt=-0\.1: expected a positive time step\. Use, for example, 0\.01"):
        RungeKutta4(Lorenz63(), -0.1)
    with pytest.raises(ValueError, match=r"n_steps=0: expected at least 1\. Give the number of time steps"):
        Euler(Lorenz63(), 0.1, 0)
