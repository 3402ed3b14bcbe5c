"""Covariances of all pairs of points of a grid, and their eigenvalues."""

import math

import numpy as np
import pytest

from xdvn.core.priors import ExponentialCovariance, Matern32Covariance

AXES = [np.array([0.0, 3.0, 5.0]), np.array([1.0, 2.0, 4.0, 8.0])]
FORMS = {
    ExponentialCovariance: lambda r: math.exp(-r),
    Matern32Covariance: lambda r: (1 + math.sqrt(3) * r) * math.exp(-math.sqrt(3) * r),
}


@pytest.mark.parametrize("cls", FORMS)
def test_the_covariance_of_every_pair_of_points(cls):
    B = cls((2.0, 5.0), variance=3.0, nugget=0.25).matrix(AXES)
    points = [(a, b) for a in AXES[0] for b in AXES[1]]
    for i, (a, b) in enumerate(points):
        for j, (c, d) in enumerate(points):
            expected = 3 * FORMS[cls](math.hypot((a - c) / 2, (b - d) / 5)) + 0.25 * (i == j)
            assert math.isclose(B[i, j], expected, rel_tol=1e-12)


@pytest.mark.parametrize("cls", FORMS)
def test_the_matrix_is_positive_definite_and_the_nugget_its_lower_bound(cls):
    grid = [np.linspace(0, 1, 8), np.linspace(0, 1, 6)]
    assert np.linalg.eigvalsh(cls((1.0, 1.0)).matrix(grid)).min() > 0
    assert np.linalg.eigvalsh(cls((1.0, 1.0), nugget=0.1).matrix(grid)).min() >= 0.1


@pytest.mark.parametrize("cls", FORMS)
def test_wrong_parameters_and_coordinates_are_refused(cls):
    with pytest.raises(ValueError, match=r"scales=\(1\.0, 0\.0\): expected positive numbers\. Give a length"):
        cls((1.0, 0.0))
    with pytest.raises(
        ValueError, match=r"variance=1\.0, nugget=-0\.1: expected variance > 0 and nugget >= 0\. Give both"
    ):
        cls((1.0,), nugget=-0.1)
    with pytest.raises(ValueError, match=r"scales=\(1\.0,\): expected 2 values\. Give one scale for each"):
        cls((1.0,)).matrix(AXES)
    with pytest.raises(ValueError, match=r"axes with NaN or infinite coordinates: expected finite ones\. Give"):
        cls((1.0,)).matrix([np.array([0.0, np.nan])])
