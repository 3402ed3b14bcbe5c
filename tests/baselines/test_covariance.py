"""The Gaussian covariance: its values, and the equality of the product of factors with the dense product."""

import numpy as np
import pytest

from xdvn.baselines.analysis import gaussian, matrix, spread


def test_falls_to_one_over_e_at_one_scale():
    """The challenge's form has no factor 1/2."""
    np.testing.assert_allclose(gaussian(np.array([0.0]), np.array([0.0, 2.0, 4.0]), 2.0), [[1, np.exp(-1), np.exp(-4)]])
    a, b = np.zeros((1, 3)), np.array([[7.0, 1.0, 2.0]])
    np.testing.assert_allclose(matrix(a, b, (7.0, 1.0, 2.0)), np.exp(-3))


@pytest.mark.parametrize("n_dims", [1, 2, 3])
def test_spreading_by_factors_is_the_dense_product(n_dims):
    rng = np.random.default_rng(n_dims)
    points, weights = rng.uniform(0, 3, (40, n_dims)), rng.normal(size=40)
    targets, scales = [np.linspace(0, 3, 4 + d) for d in range(n_dims)], (0.7, 1.0, 1.3)[:n_dims]
    everywhere = np.stack(np.meshgrid(*targets, indexing="ij"), -1).reshape(-1, n_dims)
    dense = matrix(everywhere, points, scales) @ weights
    np.testing.assert_allclose(spread(points, weights, targets, scales).ravel(), dense, atol=1e-13)


def test_is_positive_definite():
    points = np.random.default_rng(0).uniform(0, 5, (60, 3))
    assert np.linalg.eigvalsh(matrix(points, points, (1.0, 1.0, 1.0))).min() > -1e-12
