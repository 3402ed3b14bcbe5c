"""Random clouds against closed forms of a thresholded Gaussian and the statistics of their design."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import multivariate_normal, norm

from xdvn.osse import Clouds

SHAPE = (91, 64, 64)  # a season


@pytest.fixture(scope="module")
def covers():
    return [Clouds().cover(SHAPE, seed) for seed in range(8)]


def longest_run(column):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def test_share_and_persistence_are_those_of_a_thresholded_gaussian(covers):
    """The share is Phi(0.32 / sqrt(1.25)); consecutive days are bivariate normal with correlation exp(-1 / 1.5)."""
    share = norm.cdf(0.32 / np.sqrt(1.25))
    assert np.mean(covers) == pytest.approx(share, abs=0.02)
    rho = np.exp(-1 / 1.5)
    both = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([0.32 / np.sqrt(1.25)] * 2)
    anomaly = np.stack(covers) - share
    lag = (anomaly[:, 1:] * anomaly[:, :-1]).mean() / (anomaly**2).mean()
    assert lag == pytest.approx((both - share**2) / (share - share**2), abs=0.03)


def test_statistics_of_the_design(covers):
    """A season has 59 % clouds, 5 to 90 % by day, a lag-one correlation of 0.35, a median longest gap of 12 days."""
    by_day = np.concatenate([cover.mean(axis=(1, 2)) for cover in covers])
    assert by_day.mean() == pytest.approx(0.59, abs=0.04)
    assert 0.03 < np.percentile(by_day, 0.5) < 0.25
    assert 0.85 < np.percentile(by_day, 99.5) < 0.98
    anomaly = np.stack(covers) - np.mean(covers)
    assert (anomaly[:, 1:] * anomaly[:, :-1]).mean() / (anomaly**2).mean() == pytest.approx(0.35, abs=0.04)
    gaps = [longest_run(cover[:, i, j]) for cover in covers for i in range(0, 64, 8) for j in range(0, 64, 8)]
    assert np.median(gaps) == pytest.approx(12, abs=2)


def test_the_spectrum_has_its_slope():
    """Before the threshold, amplitudes are k^-1.4, flat beyond the outer scale, with unit variance."""
    clouds = Clouds(outer_scale=32)
    amplitude = clouds._amplitude(256, 256)
    np.testing.assert_allclose(amplitude[0, 20] / amplitude[0, 40], 2**1.4, rtol=1e-12)
    np.testing.assert_allclose(amplitude[0, 2], amplitude[3, 0], rtol=1e-12)
    random = np.random.default_rng(0)
    for rows, columns in ((64, 64), (63, 65), (30, 48)):
        a = clouds._amplitude(rows, columns)
        white = np.fft.rfft2(random.standard_normal((400, rows, columns)))
        assert np.fft.irfft2(a * white, s=(rows, columns)).var() == pytest.approx(1, rel=0.03)


def test_clear_cells_are_unchanged():
    field = xr.DataArray(np.random.default_rng(0).normal(size=(5, 20, 30)), dims=("time", "lat", "lon"))
    hidden = Clouds().hide(field, seed=1)
    cover = Clouds().cover((5, 20, 30), seed=1)
    np.testing.assert_array_equal(hidden.isnull(), cover)
    np.testing.assert_array_equal(hidden.values[~cover], field.values[~cover])
    assert not np.array_equal(cover, Clouds().cover((5, 20, 30), seed=2))
    with pytest.raises(ValueError, match=r"has the dimensions \('lat', 'lon'\): expected three, \(time, y, x\)"):
        Clouds().hide(field[0], seed=0)


def test_invalid_settings_raise_an_error():
    with pytest.raises(ValueError, match="correlation_time=0.0, .*: expected positive scale and time"):
        Clouds(correlation_time=0.0)
