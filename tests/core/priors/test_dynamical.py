"""DynamicalPrior: trajectories are its fixed points; order of the channels; trained parameters; errors."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import DynamicalPrior
from xdvn.dynamics import Lorenz63, Lorenz96, RungeKutta4

LORENZ = [(RungeKutta4(Lorenz63(), dt=0.01, n_steps=3), (1, 3)), (RungeKutta4(Lorenz96(), dt=0.05), (40, 1))]


def as_state(series):
    """Return (time, *space, variable) as (*space, channel), with the variable slowest."""
    return jnp.moveaxis(series, 0, -1).reshape(*series.shape[1:-1], -1)


@pytest.mark.parametrize(("model", "shape"), LORENZ, ids=["Lorenz-63", "Lorenz-96"])
def test_only_a_trajectory_is_a_fixed_point(model, shape):
    start = jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)
    x = as_state(model.trajectory(start, 6))
    prior = DynamicalPrior(model, n_variables=shape[-1])
    assert np.allclose(prior(x), x, atol=1e-5)
    # A perturbation of the first variable at time 2 is a model error at the times 2 and 3 only.
    wrong = np.abs(prior(x.at[0, 2].add(1.0)) - x.at[0, 2].add(1.0)).reshape(*shape, 6)
    assert (np.argwhere(wrong.reshape(-1, 6).max(0) > 1e-3).ravel() == [2, 3]).all()


class Shift(eqx.Module):
    """Shift by one cell and exchange of both variables."""

    def __call__(self, x):
        return jnp.roll(x, 1, 0)[..., ::-1]


def test_variables_and_times_are_separated_in_two_dimensions():
    x = np.random.default_rng(0).normal(size=(4, 5, 2, 3)).astype(np.float32)
    phi = DynamicalPrior(Shift(), n_variables=2)(jnp.asarray(x.reshape(4, 5, 6))).reshape(4, 5, 2, 3)
    assert np.array_equal(phi[..., 0], x[..., 0])
    assert np.array_equal(phi[..., 1:], np.roll(x, 1, 0)[:, :, ::-1, :-1])


def test_parameters_given_as_arrays_are_trained():
    """Descent of ||x - phi(x)||^2 from another value finds the parameter of the trajectory."""
    model = RungeKutta4(Lorenz63(), dt=0.02)
    x = as_state(model.trajectory(jnp.array([[1.0, 3.0, 20.0]]), 40))
    prior = DynamicalPrior(RungeKutta4(Lorenz63(rho=jnp.asarray(25.0)), dt=0.02), n_variables=3)

    @jax.jit
    def step(rho):
        loss = lambda rho: ((x - eqx.tree_at(lambda p: p.model.system.rho, prior, rho)(x)) ** 2).mean()  # noqa: E731
        gradient, curvature = jax.grad(loss)(rho), jax.grad(jax.grad(loss))(rho)
        return rho - gradient / curvature

    rho = prior.model.system.rho
    for _ in range(3):
        rho = step(rho)
    assert np.isclose(rho, 28.0, atol=1e-2)
    assert not eqx.filter(DynamicalPrior(model, n_variables=3), eqx.is_inexact_array).model.system.rho


class Halve(eqx.Module):
    def __call__(self, x):
        return x[::2]


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="n_variables=3: expected a divisor of the 7 channels"):
        DynamicalPrior(LORENZ[0][0], n_variables=3)(jnp.ones((1, 7)))
    with pytest.raises(ValueError, match=r"model\(x\) of shape \(2, 1\): expected \(4, 1\), that of x\. Return"):
        DynamicalPrior(Halve())(jnp.ones((4, 3)))
