"""Where to start, where to look, and finding the bottom of a valley."""

import numpy as np
import pytest

from xdvn.baselines.tuning import decorrelation_scales, minimise_in_logs, most_likely_errors, spread_days


def test_decorrelation_of_a_wave():
    """cos(k x) has the correlation cos(k d): 1/e at arccos(1/e) / k, whatever the direction or the mask."""
    t, x = np.arange(0, 60, 0.25), np.linspace(100, 0, 801)
    wave = np.cos(0.5 * t[:, None] + 2.0 * x)
    expected = np.arccos(np.exp(-1)) / np.array([0.5, 2.0])
    np.testing.assert_allclose(decorrelation_scales(wave, [t, x]), expected, rtol=0.03)
    holes = np.where(np.random.default_rng(0).random(wave.shape) < 0.4, np.nan, wave)
    np.testing.assert_allclose(decorrelation_scales(holes, [t, x]), expected, rtol=0.03)


def test_a_field_that_never_decorrelates_gets_half_its_extent():
    field = np.ones((8, 5)) * np.cos(np.arange(8.0) * 2)[:, None]
    assert decorrelation_scales(field, [np.arange(8.0), np.arange(5.0)])[1] == 2.0


def test_nothing_to_find():
    with pytest.raises(ValueError, match="does not depart from its mean anywhere"):
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


def test_simplex_finds_the_bottom():
    """A valley like that of a map's error, in four logarithms, from a start within a factor of 1.5."""
    bottom, calls = np.array([6.0, 0.7, 0.9, 0.15]), []

    def error(parameters, fine):
        calls.append(fine)
        d = np.log(parameters / bottom)
        return float(0.14 * (1 + 0.5 * (d[0] + d[3]) ** 2 + 0.3 * (d**2).sum()))

    found = minimise_in_logs(error, (7.5, 0.9, 1.0, 0.1), progress=False)
    assert error(np.array(found), True) < 0.1405
    assert calls == sorted(calls), "first coarse, then fine"
    assert len(calls) <= 42


def test_most_likely_errors_are_those_that_were_drawn():
    """Variances depend on both numbers, in different ways; squares drawn with (1.3, 0.08) give them back."""
    rng = np.random.default_rng(0)
    near = rng.uniform(0, 1, 4000)

    def variance(stretch, noise):
        return 0.02 * near**2 / stretch**2 + noise**2

    squares = variance(1.3, 0.08) * rng.normal(size=4000) ** 2
    squares[::7] = np.nan
    looked = []
    found = most_likely_errors(lambda s, n: looked.append(s) or variance(s, n), squares, 0.2)
    np.testing.assert_allclose(found, (1.3, 0.08), rtol=0.08)
    assert len(looked) <= 26
