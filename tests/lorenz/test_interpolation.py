"""Comparison of the interpolation with numpy.interp, series by series."""

import numpy as np
import pytest

from benchmarks.lorenz import EdgeMode, interpolate

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("edges", EdgeMode)
def test_equals_numpy_series_by_series(edges):
    values, mask = RNG.normal(size=(2, 4, 30, 3)), RNG.random((4, 30, 3)) < 0.3
    found = interpolate(np.where(mask, values, np.nan), mask, edges)
    outside = {} if edges is EdgeMode.HELD else {"left": 0.0, "right": 0.0}
    for window, cell, variable in np.ndindex(2, 4, 3):
        times = np.flatnonzero(mask[cell, :, variable])
        expected = np.interp(np.arange(30), times, values[window, cell, times, variable], **outside)
        np.testing.assert_allclose(found[window, cell, :, variable], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("edges", EdgeMode)
def test_a_series_without_observations_is_zero(edges):
    assert not interpolate(np.ones((1, 5, 1)), np.zeros((5, 1), bool), edges).any()
