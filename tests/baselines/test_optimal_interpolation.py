"""Optimal interpolation: invariances, positions of the observations, the mean, and recovery of known scales."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.baselines import (
    CholeskyAnalysis,
    OptimalInterpolation,
    PerTimeTiling,
    StructuredKernelInterpolation,
    Tiling,
)
from xdvn.baselines.analysis import gaussian
from xdvn.grid.axes import Axes, find_axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.training import TransplantedCloudMasks

OI = OptimalInterpolation("ssh_obs", scales=(4.0, 1.0, 1.2), noise_ratio=0.1, mean=None, analysis=CholeskyAnalysis())


def process(shape=(30, 14, 16), scales=(5.0, 0.8, 1.2), spacing=0.25, share=0.06, noise=0.1, seed=0):
    """Return a sample of the Gaussian process that the analysis assumes, with noisy observations of random cells."""
    rng = np.random.default_rng(seed)
    at = [np.arange(float(shape[0])), 33 + spacing * np.arange(shape[1]), -65 + spacing * np.arange(shape[2])]
    field = rng.normal(size=shape)
    for axis, (c, s) in enumerate(zip(at, scales, strict=True)):
        variances, vectors = np.linalg.eigh(gaussian(c, c, s))
        root = vectors * np.sqrt(np.maximum(variances, 0))
        field = np.moveaxis(np.tensordot(root, field, axes=(1, axis)), 0, axis)
    mask = rng.random(shape) < share
    observed = np.where(mask, field + noise * rng.normal(size=shape), np.nan)
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


@pytest.mark.parametrize("dims", [("time", "lat", "lon"), ("time", "lon")])
@pytest.mark.parametrize("with_offsets", [True, False])
def test_equals_an_independent_dense_solve(dims, with_offsets):
    """x = m + B H' (H B H' + R)^-1 (y - H m) and its error, in loops over observations and cells, to 1e-10."""
    ds = process((9, 7, 8), share=0.12)
    ds = ds if "lat" in dims else ds.isel(lat=3).drop_vars("lat")
    rng = np.random.default_rng(2)
    front = 0.4 - 0.3 * (ds.lon + 64) ** 2 + (0.2 * (ds.lat - 34) if "lat" in dims else 0)
    mean = MeanField.from_data(front.broadcast_like(ds.ssh), find_axes(ds.ssh))
    if with_offsets:
        for dim in dims:
            ds[f"ssh_obs_offset_{dim}"] = ds.ssh_obs.dims, rng.uniform(-0.5, 0.5, ds.ssh_obs.shape)
    scales, noise, signal_std = {"time": 4.0, "lat": 1.0, "lon": 1.2}, 0.15, 0.7
    oi = OptimalInterpolation(
        "ssh_obs",
        "ssh",
        tuple(scales[d] for d in dims),
        noise,
        mean,
        Tiling(99.0, 99.0),
        CholeskyAnalysis(),
        signal_std=signal_std,
    )
    maps = oi.reconstruct(ds, error=True)

    days = {"time": (ds.time - ds.time[0]) / np.timedelta64(1, "D")}
    at = {d: days.get(d, ds[d]).values.astype(float) for d in dims}
    steps = {d: np.diff(at[d])[0] for d in dims}
    on_grid = {d: ds.ssh[d].values for d in dims if d != "time"}
    positions, values = [], []
    for index in zip(*np.nonzero(ds.ssh_obs.notnull().values), strict=True):
        place = {d: at[d][i] for d, i in zip(dims, index, strict=True)}
        if with_offsets:
            place = {d: p + steps[d] * float(ds[f"ssh_obs_offset_{d}"].values[index]) for d, p in place.items()}
        inside = {d: np.clip(place[d], on_grid[d][0], on_grid[d][-1]) for d in on_grid}
        positions.append([place[d] for d in dims])
        values.append(float(ds.ssh_obs.values[index]) - float(front.interp(inside)))

    def correlation(a, b):
        return np.exp(-sum(((p - q) / scales[d]) ** 2 for p, q, d in zip(a, b, dims, strict=True)))

    A = np.array([[correlation(a, b) for b in positions] for a in positions]) + noise**2 * np.eye(len(positions))
    inverse = np.linalg.inv(A)
    for index in list(np.ndindex(ds.ssh.shape))[::17]:
        b = np.array([correlation([at[d][i] for d, i in zip(dims, index, strict=True)], p) for p in positions])
        background = float(front.transpose(*dims[1:]).values[index[1:]])
        assert abs(float(maps.ssh.values[index]) - background - b @ inverse @ values) < 1e-10
        assert abs(float(maps.ssh_std.values[index]) ** 2 - signal_std**2 * (1 - b @ inverse @ b)) < 1e-10


def test_the_error_follows_the_cf_conventions():
    ds = process(share=0.02)
    ds["ssh_obs"] = ds.ssh_obs.astype(np.float32).transpose("lon", "time", "lat")
    plain = dataclasses.replace(OI, name="ssh", signal_std=0.2)
    maps = plain.reconstruct(ds, error=True)
    assert set(maps.data_vars) == {"ssh", "ssh_std", "ssh_observed"}
    assert maps.ssh.attrs["ancillary_variables"] == "ssh_observed ssh_std"
    assert maps.ssh_std.attrs["standard_name"] == "sea_surface_height_above_geoid standard_error"
    assert maps.ssh_std.attrs["units"] == "m"
    assert (maps.ssh_std.dims, maps.ssh_std.dtype) == (maps.ssh.dims, np.float32)
    xr.testing.assert_equal(maps.ssh, plain.reconstruct(ds).ssh)
    assert float(maps.ssh_std.min()) < 0.04
    assert float(maps.ssh_std.max()) <= 0.2
    with pytest.raises(ValueError, match=r"error=True: expected signal_std, .* got None\. .* or pass signal_std="):
        OI.reconstruct(ds, error=True)


def test_the_estimated_error_is_the_actual_error():
    """On samples of the assumed process, overall and by fifths of the estimate, up to the sampling error."""
    expected, actual = [], []
    for seed in range(6):
        ds = process((30, 14, 16), scales=(4.0, 1.0, 1.2), share=0.02, seed=seed)
        oi = OptimalInterpolation("ssh_obs", "ssh", (4.0, 1.0, 1.2), 0.1, signal_std=1.0)
        maps = oi.reconstruct(ds, error=True)
        expected.append(maps.ssh_std.values.ravel() ** 2)
        actual.append((maps.ssh - ds.ssh).values.ravel() ** 2)
    expected, actual = np.concatenate(expected), np.concatenate(actual)
    assert abs(expected.mean() / actual.mean() - 1) < 0.15
    fifth = np.digitize(expected, np.quantile(expected, [0.2, 0.4, 0.6, 0.8]))
    for k in range(5):
        assert abs(np.sqrt(expected[fifth == k].mean() / actual[fifth == k].mean()) - 1) < 0.15


def test_error_scale_factor_and_error_noise_ratio_change_the_error_alone():
    ds = process(share=0.02)
    plain = dataclasses.replace(OI, signal_std=1.0)
    one, two = (dataclasses.replace(plain, error_scale_factor=s).reconstruct(ds, error=True) for s in (1.0, 1.5))
    xr.testing.assert_identical(one.ssh_obs, two.ssh_obs)
    longer = dataclasses.replace(plain, scales=tuple(1.5 * s for s in OI.scales)).reconstruct(ds, error=True)
    calm = dataclasses.replace(plain, error_noise_ratio=0.02).reconstruct(ds, error=True)
    xr.testing.assert_identical(one.ssh_obs, calm.ssh_obs)
    quiet = dataclasses.replace(plain, noise_ratio=0.02).reconstruct(ds, error=True)
    np.testing.assert_allclose(calm.ssh_obs_std, quiet.ssh_obs_std, atol=1e-12)
    np.testing.assert_allclose(two.ssh_obs_std, longer.ssh_obs_std, atol=1e-12)
    assert float(two.ssh_obs_std.mean()) < float(one.ssh_obs_std.mean())


def test_land_is_nan():
    ds = process(share=0.05)
    sea = (ds.lon + ds.lat) > -30.5
    land = LandMask.from_data(ds.ssh.where(sea), find_axes(ds.ssh))
    maps = dataclasses.replace(OI, land=land, signal_std=1.0).reconstruct(ds, error=True)
    for name in ("ssh_obs", "ssh_obs_std"):
        assert (maps[name].notnull() == sea).all()


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
    """Maps do not depend on storage order, resolution of the clock and position on Earth, with offsets too."""
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


def one_observation(lon, column, **options):
    """Return the map of one observation of 1 in a column of longitudes."""
    values = np.full((1, 5, len(lon)), np.nan)
    values[0, 2, column] = 1.0
    coords = {"time": [0.0], "lat": 2.0 * np.arange(5), "lon": ("lon", lon, {"units": "degrees_east"})}
    ds = xr.Dataset({"ssh": (("time", "lat", "lon"), values)}, coords)
    options = {"mean": None} | options
    mapper = OptimalInterpolation("ssh", scales=(5.0, 4.0, 6.0), noise_ratio=0.1, signal_std=1.0, **options)
    return mapper.reconstruct(ds, error=True)


@pytest.mark.parametrize("column", [0, 1, 90, 179])
@pytest.mark.parametrize("west", [0.0, -180.0])
@pytest.mark.parametrize("analysis", [CholeskyAnalysis(), StructuredKernelInterpolation()])
@pytest.mark.parametrize("tiling", [Tiling(), PerTimeTiling()])
def test_a_global_map_has_no_seam(column, west, analysis, tiling):
    """exp(-(dx / L)^2) / (1 + noise^2), with the distance dx around the globe."""
    lon = west + np.arange(0.0, 360, 2)
    maps = one_observation(lon, column, analysis=analysis, tiling=tiling).isel(time=0, lat=2)
    distance = np.abs((lon - lon[column] + 180) % 360 - 180)
    influence = np.exp(-((distance / 6.0) ** 2))
    np.testing.assert_allclose(maps.ssh, influence / 1.01, atol=2e-3)
    np.testing.assert_allclose(maps.ssh_std**2, 1 - influence**2 / 1.01, atol=5e-3)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1), "sorted"])
@pytest.mark.parametrize("convention", [lambda lon: lon % 360, lambda lon: (lon + 180) % 360 - 180])
@pytest.mark.parametrize("middle", [0.0, 180.0])
def test_a_box_across_the_cut_of_longitudes(middle, convention, order):
    east = middle + np.arange(-20.0, 20, 2)
    expected = one_observation(east, 4)
    lon = convention(east)
    chosen = np.argsort(lon) if isinstance(order, str) else np.arange(lon.size)[order]
    maps = one_observation(lon[chosen], int(np.flatnonzero(chosen == 4)[0]))
    np.testing.assert_array_equal(maps.lon, lon[chosen])
    for name in ("ssh", "ssh_std", "ssh_observed"):
        np.testing.assert_allclose(maps[name], expected[name].isel(lon=chosen), atol=1e-12)


def test_the_mean_and_the_land_are_in_another_convention_of_longitudes():
    lon = np.arange(350.0, 372, 2)
    mean = MeanField(np.arange(5.0)[:, None] + 0.1 * lon, (2.0 * np.arange(5), lon))
    land = LandMask(np.ones((5, lon.size), bool) & (lon != 352.0), mean.coords)
    expected = one_observation(lon, 4, mean=mean, land=land)
    assert int(expected.ssh.isnull().sum()) == 5
    maps = one_observation((lon + 180) % 360 - 180, 4, mean=mean, land=land)
    np.testing.assert_allclose(maps.ssh, expected.ssh, atol=1e-12)


def test_observations_are_at_their_offsets():
    """The influence of one observation is largest at its offset, not at the centre of its cell."""
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


def test_a_front_that_is_the_mean_is_recovered():
    """Observations of the mean itself, away from cell centres on a slope, give the mean everywhere."""
    ds = process(share=0.02)
    ds["ssh_obs"] = ds.ssh_obs.where(ds.lat < ds.lat[-1])  # beyond its last row a mean stays constant
    front = 0.3 - 0.12 * (ds.lat - 34)
    offset = xr.full_like(ds.ssh_obs, 0.4)
    obs = (front + 0.4 * 0.25 * -0.12).where(ds.ssh_obs.notnull()).transpose("time", "lat", "lon")
    mean = MeanField.from_data(front.broadcast_like(ds.ssh), find_axes(ds.ssh))
    maps = dataclasses.replace(OI, mean=mean).reconstruct(ds.assign(ssh_obs=obs, ssh_obs_offset_lat=offset)).ssh_obs
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
    for tiling in (Tiling(), PerTimeTiling(), Tiling(time=2.0)):
        maps = dataclasses.replace(OI, tiling=tiling).reconstruct(ds).ssh_obs
        assert float(np.abs(maps[-4:]).max()) < 1e-3
        assert float(np.abs(maps[:4]).max()) > 0.5


def test_one_horizontal_dimension_and_other_names():
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
    assert 0.05 < tuned.noise_ratio < 0.2
    assert tuned.name == "ssh"
    assert 0.9 < tuned.signal_std < 1.1
    assert 0.8 < tuned.error_scale_factor < 1.25, "1 if the covariance is that of the field"
    assert 0.5 < tuned.error_noise_ratio / tuned.noise_ratio < 2

    def error(oi):
        return float(np.sqrt(((oi.reconstruct(ds)[oi.name] - ds.ssh) ** 2).mean()))

    ideal = OptimalInterpolation("ssh_obs", "ssh", truth, 0.1)
    assert error(tuned) < 1.02 * error(ideal)
    assert error(tuned) < 0.8 * error(dataclasses.replace(ideal, scales=(2.5, 0.4, 0.6), noise_ratio=0.5))


def test_tuning_chooses_the_mean_that_maps_best():
    """A slope under a month of eddies is estimated as a plane; a curved front in a long record as each cell's mean."""
    ds = process((60, 8, 8), (8.0, 0.8, 1.2), share=0.05)
    slope = 0.5 * (ds.lat - 34)
    tuned = OptimalInterpolation.tune(ds + slope, "ssh_obs", "ssh", days=8, progress=False)
    np.testing.assert_allclose(tuned.mean.values, MeanField.plane((ds + slope).ssh, find_axes(ds)).values, atol=1e-12)
    front = 2 * np.tanh(4 * (ds.lat - 34)) * np.cos(3 * (ds.lon + 64))
    long = process((120, 8, 8), (2.0, 0.8, 1.2), share=0.1) + front
    tuned = OptimalInterpolation.tune(long, "ssh_obs", "ssh", days=8, progress=False)
    np.testing.assert_allclose(tuned.mean.values, long.ssh.mean("time"), atol=1e-12)


def test_tuning_uses_a_given_mean_and_skips_days_without_truth():
    ds = process((30, 8, 8), share=0.2)
    ds["ssh"] = ds.ssh.where(ds.time < ds.time[20])
    mean = MeanField.from_data(ds.ssh, find_axes(ds))
    tuned = OptimalInterpolation.tune(ds, "ssh_obs", "ssh", mean=mean, days=4, progress=False)
    assert tuned.mean is mean
    field = ds.ssh.fillna(ds.ssh_obs)  # observations replace the truth where it is missing
    assert np.isclose(tuned.signal_std, float(np.sqrt(((field - ds.ssh.mean("time")) ** 2).mean())))
    assert np.isfinite((*tuned.scales, tuned.error_scale_factor)).all()
    again = OptimalInterpolation.tune(ds, "ssh_obs", "ssh", mean=mean, days=4, progress=False)
    assert again == tuned or (again.scales, again.noise_ratio, again.error_scale_factor) == (
        tuned.scales,
        tuned.noise_ratio,
        tuned.error_scale_factor,
    )


def test_tuning_on_withheld_observations_alone():
    """Without a truth, tuning on withheld observations recovers the scales of the process."""
    ds = process((60, 16, 16), (5.0, 0.8, 1.2), share=0.15, seed=4)
    withheld = TransplantedCloudMasks(0.2).choose(ds.ssh_obs.notnull().values, 0)
    split = xr.Dataset({"ssh_obs": ds.ssh_obs.where(~withheld), "ssh": ds.ssh_obs.where(withheld)})
    tuned = OptimalInterpolation.tune(split, "ssh_obs", "ssh", days=20, progress=False)
    np.testing.assert_allclose(tuned.scales, (5.0, 0.8, 1.2), rtol=0.3)
    assert 0.9 < tuned.signal_std < 1.1


def test_errors_name_the_cure():
    ds = process(shape=(5, 4, 4))
    with pytest.raises(ValueError, match=r"scales=\(7\.0, -1\.0, 1\.0\).* expected positive numbers"):
        OptimalInterpolation("ssh_obs", scales=(7.0, -1.0, 1.0))
    with pytest.raises(ValueError, match="expected positive numbers"):
        OptimalInterpolation("ssh_obs", noise_ratio=0.0)
    with pytest.raises(
        ValueError, match=r"signal_std=0\.0, error_scale_factor=1\.0, error_noise_ratio=None: expected positive numbers"
    ):
        OptimalInterpolation("ssh_obs", signal_std=0.0)
    with pytest.raises(ValueError, match="expected positive numbers"):
        OptimalInterpolation("ssh_obs", error_scale_factor=-1.0)
    with pytest.raises(KeyError, match="did you mean 'ssh_obs'"):
        OptimalInterpolation("ssh_ob").reconstruct(ds)
    message = r"scales=\(7\.0, 1\.0\): expected one scale for each dimension of 'ssh_obs', .* scales=\(7\.0, 1\.0, 1"
    with pytest.raises(ValueError, match=message):
        OptimalInterpolation("ssh_obs", scales=(7.0, 1.0)).reconstruct(ds)
    with pytest.raises(ValueError, match=r"Select one of the 2 along 'member' with ds.isel"):
        OI.reconstruct(ds.expand_dims(member=2))
    with pytest.raises(ValueError, match="every value is missing, expected at least one observation"):
        OI.reconstruct(ds.assign(ssh_obs=ds.ssh_obs * np.nan))
    with pytest.raises(KeyError, match="true variable 'truth' is not"):
        OptimalInterpolation.tune(ds, "ssh_obs", "truth")
    with pytest.raises(ValueError, match="days=0"):
        OptimalInterpolation.tune(ds, "ssh_obs", "ssh", days=0)
