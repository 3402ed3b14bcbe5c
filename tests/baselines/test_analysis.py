"""The exact analysis against closed forms and equivalent formulations."""

import numpy as np
import pytest

from xdvn.baselines import CholeskyAnalysis
from xdvn.baselines.analysis import gaussian, matrix

SCALES = (5.0, 1.0, 1.5)


def scattered(n=50, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform((0, 0, 0), (10, 3, 3), (n, 3)), rng.normal(size=n)


def test_one_observation():
    """x(r) = exp(-|r - r0|^2) y / (1 + noise^2), with distances in scales."""
    at, targets = np.array([[2.0, 1.0, 1.0]]), [np.array([2.0, 4.5]), np.array([1.0, 0.3]), np.array([1.0])]
    x = CholeskyAnalysis().solve(at, np.array([3.0]), targets, SCALES, 0.5)
    expected = 3 / 1.25 * np.exp(-(np.array([0.0, 0.5])[:, None] ** 2) - np.array([0.0, 0.7]) ** 2)
    np.testing.assert_allclose(x[:, :, 0], expected)


def test_two_observations_at_one_place_equal_their_mean_with_half_the_variance():
    at, target = np.zeros((2, 1)), [np.zeros(1)]
    x = CholeskyAnalysis().solve(at, np.array([1.0, 3.0]), target, (1.0,), 1.0)
    np.testing.assert_allclose(x, 2 / (1 + 0.5))


def test_dense_linear_algebra():
    points, y = scattered()
    targets = [np.linspace(0, 10, 4), np.linspace(0, 3, 5), np.linspace(0, 3, 3)]
    everywhere = np.stack(np.meshgrid(*targets, indexing="ij"), -1).reshape(-1, 3)
    gain = matrix(everywhere, points, SCALES) @ np.linalg.inv(matrix(points, points, SCALES) + 0.1**2 * np.eye(50))
    np.testing.assert_allclose(CholeskyAnalysis().solve(points, y, targets, SCALES, 0.1).ravel(), gain @ y, atol=1e-9)


def test_information_form():
    """B H' (H B H' + R)^-1 y = (B^-1 + H' R^-1 H)^-1 H' R^-1 y: the minimum of the variational cost with this prior."""
    grid, observed, noise = np.arange(12.0), np.array([1, 4, 5, 9]), 0.3
    y = np.array([1.0, -0.5, 0.2, 2.0])
    B, H = gaussian(grid, grid, 1.2), np.eye(12)[observed]
    hessian = np.linalg.inv(B) + H.T @ H / noise**2
    expected = np.linalg.solve(hessian, H.T @ y / noise**2)
    np.testing.assert_allclose(
        CholeskyAnalysis().solve(grid[observed, None], y, [grid], (1.2,), noise), expected, atol=1e-8
    )


def test_limits_of_small_and_large_noise():
    """Without noise the map passes through the observations; with very large noise it is the mean, zero."""
    rng = np.random.default_rng(1)
    t, y, x = (a.ravel() for a in np.meshgrid([0.0, 6.0], [0.0, 1.0, 2.0], [0.0, 1.5], indexing="ij"))
    points, values = np.stack([t, y, x], 1), rng.normal(size=12)
    targets = [np.array([0.0, 6.0]), np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.5])]
    np.testing.assert_allclose(
        CholeskyAnalysis().solve(points, values, targets, SCALES, 1e-6).ravel(), values, atol=1e-8
    )
    assert np.abs(CholeskyAnalysis().solve(points, values, targets, SCALES, 1e3)).max() < 1e-4


def test_too_little_noise_for_close_observations_is_refused():
    points = np.zeros((30, 1)) + np.arange(30)[:, None] * 1e-4
    message = r"noise_ratio=1e-12: the covariance of 30 observations is singular.* such as noise_ratio=0\.01"
    with pytest.raises(ValueError, match=message):
        CholeskyAnalysis().solve(points, np.ones(30), [np.zeros(1)], (1.0,), 1e-12)


def test_error_variance_of_one_observation():
    """1 - exp(-2 r^2) / (1 + noise^2): 1 far away, noise^2 / (1 + noise^2) at the observation."""
    at, targets = np.array([[2.0, 1.0, 1.0]]), [np.array([2.0, 4.5, 99.0]), np.array([1.0, 0.3]), np.array([1.0])]
    v = CholeskyAnalysis().variance(at, targets, SCALES, 0.5)
    r2 = np.array([0.0, 0.25, 97**2 / 25])[:, None] + np.array([0.0, 0.49])
    np.testing.assert_allclose(v[:, :, 0], 1 - np.exp(-2 * r2) / 1.25, atol=1e-14)


@pytest.mark.parametrize("n_dims", [1, 2, 3])
def test_error_variance_by_dense_linear_algebra(n_dims):
    """The diagonal of (I - K H) B, and that of the information form's inverse Hessian."""
    points, _ = scattered()
    points, scales = points[:, :n_dims], SCALES[:n_dims]
    targets = [np.linspace(0, 10, 4), np.linspace(0, 3, 5), np.linspace(0, 3, 3)][:n_dims]
    everywhere = np.stack(np.meshgrid(*targets, indexing="ij"), -1).reshape(-1, n_dims)
    HB = matrix(points, everywhere, scales)
    gain = HB.T @ np.linalg.inv(matrix(points, points, scales) + 0.1**2 * np.eye(50))
    expected = np.diag(matrix(everywhere, everywhere, scales) - gain @ HB)
    variance = CholeskyAnalysis().variance(points, targets, scales, 0.1)
    np.testing.assert_allclose(variance.ravel(), expected, atol=1e-10)


def test_error_variance_of_the_information_form():
    grid, observed, noise = np.arange(12.0), np.array([1, 4, 5, 9]), 0.3
    B, H = gaussian(grid, grid, 1.2), np.eye(12)[observed]
    expected = np.diag(np.linalg.inv(np.linalg.inv(B) + H.T @ H / noise**2))
    np.testing.assert_allclose(
        CholeskyAnalysis().variance(grid[observed, None], [grid], (1.2,), noise), expected, atol=1e-8
    )
