"""Forward models for a prior: units come out as they went in, and the sea's forecast is the sea's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import DynamicalPrior
from xdvn.dynamics import Lorenz63, QGForecast, Rescaled, RungeKutta4, TwoLayerQG

SEA = TwoLayerQG(n=16, length=640e3)


def heights(state):
    return SEA.coriolis / SEA.gravity * jnp.moveaxis(SEA.streamfunction(state), 0, -1)


def test_rescaled_commutes_with_the_change_of_units():
    model = RungeKutta4(Lorenz63(), 0.01)
    scale, offset = (8.0, 9.0, 8.5), (0.5, 0.0, 23.0)
    x = jnp.array([[1.0, 2.0, 20.0], [-3.0, 1.0, 30.0]])
    normalised = (x - jnp.array(offset)) / jnp.array(scale)
    after = Rescaled(model, scale, offset)(normalised)
    assert np.allclose(after * jnp.array(scale) + jnp.array(offset), model(x), rtol=1e-5)
    with pytest.raises(ValueError, match="scale is 0.0; it must be positive"):
        Rescaled(model, 0.0)


def test_the_forecast_is_the_models_own_from_a_state_without_history():
    with jax.enable_x64(True):
        start = SEA.random_state(seed=0)
        q = jnp.fft.irfft2(start.q_hat.astype(jnp.complex128), s=(16, 16))
        start = SEA.state(q)
        forecast = QGForecast(SEA, n_steps=12)
        assert np.allclose(forecast(heights(start)), heights(SEA.advance(start, 12)), atol=1e-14)
        moved = np.abs(forecast(heights(start)) - heights(start)).max()
        assert moved > 1e-3
        # A mean is carried along unchanged, so it is no model error.
        raised = forecast(heights(start) + jnp.array([0.3, -0.1])) - forecast(heights(start))
        assert np.allclose(raised, [0.3, -0.1], atol=1e-12)


def test_gradient_through_the_prior_equals_finite_differences():
    """||x - phi(x)||^2 of three times of two layers, in units of 0.1 m, through two hours of sea."""
    with jax.enable_x64(True):
        prior = DynamicalPrior(Rescaled(QGForecast(SEA, n_steps=3), scale=0.1), n_variables=2)
        x, d = (jnp.asarray(np.random.default_rng(i).normal(size=(16, 16, 6))) for i in range(2))
        f = jax.jit(lambda x: ((x - prior(x)) ** 2).sum())
        h = 1e-5
        assert np.isclose((jax.grad(f)(x) * d).sum(), (f(x + h * d) - f(x - h * d)) / (2 * h), rtol=1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"a state of shape \(16, 16, 1\) .* the heights of two layers"):
        QGForecast(SEA)(jnp.zeros((16, 16, 1)))
    with pytest.raises(ValueError, match="n_steps is 0; a forward model takes at least 1 step"):
        QGForecast(SEA, n_steps=0)
