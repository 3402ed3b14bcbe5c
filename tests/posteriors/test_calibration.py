"""A correction finds what was wrong, says so, and does not touch what was right."""

import numpy as np
import pytest
import xarray as xr

import xdvn
from xdvn.metrics import uncertainty_scores
from xdvn.posteriors import Calibration, Ensemble, Recalibrated


def predictions(factor, floor, seed=0, n=40_000):
    """Errors of sqrt((factor s)^2 + floor^2) where s is told."""
    rng = np.random.default_rng(seed)
    std = xr.DataArray(rng.uniform(0.2, 1.0, n), dims="point", attrs={"units": "m", "comment": "raw"})
    truth = xr.DataArray(rng.normal(size=n) * np.sqrt((factor * std.values) ** 2 + floor**2), dims="point")
    return 0 * std, std, truth


@pytest.mark.parametrize(("factor", "floor"), [(1.0, 0.0), (3.0, 0.5), (0.5, 0.2)])
def test_what_was_wrong_is_found_and_calibrated_elsewhere(factor, floor):
    found = Calibration.fit(*predictions(factor, floor))
    assert np.isclose(found.factor, factor, rtol=0.06)
    assert abs(found.floor - floor) < 0.1
    mean, std, truth = predictions(factor, floor, seed=1)
    scores = uncertainty_scores(mean, found.apply(std), truth)
    assert np.isclose(scores.spread_skill, 1, atol=0.02)
    assert np.isclose(scores.coverage.sel(level=0.9), 0.9, atol=0.01)


def test_the_error_of_the_observations_is_not_blamed_on_the_map():
    mean, std, truth = predictions(2.0, 0.0)
    noisy = truth + np.random.default_rng(5).normal(0, 0.7, truth.shape)
    found = Calibration.fit(mean, std, noisy, obs_error=0.7)
    assert np.isclose(found.factor, 2.0, rtol=0.06)
    assert Calibration.fit(mean, std, noisy).floor > 0.4


def test_attributes_tell_what_was_done():
    std = predictions(1.0, 0.0)[1]
    told = Calibration(1.5, 0.01, "2013-08-20 to 2013-09-30").apply(std).attrs
    assert told["recalibrated"] == "sqrt((1.5 s)^2 + 0.01^2), found on 2013-08-20 to 2013-09-30"
    assert told["units"] == "m"
    assert "comment" not in told


def test_a_posterior_corrected_on_some_days_is_right_on_others(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh", noise=0.1)
    early, late = small_twin.isel(time=slice(20)), small_twin.isel(time=slice(20, 40))
    raw = Ensemble(6, obs_error=0.01)
    right = Recalibrated.on(early, oi, early.ssh, raw)
    assert right.calibrations["ssh"].source.startswith("2012-10-01 to 2012-10-20")
    maps = late.dvn.reconstruct(oi, posterior=right, samples=True)
    before = raw.reconstruct(late, oi)
    skill = [float(uncertainty_scores(m.ssh, m.ssh_std, late.ssh).spread_skill) for m in (before, maps)]
    assert abs(np.log(skill[1])) < abs(np.log(skill[0]))
    assert np.allclose(maps.ssh_sample.std("sample", ddof=1), maps.ssh_std, rtol=1e-3)
    assert "found on" in maps.ssh_std.attrs["recalibrated"]


def test_refusals_teach(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    with pytest.raises(KeyError, match="no calibration for 'ssh'"):
        Recalibrated(Ensemble(2, obs_error=0.1)).reconstruct(small_twin.isel(time=slice(8)), oi)
    mean, std, truth = predictions(1.0, 0.0, n=10)
    with pytest.raises(ValueError, match="share no known point"):
        Calibration.fit(mean, std, truth * np.nan)
