"""Observations without a truth next to them, or in another unit, are refused; noise and gaps raise no false alarm."""

import warnings

import numpy as np
import pytest
import xarray as xr
from seas import sea

import xdvn
from xdvn.grid.axes import Axes
from xdvn.training.collocation import Collocation, check_collocation

AXES = Axes("time", ("lat", "lon"))
PAIRS = [("ssh_obs", "ssh")]
QUICK = {"windows": {"time": 5}, "training": {"epochs": 1}, "validation": 0, "progress": False}


def bare(**options):
    """Return a sea without units."""
    ds = sea(**options)
    return ds.assign({name: ds[name].drop_attrs() for name in ds})


def test_the_regression_equals_that_of_numpy():
    ds = bare(land=True)
    noise = np.random.default_rng(1).normal(size=ds.ssh.shape)
    y = (7 * ds.ssh_obs + 300 + noise).astype("f8")
    found = Collocation.of(y.transpose("lon", "time", "lat"), ds.ssh, AXES)
    both = (y.notnull() & ds.ssh.notnull()).values
    (slope, _), covariance = np.polyfit(ds.ssh.values[both], y.values[both], 1, cov=True)
    assert found.n == both.sum()
    np.testing.assert_allclose([found.slope, found.slope_error], [slope, np.sqrt(covariance[0, 0])], rtol=1e-5)
    np.testing.assert_allclose(found.scale, y.values[both].std() / ds.ssh.values[both].std(), rtol=1e-5)
    np.testing.assert_allclose(found.offset, (y - ds.ssh).mean(), rtol=1e-6)
    assert found.shared_times == 1
    assert 0.8 < found.shared_cells <= 1
    lazy = Collocation.of(y.chunk(time=2), ds.ssh, AXES)
    np.testing.assert_allclose([lazy.slope, lazy.n, lazy.offset], [found.slope, found.n, found.offset], rtol=1e-9)


def test_other_times_and_cells_are_refused_and_rare_ones_warn():
    ds = sea()
    midnight = ds.ssh.assign_coords(time=ds.time - np.timedelta64(12, "h"))
    merged = xr.merge([ds[["ssh_obs"]], midnight], join="outer")
    with pytest.raises(ValueError, match=r"never known at the same time: .*da\['time'\]\.dt\.floor\('D'\)\) on both"):
        xdvn.fit(merged, "ssh_obs", truth="ssh", **QUICK)
    cured = [da.assign_coords(time=da.time.dt.floor("D")) for da in (ds.ssh_obs, midnight)]
    check_collocation(xr.merge(cured, join="outer"), PAIRS, AXES)
    half = xr.merge([ds[["ssh_obs"]], ds.ssh.assign_coords(lon=ds.lon + 0.25)], join="outer")
    with pytest.raises(ValueError, match=r"never known at the same cell: .*truth\.reindex_like\(obs"):
        xdvn.fit(half, "ssh_obs", truth="ssh", **QUICK)
    long = sea((300, 4, 4))
    odd = long.ssh_obs.where(np.arange(300)[:, None, None] % 2 == 1)
    even = long.ssh.where((np.arange(300)[:, None, None] % 2 == 0) | (np.arange(300)[:, None, None] == 1))
    with pytest.warns(UserWarning, match=r"are known at the same time in 0.67 % of the cases. If they differ by hours"):
        check_collocation(long.assign(ssh_obs=odd, ssh=even), PAIRS, AXES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x * 100, r"about 100 times the truth 'ssh', .*ds.assign\(ssh_obs=ds\['ssh_obs'\] / 100\)"),
        (lambda x: x * 1000, r"about 1000 times the truth 'ssh', .*/ 1000\)"),
        (lambda x: x / 100, r"about 1/100 of the truth 'ssh', .*\* 100\)"),
        (lambda x: x / 1000, r"about 1/1000 of the truth 'ssh', .*\* 1000\)"),
        (lambda x: x + 273.15, r"differs from the truth 'ssh' by 273 .*ds\['ssh_obs'\] - 273.15\)"),
        (lambda x: x - 273.15, r"differs from the truth 'ssh' by -273 .*ds\['ssh_obs'\] \+ 273.15\)"),
    ],
)
def test_other_units_are_refused_with_and_without_noise(change, message):
    ds, rng = bare(), np.random.default_rng(0)
    for noise in (0, 0.3):
        observed = change(ds.ssh_obs + (noise * rng.normal(size=ds.ssh.shape)).astype("f4"))
        with pytest.raises(ValueError, match=message):
            xdvn.fit(ds.assign(ssh_obs=observed), "ssh_obs", truth="ssh", **QUICK)
        if noise == 0:
            labelled = [da.assign_attrs(units="m") for da in (observed, ds.ssh)]  # also if both claim one unit
            with pytest.raises(ValueError, match=message):
                check_collocation(xr.Dataset({"ssh_obs": labelled[0], "ssh": labelled[1]}), PAIRS, AXES)


@pytest.mark.parametrize("seed", range(6))
def test_noise_gaps_and_other_amplitudes_are_no_units(seed):
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for noise in (0, 1, 10, 60, 100, 300):
            for share in (0.005, 0.05, 0.5):
                ds = bare(n=(30, 12, 12), share=share, seed=seed)
                observed = ds.ssh_obs + noise * rng.normal(size=ds.ssh.shape)
                check_collocation(ds.assign(ssh_obs=observed), PAIRS, AXES)
        for factor, offset in ((0.1, 0), (10, 0), (30, 5), (-1, 0), (1, 100), (1, 300)):
            ds = bare(seed=seed)
            check_collocation(ds.assign(ssh_obs=factor * ds.ssh_obs + offset), PAIRS, AXES)


def test_units_that_are_given_have_their_own_message():
    ds = sea()
    with pytest.raises(ValueError, match="'ssh_obs' is in 'cm', 'ssh' in 'm'; convert one"):
        xdvn.fit(ds.assign(ssh_obs=(100 * ds.ssh_obs).assign_attrs(units="cm")), "ssh_obs", truth="ssh", **QUICK)


def test_a_truth_or_observations_that_only_vary_by_rounding_are_refused():
    ds = sea()
    rounding = 1 + 3e-8 * np.random.default_rng(0).normal(size=ds.ssh.shape)
    steady = ds.ssh.copy(data=((300 + ds.ssh.mean("time")).values * rounding).astype("f4"))
    message = r"does not vary around its time mean \(standard deviation .*, values up to 301\)\. Use more days"
    with pytest.raises(ValueError, match=f"'ssh' {message}"):
        xdvn.fit(ds.assign(ssh=steady, ssh_obs=ds.ssh_obs + 300), "ssh_obs", truth="ssh", **QUICK)
    with pytest.raises(ValueError, match=f"'ssh_obs' {message}"):
        xdvn.fit(ds.assign(ssh_obs=steady.where(ds.ssh_obs.notnull())), "ssh_obs", **QUICK)
