"""Calibration scores of calibrated, overdispersive and underdispersive predictions, gridded and at points."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from xdvn.metrics import BlockBootstrap, ensemble_scores, uncertainty_scores

N = 40_000


def points(values, **attrs):
    time = pd.date_range("2020-01-01", periods=len(values), freq="30min")
    return xr.DataArray(values, dims="point", coords={"time": ("point", time)}, attrs=attrs)


def predictions(seed=0, factor=1.0, bias=0.0):
    """Return predictions with a spread of ``factor`` times that of the errors, and observations."""
    rng = np.random.default_rng(seed)
    s, m = rng.uniform(0.5, 2.0, N), rng.normal(size=N)
    y = m + bias * s + s * rng.normal(size=N)
    return points(m), points(factor * s), points(y, units="m")


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.5])
def test_scores_of_a_known_spread(factor):
    m, s, y = predictions(0, factor)
    scores = uncertainty_scores(m, s, y)
    assert float(scores.spread_skill) == pytest.approx(factor, rel=0.02)
    assert float(scores.scaled_error_std) == pytest.approx(1 / factor, rel=0.02)
    assert float(scores.scaled_error_mean) == pytest.approx(0, abs=0.03 / factor)
    half = norm.ppf(0.5 + np.array([0.5, 0.6827, 0.9, 0.95]) / 2)
    np.testing.assert_allclose(scores.coverage, norm.cdf(half * factor) - norm.cdf(-half * factor), atol=0.01)
    edges = norm.cdf(norm.ppf(np.linspace(0, 1, 11)) * factor)  # P(Phi(z / factor) < p)
    np.testing.assert_allclose(scores.pit, 10 * np.diff(edges), atol=0.08)
    np.testing.assert_allclose(scores.spread_by_bin / scores.rmse_by_bin, factor, rtol=0.06)
    assert float(scores.spread_by_bin[-1]) > 2 * float(scores.spread_by_bin[0])


def test_bias_shows_in_the_scaled_error():
    scores = uncertainty_scores(*predictions(1, bias=0.5))
    assert float(scores.scaled_error_mean) == pytest.approx(0.5, abs=0.02)
    assert float(scores.scaled_error_std) == pytest.approx(1, rel=0.02)
    assert float(scores.pit[-1]) > 1.5 > 0.7 > float(scores.pit[0])


def test_calibrated_averages():
    s = 0.7
    rng = np.random.default_rng(2)
    y = points(s * rng.normal(size=N), units="m")
    scores = uncertainty_scores(0 * y, points(np.full(N, s)), y)
    assert float(scores.crps) == pytest.approx(0.5642 * s, rel=0.01)
    assert float(scores.nll) == pytest.approx(1.4189 + np.log(s), abs=0.01)
    assert scores.crps.attrs["units"] == "m"


def test_noise_of_the_observations_adds_to_the_spread():
    """A calibrated map is underdispersive against noisy observations without obs_error."""
    m, s, y = predictions(3)
    noise = points(np.random.default_rng(4).uniform(0.5, 1.5, N))
    noisy = y + noise.values * np.random.default_rng(5).normal(size=N)
    assert float(uncertainty_scores(m, s, noisy).spread_skill) < 0.85
    assert float(uncertainty_scores(m, s, noisy, obs_error=noise).spread_skill) == pytest.approx(1, rel=0.02)
    scores = uncertainty_scores(m, 0 * s, m + 2.0 * (noisy - noisy) + 2.0, obs_error=2.0)
    assert float(scores.spread) == 2.0


def test_grids_with_land_in_any_order():
    rng = np.random.default_rng(6)
    coords = {"time": pd.date_range("2020-01-01", periods=20), "lat": np.arange(9.0), "lon": np.arange(8.0)}
    s = xr.DataArray(rng.uniform(1, 2, (20, 9, 8)), coords, ("time", "lat", "lon"))
    m = xr.zeros_like(s)
    y = s * rng.normal(size=s.shape)
    y[:, 3, 3] = np.nan
    scores = uncertainty_scores(m, s, y)
    other = uncertainty_scores(m.transpose("lon", "time", "lat"), s, y.transpose("lat", "lon", "time"))
    xr.testing.assert_allclose(
        scores.drop_vars(["spread_by_bin", "rmse_by_bin"]), other.drop_vars(["spread_by_bin", "rmse_by_bin"])
    )
    inside = (abs(y) <= s).where(y.notnull())
    one = uncertainty_scores(m, s, y, levels=[norm.cdf(1) - norm.cdf(-1)])
    assert float(one.coverage[0]) == pytest.approx(float(inside.mean()), abs=1e-12)
    scores = uncertainty_scores(m, s, y, bootstrap=BlockBootstrap(block_days=4, n=50))
    for name in ("nll", "crps", "spread_skill"):
        assert float(scores[f"{name}_low"]) < float(scores[name]) < float(scores[f"{name}_high"])
    assert scores.coverage_low.dims == ("level",)


def test_every_score_has_attributes():
    scores = uncertainty_scores(*predictions())
    for da in scores.data_vars.values():
        assert {"units", "long_name", "perfect", "orientation"} <= set(da.attrs)
    assert scores.coverage.attrs["perfect"] == [0.5, 0.6827, 0.9, 0.95]
    assert scores.coverage.attrs["orientation"] == "closer"


def test_a_perfect_mean_has_no_ratio():
    y = points(np.arange(20.0))
    scores = uncertainty_scores(y, y * 0 + 1, y)
    assert np.isnan(float(scores.spread_skill))
    assert "error is zero" in scores.spread_skill.attrs["reason"]
    few = uncertainty_scores(y[:4], y[:4] * 0 + 1, y[:4] + 1)
    assert "fewer points than bins" in few.spread_by_bin.attrs["reason"]


def test_ensembles_of_a_known_spread():
    rng = np.random.default_rng(7)
    for width, histogram in ((1.0, None), (0.5, "U"), (2.0, "hump")):
        members = xr.DataArray(width * rng.normal(size=(9, N)), dims=("member", "point"))
        scores = ensemble_scores(members, points(rng.normal(size=N), units="m").drop_vars("time"))
        # E[e^2] = 1 + width^2 / M, E[s^2] = width^2 (M + 1) / M
        ratio = np.sqrt(width**2 * 10 / 9 / (1 + width**2 / 9))
        assert float(scores.spread_skill) == pytest.approx(ratio, rel=0.02)
        ends, middle = float(scores.rank_histogram[[0, -1]].mean()), float(scores.rank_histogram[4:6].mean())
        assert float(scores.rank_histogram.mean()) == pytest.approx(1)
        if histogram is None:
            np.testing.assert_allclose(scores.rank_histogram, 1, atol=0.08)
            assert float(scores.crps) == pytest.approx(0.5642, abs=0.01)
        else:
            assert (ends > 1.5 * middle) == (histogram == "U")
            assert (middle > 1.5 * ends) == (histogram == "hump")


def test_ensemble_against_noisy_observations():
    rng = np.random.default_rng(8)
    members, truth = points(rng.normal(size=N)), points(rng.normal(size=N))
    members = xr.DataArray(rng.normal(size=(9, N)), dims=("member", "point"), coords=truth.coords)
    noisy = truth + 1.5 * rng.normal(size=N)
    assert float(ensemble_scores(members, noisy).rank_histogram[0]) > 2
    scores = ensemble_scores(members, noisy, obs_error=1.5)
    np.testing.assert_allclose(scores.rank_histogram, 1, atol=0.08)
    assert float(scores.spread_skill) == pytest.approx(1, rel=0.02)
    again = ensemble_scores(members, noisy, obs_error=1.5)
    xr.testing.assert_identical(scores, again)
    assert float(ensemble_scores(members, noisy, obs_error=1.5, seed=1).crps) != float(scores.crps)


def test_ties_share_their_ranks():
    members = xr.DataArray(np.array([[0.0], [1.0], [1.0], [2.0]]), dims=("member", "point"))
    scores = ensemble_scores(members, xr.DataArray([1.0], dims="point"))
    np.testing.assert_allclose(scores.rank_histogram, 5 * np.array([0, 1 / 3, 1 / 3, 1 / 3, 0]))
    equal = ensemble_scores(members * 0, xr.DataArray([0.0], dims="point"))
    np.testing.assert_allclose(equal.rank_histogram, 1)
    assert "error is zero" in equal.spread_skill.attrs["reason"]


def test_ensemble_intervals():
    rng = np.random.default_rng(9)
    truth = points(rng.normal(size=2000))
    members = xr.DataArray(rng.normal(size=(2000, 5)), dims=("point", "number"), coords=truth.coords)
    scores = ensemble_scores(members, truth, member="number", bootstrap=BlockBootstrap(block_days=5, n=50))
    assert float(scores.crps_low) < float(scores.crps) < float(scores.crps_high)
    assert scores.rank_histogram_high.dims == ("rank",)


def test_errors_name_a_cure():
    m, s, y = predictions()
    with pytest.raises(ValueError, match="std has the minimum -.*: expected positive values at every observation"):
        uncertainty_scores(m, -s, y)
    with pytest.raises(ValueError, match="std has the minimum 0: expected positive .*Zeros need obs_error= above 0"):
        uncertainty_scores(m, 0 * s, y)
    with pytest.raises(ValueError, match=r"mean has no finite value at 1 of 40000 points .*Fill them"):
        uncertainty_scores(m.where(m != m[3]), s, y)
    with pytest.raises(
        ValueError, match=r"'point' has no coordinate, 39999 values in std and 40000 in observed: expected the same"
    ):
        uncertainty_scores(m, s[:-1], y)
    with pytest.raises(ValueError, match=r"std has the dimensions \('x',\): expected \('point',\) in any order"):
        uncertainty_scores(m, s.rename(point="x"), y)
    with pytest.raises(ValueError, match="is in 'cm', the truth .*Convert one"):
        uncertainty_scores(m.assign_attrs(units="cm"), s, y)
    with pytest.raises(ValueError, match="has no finite value: expected observations. Check its fill value"):
        uncertainty_scores(m, s, y * np.nan)
    with pytest.raises(ValueError, match=r"levels=\[95\], n_bins=10: expected probabilities between 0 and 1"):
        uncertainty_scores(m, s, y, levels=[95])
    with pytest.raises(ValueError, match="obs_error has the minimum -1: expected 0 or more at every observation"):
        uncertainty_scores(m, s, y, obs_error=-1.0)
    with pytest.raises(ValueError, match="obs_error has the minimum nan: expected 0 or more"):
        uncertainty_scores(m, s, y, obs_error=s * np.nan)
    undated = [da.drop_vars("time") for da in (m, s, y)]
    with pytest.raises(ValueError, match=r"have no dates: expected one coordinate of dates .*assign_coords\(time="):
        uncertainty_scores(*undated, bootstrap=BlockBootstrap())
    with pytest.raises(ValueError, match="expected at least 2 members along 'member'. Pass"):
        ensemble_scores(m.expand_dims("member"), y)
    with pytest.raises(ValueError, match="expected at least 2 members along 'member'. Pass"):
        ensemble_scores(m, y)
