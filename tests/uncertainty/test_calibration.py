"""Calibration recovers a known factor and floor, and records them in the attributes."""

import numpy as np
import pytest
import xarray as xr

import xdvn
from xdvn.metrics import uncertainty_scores
from xdvn.uncertainty import Calibrated, Calibration, Ensemble


def predictions(factor, floor, seed=0, n=40_000):
    """Return predictions of standard deviation s with errors of standard deviation sqrt((factor s)^2 + floor^2)."""
    rng = np.random.default_rng(seed)
    std = xr.DataArray(rng.uniform(0.2, 1.0, n), dims="point", attrs={"units": "m", "comment": "raw"})
    truth = xr.DataArray(rng.normal(size=n) * np.sqrt((factor * std.values) ** 2 + floor**2), dims="point")
    return 0 * std, std, truth


@pytest.mark.parametrize(("factor", "floor"), [(1.0, 0.0), (3.0, 0.5), (0.5, 0.2)])
def test_factor_and_floor_are_recovered_and_calibrate_independent_data(factor, floor):
    calibration = Calibration.fit(*predictions(factor, floor))
    assert np.isclose(calibration.factor, factor, rtol=0.06)
    assert abs(calibration.floor - floor) < 0.1
    mean, std, truth = predictions(factor, floor, seed=1)
    scores = uncertainty_scores(mean, calibration.apply(std), truth)
    assert np.isclose(scores.spread_skill, 1, atol=0.02)
    assert np.isclose(scores.coverage.sel(level=0.9), 0.9, atol=0.01)


def test_the_error_of_the_observations_is_not_part_of_the_calibration():
    mean, std, truth = predictions(2.0, 0.0)
    noisy = truth + np.random.default_rng(5).normal(0, 0.7, truth.shape)
    calibration = Calibration.fit(mean, std, noisy, obs_error=0.7)
    assert np.isclose(calibration.factor, 2.0, rtol=0.06)
    assert Calibration.fit(mean, std, noisy).floor > 0.4


def test_attributes_state_the_calibration():
    std = predictions(1.0, 0.0)[1]
    attrs = Calibration(1.5, 0.01, "2013-08-20 to 2013-09-30").apply(std).attrs
    assert attrs["calibrated"] == "sqrt((1.5 s)^2 + 0.01^2), fitted on 2013-08-20 to 2013-09-30"
    assert attrs["units"] == "m"
    assert "comment" not in attrs


def test_calibration_on_some_days_improves_others(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh", noise_ratio=0.1)
    early, late = small_twin.isel(time=slice(20)), small_twin.isel(time=slice(20, 40))
    raw = Ensemble(6, obs_error=0.01)
    calibrated = Calibrated.on(early, oi, early.ssh, raw)
    assert calibrated.calibrations["ssh"].source.startswith("2012-10-01 to 2012-10-20")
    maps = late.dvn.reconstruct(oi, posterior=calibrated, samples=True)
    before = raw.reconstruct(late, oi)
    skill = [float(uncertainty_scores(m.ssh, m.ssh_std, late.ssh).spread_skill) for m in (before, maps)]
    assert abs(np.log(skill[1])) < abs(np.log(skill[0]))
    assert np.allclose(maps.ssh_sample.std("sample", ddof=1), maps.ssh_std, rtol=1e-3)
    assert "fitted on" in maps.ssh_std.attrs["calibrated"]


def test_errors_name_the_cure(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    with pytest.raises(KeyError, match=r"no calibration for 'ssh': expected one of \[\]\. Fit one with Calibrated\.on"):
        Calibrated(Ensemble(2, obs_error=0.1)).reconstruct(small_twin.isel(time=slice(8)), oi)
    mean, std, truth = predictions(1.0, 0.0, n=10)
    with pytest.raises(ValueError, match="no point in common: expected at least one. Select the same times and cells"):
        Calibration.fit(mean, std, truth * np.nan)
