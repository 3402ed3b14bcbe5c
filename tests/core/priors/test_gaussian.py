"""GaussianPrior: the Mahalanobis distance, the stationary covariance, and errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.parameters import trainable_mask
from xdvn.core.priors import ExponentialCovariance, GaussianPrior, Matern32Covariance


def covariance(n, seed=0):
    factor = np.random.default_rng(seed).normal(size=(n, n))
    return factor @ factor.T + np.eye(n)


@pytest.mark.parametrize("shape", [(12,), (4, 3), (2, 3, 2)])
def test_the_squared_departure_is_the_mahalanobis_distance(shape):
    rng = np.random.default_rng(1)
    x, background, B = rng.normal(size=shape), rng.normal(size=shape), covariance(12)
    with jax.enable_x64(True):
        prior = GaussianPrior(B, background)
        departure = jnp.asarray(x) - prior(jnp.asarray(x))
        d = (x - background).ravel()
        assert np.isclose((departure**2).sum(), d @ np.linalg.solve(B, d), rtol=1e-12)
        gradient = jax.grad(lambda x: ((x - prior(x)) ** 2).sum())(jnp.asarray(x))
        assert np.allclose(gradient.ravel(), 2 * np.linalg.solve(B, d), rtol=1e-10)
    assert np.allclose(GaussianPrior(B)(jnp.zeros(shape)), 0)
    assert not any(jax.tree.leaves(trainable_mask(prior)))


def test_every_entry_of_the_stationary_covariance_of_two_variables():
    axes = [np.array([0.0, 1.0, 4.0]), np.array([0.0, 2.0])]
    between = np.array([[1.0, 0.6], [0.6, 2.0]])
    one = ExponentialCovariance((2.0, 3.0), nugget=0.1)
    with jax.enable_x64(True):
        L = GaussianPrior.stationary(axes, one, variables=between).cholesky.array
        L = np.asarray(L)
    B = (L @ L.T).reshape(3, 2, 2, 3, 2, 2)  # (cell, variable, time) twice
    for index in np.ndindex(B.shape):
        c, v, t, d, w, u = index
        r = np.hypot((axes[0][c] - axes[0][d]) / 2, (axes[1][t] - axes[1][u]) / 3)
        assert np.isclose(B[index], between[v, w] * (np.exp(-r) + 0.1 * (c == d and t == u)))


def test_the_departure_of_a_sample_is_white_noise():
    """x - phi(x) = z for x = L z."""
    prior = GaussianPrior.stationary([np.arange(6.0), np.arange(3.0)], Matern32Covariance((2.0, 2.0), nugget=0.05))
    white = jax.random.normal(jax.random.key(0), (18,))
    x = (prior.cholesky() @ white).reshape(6, 3)
    assert np.allclose((x - prior(x)).ravel(), white, atol=1e-4)


def test_wrong_covariances_backgrounds_and_states_are_refused():
    with pytest.raises(
        ValueError, match=r"covariance with max \|B - B\^T\| = .*: expected a symmetric matrix\. Correct it"
    ):
        GaussianPrior(np.triu(covariance(4)))
    with pytest.raises(
        ValueError, match="covariance with 16 NaN or infinite values: expected finite ones. Give all coordinates"
    ):
        GaussianPrior(np.full((4, 4), np.nan))
    with pytest.raises(
        ValueError, match="background with 4 NaN or infinite values: .* set the background on land to 0"
    ):
        GaussianPrior(covariance(4), np.full((4, 1), np.nan))
    with pytest.raises(ValueError, match="covariance of 4 rows: expected a positive definite matrix. Add a nugget"):
        GaussianPrior(np.ones((4, 4)))
    with pytest.raises(ValueError, match="background of 3 values: expected 4, the rows of the covariance. Give both"):
        GaussianPrior(covariance(4), np.ones((3, 1)))
    with pytest.raises(
        ValueError, match=r"state \(3, 2\) of 6 values: expected 4, the rows of the covariance\. Use windows of this"
    ):
        GaussianPrior(covariance(4))(jnp.ones((3, 2)))
