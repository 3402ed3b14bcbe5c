"""Covariances of a grid, pair by pair, and their spectra."""

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
def test_every_pair_of_points(cls):
    B = cls((2.0, 5.0), variance=3.0, nugget=0.25).matrix(AXES)
    points = [(a, b) for a in AXES[0] for b in AXES[1]]
    for i, (a, b) in enumerate(points):
        for j, (c, d) in enumerate(points):
            expected = 3 * FORMS[cls](math.hypot((a - c) / 2, (b - d) / 5)) + 0.25 * (i == j)
            assert math.isclose(B[i, j], expected, rel_tol=1e-12)


@pytest.mark.parametrize("cls", FORMS)
def test_positive_definite_and_bounded_below_by_the_nugget(cls):
    grid = [np.linspace(0, 1, 8), np.linspace(0, 1, 6)]
    assert np.linalg.eigvalsh(cls((1.0, 1.0)).matrix(grid)).min() > 0
    assert np.linalg.eigvalsh(cls((1.0, 1.0), nugget=0.1).matrix(grid)).min() >= 0.1


@pytest.mark.parametrize("cls", FORMS)
def test_what_is_no_covariance_is_refused(cls):
    with pytest.raises(ValueError, match="every one must be positive"):
        cls((1.0, 0.0))
    with pytest.raises(ValueError, match="the first must be positive, the second not negative"):
        cls((1.0,), nugget=-0.1)
    with pytest.raises(ValueError, match="1 scales for 2 axes; give one scale for each axis"):
        cls((1.0,)).matrix(AXES)
    with pytest.raises(ValueError, match="a coordinate is NaN"):
        cls((1.0,)).matrix([np.array([0.0, np.nan])])
