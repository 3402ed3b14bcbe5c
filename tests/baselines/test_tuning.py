"""Initial scales, the choice of days, and the search for the minimum."""

import numpy as np
import pytest

from xdvn.baselines.tuning import decorrelation_scales, fit_error_covariance, minimise_log_parameters, spread_days


def test_decorrelation_of_a_wave():
    """cos(k x) has the correlation cos(k d): 1/e at arccos(1/e) / k, for any direction and mask."""
    t, x = np.arange(0, 60, 0.25), np.linspace(100, 0, 801)
    wave = np.cos(0.5 * t[:, None] + 2.0 * x)
    expected = np.arccos(np.exp(-1)) / np.array([0.5, 2.0])
    np.testing.assert_allclose(decorrelation_scales(wave, [t, x]), expected, rtol=0.03)
    holes = np.where(np.random.default_rng(0).random(wave.shape) < 0.4, np.nan, wave)
    np.testing.assert_allclose(decorrelation_scales(holes, [t, x]), expected, rtol=0.03)


def test_a_field_that_never_decorrelates_gets_half_its_extent():
    field = np.ones((8, 5)) * np.cos(np.arange(8.0) * 2)[:, None]
    assert decorrelation_scales(field, [np.arange(8.0), np.arange(5.0)])[1] == 2.0


def test_a_constant_truth_is_an_error():
    with pytest.raises(ValueError, match="the truth is equal to its mean everywhere: expected a variance above 0. Ch"):
        decorrelation_scales(np.zeros((4, 4)), [np.arange(4.0)] * 2)


def test_days_are_spread():
    groups = spread_days(np.arange(231.0), 24, scale=16.0)
    assert [len(g) for g in groups] == [8, 8, 8]
    assert all((np.diff(g) == 4).all() for g in groups), "a quarter of the scale apart"
    centres = np.array([g.mean() for g in groups])
    np.testing.assert_allclose(centres, 231 / 3 * (np.arange(3) + 0.5), atol=3)
    short = spread_days(np.arange(5.0), 24, scale=16.0)
    assert all(0 <= g.min() and g.max() < 5 for g in short)
    assert [g.tolist() for g in spread_days(np.zeros(1), 3, 1.0)] == [[0]]


def test_days_must_be_positive():
    with pytest.raises(ValueError, match="days=0: expected at least 1"):
        spread_days(np.arange(10.0), 0, 1.0)


def test_simplex_finds_the_minimum():
    """A function similar to the error of a map, of four logarithms, from a start within a factor of 1.5."""
    optimum, calls = np.array([6.0, 0.7, 0.9, 0.15]), []

    def error(parameters, fine):
        calls.append(fine)
        d = np.log(parameters / optimum)
        return float(0.14 * (1 + 0.5 * (d[0] + d[3]) ** 2 + 0.3 * (d**2).sum()))

    found = minimise_log_parameters(error, (7.5, 0.9, 1.0, 0.1), progress=False)
    assert error(np.array(found), True) < 0.1405
    assert calls == sorted(calls), "first coarse, then fine"
    assert len(calls) <= 42


def test_maximum_likelihood_recovers_the_parameters():
    """The variance depends on both parameters; squares drawn with (1.3, 0.08) recover them."""
    rng = np.random.default_rng(0)
    distance = rng.uniform(0, 1, 4000)

    def variance(scale_factor, noise):
        return 0.02 * distance**2 / scale_factor**2 + noise**2

    squares = variance(1.3, 0.08) * rng.normal(size=4000) ** 2
    squares[::7] = np.nan
    calls = []
    found = fit_error_covariance(lambda s, n: calls.append(s) or variance(s, n), squares, 0.2)
    np.testing.assert_allclose(found, (1.3, 0.08), rtol=0.08)
    assert len(calls) <= 26
