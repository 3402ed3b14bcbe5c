"""Gridded scores against closed forms and the code of the challenge, invariances, and errors of arguments."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import xrft
from scipy.stats import norm, t

from xdvn.metrics import BlockBootstrap, gridded_scores


def field(seed=0, shape=(12, 9, 16), std=1.0, offset=0.0):
    values = offset + std * np.random.default_rng(seed).normal(size=shape)
    coords = {
        "time": pd.date_range("2012-10-22", periods=shape[0]),
        "lat": ("lat", 33 + 0.2 * np.arange(shape[1]), {"units": "degrees_north"}),
        "lon": ("lon", -65 + 0.2 * np.arange(shape[2]), {"units": "degrees_east"}),
    }
    return xr.DataArray(values, coords, ("time", "lat", "lon"), name="ssh", attrs={"units": "m"})


@pytest.mark.parametrize("factor", [0.9, 1.25, 0.0, -1.0])
def test_scaled_truth(factor):
    """For x = a y, mu is 1 - |1 - a| on every day, and the spectral score 1 - (1 - a)^2 at every scale."""
    truth = field()
    scores = gridded_scores(factor * truth, truth)
    assert float(scores.mu) == pytest.approx(1 - abs(1 - factor), abs=1e-12)
    assert float(scores.sigma) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(scores.spectral_score, 1 - (1 - factor) ** 2, atol=1e-9)
    assert np.isnan(float(scores.lambda_x))
    assert np.isnan(float(scores.lambda_t))
    expected = "all scales of the grid are resolved" if abs(1 - factor) < 0.5**0.5 else "no scale is resolved"
    for name in ("lambda_x", "lambda_t", "lambda_x_both", "lambda_t_both", "lambda_r"):
        assert expected in scores[name].attrs["reason"]


def test_perfect_map():
    scores = gridded_scores(field(), field(), mean=field().mean("time"))
    for name in ("mu", "sigma", "rmse", "mu_anomaly"):
        assert float(scores[name]) == scores[name].attrs["perfect"]
    assert float(scores.spectral_score.min()) == 1


def test_pooled_mu_is_not_the_mean_of_daily_scores():
    """mu pools squares; sigma is the population standard deviation of the daily scores."""
    truth = field(shape=(2, 4, 4)) * 0 + xr.DataArray([1.0, 3.0], dims="time")
    scores = gridded_scores(truth + xr.DataArray([0.5, 0.3], dims="time"), truth)
    assert float(scores.mu) == pytest.approx(1 - np.sqrt((0.5**2 + 0.3**2) / (1 + 9)))
    assert float(scores.sigma) == pytest.approx((0.9 - 0.5) / 2)
    np.testing.assert_allclose(scores.rmse_by_time, [0.5, 0.3])
    assert float(scores.rmse) == pytest.approx(np.sqrt((0.25 + 0.09) / 2))


def test_mu_of_independent_noise():
    """Noise of std s on a truth of std 1 has mu = 1 - s, within sampling error."""
    truth, noise = field(1, (40, 30, 30)), field(2, (40, 30, 30), std=0.2)
    assert float(gridded_scores(truth + noise.values, truth).mu) == pytest.approx(0.8, abs=0.004)


def test_mu_anomaly_excludes_the_mean():
    """With a mean ten times the eddies, the mean alone has a high mu and a mu_anomaly of 0."""
    truth = field(3, offset=10.0)
    mean = xr.full_like(truth.isel(time=0, drop=True), 10.0)
    scores = gridded_scores(xr.full_like(truth, 10.0), truth, mean=mean)
    assert float(scores.mu) > 0.85
    assert float(scores.mu_anomaly) == pytest.approx(0, abs=1e-12)
    half = gridded_scores(mean + 0.5 * (truth - mean), truth, mean=mean)
    assert float(half.mu_anomaly) == pytest.approx(0.5, abs=1e-12)
    by_row = gridded_scores(mean + 0.5 * (truth - mean), truth, mean=mean.isel(lon=0, drop=True))
    assert float(by_row.mu_anomaly) == pytest.approx(0.5, abs=1e-12)


def test_order_of_storage_does_not_matter():
    truth, other = field(4), field(5, std=0.7)
    reconstruction = truth + other.values
    mean = truth.mean("time")
    reference = gridded_scores(reconstruction, truth, mean=mean)
    reverse = {"lat": slice(None, None, -1), "lon": slice(None, None, -1)}
    for change in (
        lambda da: da.transpose("lon", "lat", ...),
        lambda da: da.isel(reverse),
        lambda da: da.assign_coords(time=np.arange(12.0)) if "time" in da.dims else da,
        lambda da: da.astype(np.float32),
    ):
        scores = gridded_scores(change(reconstruction), change(truth), mean=change(mean))
        for name in ("mu", "sigma", "rmse", "mu_anomaly", "lambda_x", "lambda_t", "lambda_x_both"):
            assert float(scores[name]) == pytest.approx(float(reference[name]), rel=1e-5, nan_ok=True), name
    assert np.isfinite(float(reference.lambda_x))
    mixed = gridded_scores(reconstruction.transpose("lon", "time", "lat"), truth)
    assert float(mixed.mu) == float(reference.mu)


def test_other_names_and_one_horizontal_dimension():
    truth = field(6).rename(time="t", lat="row", lon="col").drop_vars(["t", "row", "col"])
    reconstruction = truth + field(7, std=0.3).values
    scores = gridded_scores(reconstruction, truth, dims={"T": "t", "Y": "row", "X": "col"})
    assert float(scores.mu) == pytest.approx(float(gridded_scores(field(6) + field(7, std=0.3).values, field(6)).mu))
    section = gridded_scores(reconstruction[:, 2], truth[:, 2], dims={"T": "t", "X": "col"})
    assert section.spectral_score.shape == (5, 7)


def test_land_is_not_scored():
    """Cells where the truth is NaN are not scored; rows with land are not in the spectrum."""
    truth, noise = field(8), field(9, std=0.3)
    reconstruction = truth + noise.values
    land = truth.copy()
    land[:, :3, 4:7] = np.nan
    scores = gridded_scores(reconstruction, land)
    error, signal = noise.values[np.isfinite(land.values)], land.values[np.isfinite(land.values)]
    assert float(scores.mu) == pytest.approx(1 - np.sqrt((error**2).mean() / (signal**2).mean()))
    south = gridded_scores(reconstruction[:, 3:], truth[:, 3:])
    np.testing.assert_allclose(scores.spectral_score, south.spectral_score)
    assert float(scores.lambda_x) == pytest.approx(float(south.lambda_x), nan_ok=True)
    nan_there = gridded_scores(reconstruction.where(land.notnull()), land)
    assert float(nan_there.mu) == float(scores.mu)


def test_without_a_complete_row_there_is_no_scale():
    truth = field(10)
    truth[:, :, 0] = np.nan
    scores = gridded_scores(0.9 * truth, truth)
    assert float(scores.mu) == pytest.approx(0.9)
    assert np.isnan(float(scores.lambda_x))
    assert bool(scores.spectral_score.isnull().all())
    for name in ("spectral_score", "lambda_x", "lambda_t_both"):
        assert "the truth has NaN in every row" in scores[name].attrs["reason"]
    assert "land" in scores.lambda_r.attrs["reason"]


def test_a_day_without_truth_has_no_score():
    truth = field(11)
    truth[4] = np.nan
    scores = gridded_scores(0.7 * truth, truth)
    assert np.isnan(scores.rmse_by_time.values[4])
    assert "the truth is NaN at that time" in scores.rmse_by_time.attrs["reason"]
    assert float(scores.mu) == pytest.approx(0.7)
    assert float(scores.sigma) == pytest.approx(0, abs=1e-12)


def test_every_score_has_attributes():
    scores = gridded_scores(0.9 * field(), field(), mean=field().mean("time"))
    assert set(scores.data_vars) == {
        "mu", "sigma", "rmse", "rmse_by_time", "mu_anomaly", "spectral_score", "lambda_x", "lambda_t", "lambda_x_both",
        "lambda_t_both", "lambda_r", "spectral_score_isotropic",
    }  # fmt: skip
    for da in scores.data_vars.values():
        reason = {"reason"} if bool(da.isnull().any()) else set()
        assert set(da.attrs) == {"units", "long_name", "perfect", "orientation"} | reason
    assert scores.lambda_x.attrs["units"] == "degrees"
    assert scores.lambda_t.attrs["units"] == "days"
    assert scores.rmse.attrs["units"] == "m"
    np.testing.assert_allclose(scores.wavelength[:3], [3.2, 1.6, 3.2 / 3])
    np.testing.assert_allclose(scores.period[:3], [12, 6, 4])


def test_errors_name_a_cure():
    truth = field()
    with pytest.raises(
        ValueError, match=r"the reconstruction has .*'y'.*: expected \('time', 'lat', 'lon'\) .*rename with \.rename"
    ):
        gridded_scores(truth.rename(lat="y"), truth)
    with pytest.raises(ValueError, match=r"is in 'cm', the truth 'ssh' in 'm'. .*assign_attrs\(units='m'\)"):
        gridded_scores(truth.assign_attrs(units="cm"), truth)
    with pytest.raises(ValueError, match=r"got 5 from .* 12 from .*truth\.sel\(time=reconstruction\['time'\]"):
        gridded_scores(truth[:5], truth)
    with pytest.raises(ValueError, match=r"Interpolate with reconstruction\.interp\(lon"):
        gridded_scores(truth.assign_coords(lon=truth.lon + 0.1), truth)
    holes = truth.copy()
    holes[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match=r"at 1 of 1728 points .* isel\(time=3, lat=2, lon=1\). Fill them"):
        gridded_scores(holes, truth)
    with pytest.raises(ValueError, match="has no finite value. Check its fill value"):
        gridded_scores(truth, truth * np.nan)
    with pytest.raises(
        ValueError, match=r"mean= has .*: expected the horizontal ones .*Use training_truth\.mean\('time'\)"
    ):
        gridded_scores(truth, truth, mean=truth)
    with pytest.raises(ValueError, match=r"mean and truth differ along 'lat': got .*truth\.sel\(lat=mean\['lat'\]"):
        gridded_scores(truth, truth, mean=truth.mean("time").isel(lat=slice(1, None)))
    with pytest.raises(ValueError, match=r"mean= has NaN .*: expected numbers. Fill it, as with mean\.fillna"):
        gridded_scores(truth, truth, mean=truth.mean("time") * np.nan)
    uneven = truth.isel(time=[0, 1, 2, 4, 5, 9])
    with pytest.raises(ValueError, match="'time' has steps of 1 to 4: expected even spacing .*np.linspace"):
        gridded_scores(uneven, uneven)


def challenge(reconstruction, truth):
    """Return mu and sigma as in the notebook of the challenge, computed with xarray."""
    error = reconstruction - truth
    by_day = 1 - (error**2).mean(("lon", "lat")) ** 0.5 / (truth**2).mean(("lon", "lat")) ** 0.5
    pooled = 1 - float((error**2).mean()) ** 0.5 / float((truth**2).mean()) ** 0.5
    return pooled, float(by_day.std())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mu_and_sigma_equal_those_of_the_challenge(seed):
    amplitude = xr.DataArray(np.linspace(0.5, 2.0, 12), dims="time")
    truth = field(seed, offset=0.3) * amplitude
    reconstruction = truth + field(seed + 10, std=0.4).values
    scores = gridded_scores(reconstruction, truth)
    mu, sigma = challenge(reconstruction, truth)
    assert float(scores.mu) == pytest.approx(mu, abs=1e-12)
    assert float(scores.sigma) == pytest.approx(sigma, abs=1e-12)
    assert sigma > 0.01


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_spectrum_equals_that_of_xrft():
    """The labelled result and its axes equal those of xrft."""
    truth, error = field(0).cumsum("lon").cumsum("time"), field(1, std=2.0)
    scores = gridded_scores(truth + error.values, truth)
    psd = [
        xrft.power_spectrum(
            da.assign_coords(time=np.arange(12.0)), dim=["time", "lon"], detrend="constant", window="hann"
        ).mean("lat")
        for da in (error, truth)
    ]
    ratio = 1 - psd[0] / psd[1]
    ratio = ratio.where((ratio.freq_lon > 0) & (ratio.freq_time > 0), drop=True).transpose("freq_time", "freq_lon")
    np.testing.assert_allclose(scores.spectral_score, ratio, rtol=1e-6)
    np.testing.assert_allclose(scores.wavelength, 1 / ratio.freq_lon, rtol=1e-9)
    np.testing.assert_allclose(scores.period, 1 / ratio.freq_time, rtol=1e-9)


def test_a_truth_without_signal_is_nan_with_a_reason():
    truth = field() * 0
    scores = gridded_scores(truth + 1.0, truth)
    assert np.isnan(float(scores.mu))
    assert np.isnan(float(scores.sigma))
    assert "the truth is zero" in scores.mu.attrs["reason"]
    assert float(scores.rmse) == 1.0
    assert "no power" in scores.lambda_x.attrs["reason"]


def test_isotropic_scale_needs_units():
    truth = field().drop_vars(["lat", "lon"])
    scores = gridded_scores(0.9 * truth, truth, dims={"Y": "lat", "X": "lon"})
    assert "expected degrees, m or km" in scores.lambda_r.attrs["reason"]
    metres = field().assign_coords(
        lat=("lat", 1e4 * np.arange(9.0), {"units": "m"}), lon=("lon", 6.0 * np.arange(16.0), {"units": "km"})
    )
    dims = {"Y": "lat", "X": "lon"}
    np.testing.assert_allclose(gridded_scores(0.9 * metres, metres, dims=dims).wavelength_isotropic[0], 80, rtol=0.1)


def test_intervals_by_blocks():
    """Scores lie in their intervals; the interval of mu is the bootstrap of its formula."""
    truth, error = field(0, (60, 12, 16)).cumsum("lon"), field(1, (60, 12, 16), std=2.0)
    bootstrap = BlockBootstrap(block_days=5, block_km=70.0, n=40)
    scores = gridded_scores(truth + error.values, truth, mean=truth.mean("time") * 0.5, bootstrap=bootstrap)
    for name in (
        "mu",
        "sigma",
        "rmse",
        "mu_anomaly",
        "lambda_x",
        "lambda_t",
        "lambda_x_both",
        "lambda_t_both",
        "lambda_r",
    ):
        low, value, high = (float(scores[n]) for n in (f"{name}_low", name, f"{name}_high"))
        # A spread or a minimum of resampled days is biased.
        assert low - 0.2 * (high - low) <= value <= high + 0.2 * (high - low), name
        assert scores[f"{name}_low"].attrs["units"] == scores[name].attrs["units"]
    assert scores.mu_low.attrs["long_name"].startswith("5 % bound of 1 - RMSE")
    e2, s2 = ((da.values**2).sum((1, 2)) for da in (error, truth))
    expected = [1 - np.sqrt(e2[i].sum() / s2[i].sum()) for i in bootstrap.draws(np.arange(60), 5)]
    tail = norm.cdf(-np.sqrt(12 / 11) * t.ppf(0.95, 11))  # twelve blocks
    np.testing.assert_allclose([scores.mu_low, scores.mu_high], np.quantile(expected, [tail, 1 - tail]), rtol=1e-9)


def test_missing_intervals_have_a_reason():
    truth = field(0, (30, 6, 16))
    scores = gridded_scores(0.9 * truth, truth, bootstrap=BlockBootstrap(block_days=5, n=10))
    assert "less than two blocks of 200 km" in scores.lambda_x_low.attrs["reason"]
    assert "more than a tenth" in scores.lambda_r_low.attrs["reason"]
    index = truth.drop_vars(["lat", "lon"])
    scores = gridded_scores(
        0.9 * index, index, dims={"Y": "lat", "X": "lon"}, bootstrap=BlockBootstrap(block_days=5, n=10)
    )
    assert "rows cannot be resampled" in scores.lambda_x_low.attrs["reason"]
