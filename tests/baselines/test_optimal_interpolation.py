"""The mapper: invariances, places of the observations, the mean, and scales recovered from a known process."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.baselines import EachTime, ExactAnalysis, OptimalInterpolation, Tiling
from xdvn.baselines.covariance import gaussian
from xdvn.grid.axes import Axes, find_axes
from xdvn.grid.mean import MeanField

OI = OptimalInterpolation("ssh_obs", scales=(4.0, 1.0, 1.2), noise=0.1, analysis=ExactAnalysis())


def process(shape=(30, 14, 16), scales=(5.0, 0.8, 1.2), spacing=0.25, share=0.06, noise=0.1, seed=0):
    """A sample of the Gaussian process that the analysis assumes, seen at random cells with white noise."""
    rng = np.random.default_rng(seed)
    at = [np.arange(float(shape[0])), 33 + spacing * np.arange(shape[1]), -65 + spacing * np.arange(shape[2])]
    field = rng.normal(size=shape)
    for axis, (c, s) in enumerate(zip(at, scales, strict=True)):
        variances, vectors = np.linalg.eigh(gaussian(c, c, s))
        root = vectors * np.sqrt(np.maximum(variances, 0))
        field = np.moveaxis(np.tensordot(root, field, axes=(1, axis)), 0, axis)
    seen = rng.random(shape) < share
    observed = np.where(seen, field + noise * rng.normal(size=shape), np.nan)
    dims = ("time", "lat", "lon")
    coords = {
        "time": pd.date_range("2012-10-01", periods=shape[0]),
        "lat": ("lat", at[1], {"units": "degrees_north"}),
        "lon": ("lon", at[2], {"units": "degrees_east"}),
    }
    attrs = {"units": "m", "standard_name": "sea_surface_height_above_geoid"}
    return xr.Dataset({"ssh": (dims, field, attrs), "ssh_obs": (dims, observed, attrs)}, coords)


def test_layout_is_that_of_the_observations():
    ds = process(share=0.02)
    ds["ssh_obs"] = ds.ssh_obs.astype(np.float32).transpose("lon", "time", "lat")
    before = ds.copy(deep=True)
    maps = dataclasses.replace(OI, name="ssh").reconstruct(ds)
    assert maps.ssh.dims == ("lon", "time", "lat")
    assert maps.ssh.dtype == np.float32
    assert maps.ssh.attrs["units"] == "m"
    assert maps.ssh.attrs["long_name"] == "optimal interpolation of ssh_obs"
    assert not maps.ssh.isnull().any()
    xr.testing.assert_equal(maps.ssh.drop_vars([]).coords.to_dataset(), ds.coords.to_dataset())
    xr.testing.assert_identical(ds, before)
    assert list(OI.reconstruct(ds).data_vars) == ["ssh_obs", "ssh_obs_observed"]


def test_a_good_map_of_what_it_assumes():
    ds = process()
    error = dataclasses.replace(OI, scales=(5.0, 0.8, 1.2)).reconstruct(ds).ssh_obs - ds.ssh
    assert float(error.std()) < 0.35 * float(ds.ssh.std())


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds.transpose("lat", "lon", "time"),
        lambda ds: ds.isel(lat=slice(None, None, -1)),
        lambda ds: ds.isel(lat=slice(None, None, -1), lon=slice(None, None, -1)),
        lambda ds: ds.assign_coords(time=ds.time.astype("datetime64[s]")),
        lambda ds: ds.assign_coords(time=ds.time + np.timedelta64(17, "D"), lat=ds.lat + 2.5, lon=ds.lon - 40),
        lambda ds: ds.assign_coords(time=np.arange(ds.sizes["time"], dtype=np.float64)),
    ],
    ids=["order", "southward", "both backwards", "seconds", "elsewhere", "plain numbers"],
)
def test_invariances(change):
    """Storage order, resolution of the clock and the place on Earth change nothing, with sub-cell places too."""
    ds = process(share=0.02, seed=1)
    rng = np.random.default_rng(0)
    for dim in ("time", "lat", "lon"):
        ds[f"ssh_obs_offset_{dim}"] = ds.ssh_obs.dims, rng.uniform(-0.5, 0.5, ds.ssh_obs.shape)
    plain = OI.reconstruct(ds).ssh_obs.values
    changed = change(ds)
    maps = OI.reconstruct(changed).ssh_obs
    back = maps.sortby(["lat", "lon"]).transpose("time", "lat", "lon").values
    np.testing.assert_allclose(back, plain, atol=1e-8)


def test_linear_and_free_of_units():
    ds = process(share=0.02)
    maps = OI.reconstruct(ds).ssh_obs
    np.testing.assert_allclose(OI.reconstruct(-100 * ds).ssh_obs, -100 * maps, atol=1e-8)
    other = process(share=0.02, seed=9).ssh_obs.where(True)
    other = xr.where(ds.ssh_obs.notnull(), other.fillna(0.3), np.nan)
    both = OI.reconstruct(ds.assign(ssh_obs=ds.ssh_obs + other)).ssh_obs
    np.testing.assert_allclose(both, maps + OI.reconstruct(ds.assign(ssh_obs=other)).ssh_obs, atol=1e-8)


def test_stretching_coordinates_and_scales_together():
    """Kilometres instead of degrees."""
    ds = process(share=0.02)
    far = ds.assign_coords(lat=111.2 * ds.lat, lon=90.0 * ds.lon)
    maps = dataclasses.replace(OI, scales=(4.0, 111.2, 90.0 * 1.2)).reconstruct(far)
    np.testing.assert_allclose(maps.ssh_obs, OI.reconstruct(ds).ssh_obs, atol=1e-8)


def test_observations_are_where_the_offsets_say():
    """The peak of one observation's influence is at the offset, not at the centre of its cell."""
    values = np.full((3, 5, 5), np.nan)
    values[1, 2, 2] = 1.0
    dims = ("time", "lat", "lon")
    ds = xr.Dataset(
        {"ssh_obs": (dims, values)}, {"time": [0.0, 1.0, 2.0], "lat": np.arange(5) * 0.2, "lon": np.arange(5) * 0.2}
    )
    shift = {"time": 0.25, "lat": -0.5, "lon": 0.5}
    for dim, cells in shift.items():
        ds[f"ssh_obs_offset_{dim}"] = dims, np.where(np.isfinite(values), cells, np.nan)
    maps = dataclasses.replace(OI, scales=(2.0, 0.4, 0.4)).reconstruct(ds).ssh_obs
    dt, dy, dx = (ds.time - 1.25) / 2, (ds.lat - 0.3) / 0.4, (ds.lon - 0.5) / 0.4
    np.testing.assert_allclose(maps, np.exp(-(dt**2) - dy**2 - dx**2) / 1.01, atol=1e-12)


def test_a_front_that_is_the_mean_comes_back_whole():
    """Observations of the mean itself, away from cell centres on a slope, give the mean everywhere."""
    ds = process(share=0.02)
    ds["ssh_obs"] = ds.ssh_obs.where(ds.lat < ds.lat[-1])  # beyond its last row a mean stays constant
    front = 0.3 - 0.12 * (ds.lat - 34)
    offset = xr.full_like(ds.ssh_obs, 0.4)
    seen = (front + 0.4 * 0.25 * -0.12).where(ds.ssh_obs.notnull()).transpose("time", "lat", "lon")
    mean = MeanField.from_data(front.broadcast_like(ds.ssh), find_axes(ds.ssh))
    maps = dataclasses.replace(OI, mean=mean).reconstruct(ds.assign(ssh_obs=seen, ssh_obs_offset_lat=offset)).ssh_obs
    assert float(np.abs(maps - front).max()) < 1e-9
    flat = MeanField(np.full((1, 1), 5.0), (np.zeros(1), np.zeros(1)))
    lifted = dataclasses.replace(OI, mean=flat).reconstruct(ds.assign(ssh_obs=ds.ssh_obs + 5)).ssh_obs
    np.testing.assert_allclose(lifted, OI.reconstruct(ds).ssh_obs + 5, atol=1e-8)


def test_default_settings_equal_the_exact_ones():
    ds = process(share=0.04)
    quick = dataclasses.replace(OI, analysis=OptimalInterpolation("x").analysis).reconstruct(ds).ssh_obs
    assert float(np.sqrt(((quick - OI.reconstruct(ds).ssh_obs) ** 2).mean())) < 2e-3


def test_far_from_all_observations_is_the_mean():
    ds = process(shape=(40, 5, 5), share=0.3)
    ds["ssh_obs"] = ds.ssh_obs.where(ds.time < ds.time[6])
    for tiling in (Tiling(), EachTime(), Tiling(time=2.0)):
        maps = dataclasses.replace(OI, tiling=tiling).reconstruct(ds).ssh_obs
        assert float(np.abs(maps[-4:]).max()) < 1e-3
        assert float(np.abs(maps[:4]).max()) > 0.5


def test_one_horizontal_dimension_and_names_of_ones_own():
    ds = process().isel(lat=6).drop_vars("lat")
    section = dataclasses.replace(OI, scales=(5.0, 1.2)).reconstruct(ds)
    named = ds.rename(time="day", lon="along").drop_vars(["day", "along"]).assign_coords(along=ds.lon.values)
    own = dataclasses.replace(OI, scales=(5.0, 1.2), axes=Axes("day", ("along",))).reconstruct(named)
    np.testing.assert_allclose(own.ssh_obs, section.ssh_obs, atol=1e-8)


def test_tuning_recovers_the_scales_of_a_known_process():
    truth = (5.0, 0.8, 1.2)
    ds = process((60, 20, 24), truth, share=0.05, noise=0.1, seed=3)
    zero = MeanField(np.zeros((1, 1)), (np.zeros(1), np.zeros(1)))
    tuned = OptimalInterpolation.tune(ds, "ssh_obs", "ssh", mean=zero, days=40, progress=False)
    np.testing.assert_allclose(tuned.scales, truth, rtol=0.25)
    assert 0.05 < tuned.noise < 0.2
    assert tuned.name == "ssh"

    def error(oi):
        return float(np.sqrt(((oi.reconstruct(ds)[oi.name] - ds.ssh) ** 2).mean()))

    ideal = OptimalInterpolation("ssh_obs", "ssh", truth, 0.1)
    assert error(tuned) < 1.02 * error(ideal)
    assert error(tuned) < 0.8 * error(dataclasses.replace(ideal, scales=(2.5, 0.4, 0.6), noise=0.5))


def test_tuning_takes_the_training_mean_and_skips_days_without_truth():
    ds = process((30, 8, 8), share=0.2)
    ds = ds + 0.5 * (ds.lat - 34)
    ds["ssh"] = ds.ssh.where(ds.time < ds.time[20])
    tuned = OptimalInterpolation.tune(ds, "ssh_obs", "ssh", days=4, progress=False)
    assert tuned.mean is not None
    np.testing.assert_allclose(tuned.mean.values, ds.ssh.mean("time"), atol=1e-12)
    assert np.isfinite(tuned.scales).all()
    again = OptimalInterpolation.tune(ds, "ssh_obs", "ssh", days=4, progress=False)
    assert (again.scales, again.noise) == (tuned.scales, tuned.noise), "nothing in it is random"


def test_refusals_teach():
    ds = process(shape=(5, 4, 4))
    with pytest.raises(ValueError, match=r"scales=\(7\.0, -1\.0, 1\.0\).* expected positive numbers"):
        OptimalInterpolation("ssh_obs", scales=(7.0, -1.0, 1.0))
    with pytest.raises(ValueError, match="expected positive numbers"):
        OptimalInterpolation("ssh_obs", noise=0.0)
    with pytest.raises(KeyError, match="did you mean 'ssh_obs'"):
        OptimalInterpolation("ssh_ob").reconstruct(ds)
    with pytest.raises(ValueError, match="there are 2 scales; expected one for each"):
        OptimalInterpolation("ssh_obs", scales=(7.0, 1.0)).reconstruct(ds)
    with pytest.raises(ValueError, match="select one of any other dimension"):
        OI.reconstruct(ds.expand_dims(member=2))
    with pytest.raises(ValueError, match="every value is missing, so there is nothing to map from"):
        OI.reconstruct(ds.assign(ssh_obs=ds.ssh_obs * np.nan))
    with pytest.raises(KeyError, match="true variable 'truth' is not"):
        OptimalInterpolation.tune(ds, "ssh_obs", "truth")
    with pytest.raises(ValueError, match="days=0"):
        OptimalInterpolation.tune(ds, "ssh_obs", "ssh", days=0)
