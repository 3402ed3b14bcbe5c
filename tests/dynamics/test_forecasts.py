"""Forward models of a prior: units, and forecasts of the two-layer model."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import DynamicalPrior
from xdvn.dynamics import Lorenz63, QGForecast, Rescaled, RungeKutta4, TwoLayerQG

MODEL = TwoLayerQG(n=16, length=640e3)


def heights(state):
    return MODEL.coriolis / MODEL.gravity * jnp.moveaxis(MODEL.streamfunction(state), 0, -1)


def test_rescaled_commutes_with_the_change_of_units():
    model = RungeKutta4(Lorenz63(), 0.01)
    scale, offset = (8.0, 9.0, 8.5), (0.5, 0.0, 23.0)
    x = jnp.array([[1.0, 2.0, 20.0], [-3.0, 1.0, 30.0]])
    normalised = (x - jnp.array(offset)) / jnp.array(scale)
    after = Rescaled(model, scale, offset)(normalised)
    assert np.allclose(after * jnp.array(scale) + jnp.array(offset), model(x), rtol=1e-5)
    with pytest.raises(ValueError, match=r"scale=0\.0: expected positive values\. Use the standard deviation"):
        Rescaled(model, 0.0)


def test_the_forecast_equals_the_model_without_past_tendencies():
    with jax.enable_x64(True):
        start = MODEL.random_state(seed=0)
        q = jnp.fft.irfft2(start.q_hat.astype(jnp.complex128), s=(16, 16))
        start = MODEL.state(q)
        forecast = QGForecast(MODEL, n_steps=12)
        assert np.allclose(forecast(heights(start)), heights(MODEL.advance(start, 12)), atol=1e-14)
        moved = np.abs(forecast(heights(start)) - heights(start)).max()
        assert moved > 1e-3
        # The forecast conserves the mean, which is then no model error.
        raised = forecast(heights(start) + jnp.array([0.3, -0.1])) - forecast(heights(start))
        assert np.allclose(raised, [0.3, -0.1], atol=1e-12)


def test_gradient_through_the_prior_equals_finite_differences():
    """For ||x - phi(x)||^2 of two layers at three times, in units of 0.1 m, two hours apart."""
    with jax.enable_x64(True):
        prior = DynamicalPrior(Rescaled(QGForecast(MODEL, n_steps=3), scale=0.1), n_variables=2)
        x, d = (jnp.asarray(np.random.default_rng(i).normal(size=(16, 16, 6))) for i in range(2))
        f = jax.jit(lambda x: ((x - prior(x)) ** 2).sum())
        h = 1e-5
        assert np.isclose((jax.grad(f)(x) * d).sum(), (f(x + h * d) - f(x - h * d)) / (2 * h), rtol=1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"state of shape \(16, 16, 1\): expected \(16, 16, 2\)\. Give the heights"):
        QGForecast(MODEL)(jnp.zeros((16, 16, 1)))
    with pytest.raises(ValueError, match=r"n_steps=0: expected at least 1\. Give the number of time steps"):
        QGForecast(MODEL, n_steps=0)
