"""Conversion of Datasets to arrays and back, in any layout, and errors for Datasets that do not match the model."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import find_axes
from xdvn.grid.coordinates import grid_spacing
from xdvn.grid.spec import GridSpec


def dataset(n=(12, 6, 8), seed=0):
    rng = np.random.default_rng(seed)
    time = np.datetime64("2012-10-01T12", "ns") + np.arange(n[0]) * np.timedelta64(1, "D")
    coords = {"time": time, "lat": 33 + 0.2 * np.arange(n[1]), "lon": -65 + 0.2 * np.arange(n[2])}
    truth = rng.normal(size=n).astype(np.float32) + coords["lat"][:, None].astype(np.float32)
    obs = np.where(rng.random(n) < 0.3, truth, np.float32(np.nan))
    attrs = {"units": "m", "standard_name": "sea_surface_height_above_geoid"}
    dims = ("time", "lat", "lon")
    ds = xr.Dataset({"ssh": (dims, truth, attrs), "ssh_obs": (dims, obs, attrs)}, coords)
    ds["lat"].attrs = {"units": "degrees_north"}
    ds["lon"].attrs = {"units": "degrees_east"}
    return ds


def spec_of(ds, sizes=(5, 6, 8), **options):
    return GridSpec.from_dataset(ds, [("ssh_obs", "ssh")], find_axes(ds["ssh_obs"]), slice(0, 8), sizes, **options)


def test_statistics_come_from_training_days_only():
    ds = dataset()
    spoilt = ds.copy(deep=True)
    spoilt["ssh"][8:] += 1000
    assert spec_of(ds).variables[0].normaliser.std == spec_of(spoilt).variables[0].normaliser.std


LAYOUTS = {
    "same": lambda ds: ds,
    "transposed": lambda ds: ds.transpose("lon", "time", "lat"),
    "latitude down": lambda ds: ds.isel(lat=slice(None, None, -1)),
    "both": lambda ds: ds.isel(lat=slice(None, None, -1)).transpose("lat", "lon", "time"),
    "dask": lambda ds: ds.chunk({"time": 4}),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_encode_does_not_depend_on_the_layout_and_decode_restores_it(layout):
    ds = dataset()
    spec = spec_of(ds)
    laid_out = layout(ds)
    encoded, reference = spec.encode(laid_out), spec.encode(ds)
    assert np.array_equal(encoded.values, reference.values)
    assert np.array_equal(encoded.mask, reference.mask)
    state = spec.normalised(laid_out, ["ssh"])
    back = spec.decode(state, laid_out, encoded.ocean_mask)["ssh"]
    assert back.dims == laid_out["ssh_obs"].dims
    assert back.attrs == {
        "units": "m",
        "standard_name": "sea_surface_height_above_geoid",
        "long_name": "sea surface height above geoid",
    }
    xr.testing.assert_allclose(back, laid_out["ssh"].compute(), rtol=1e-5)


def test_offsets_do_not_depend_on_the_storage_order():
    ds = dataset()
    rng = np.random.default_rng(1)
    for dim in ("lat", "lon"):
        ds[f"ssh_obs_offset_{dim}"] = (ds["ssh_obs"].dims, rng.uniform(-0.5, 0.5, ds["ssh_obs"].shape))
    spec = spec_of(ds)
    turned = spec.encode(ds.isel(lat=slice(None, None, -1)))
    assert np.array_equal(turned.offsets, spec.encode(ds).offsets)
    assert spec.encode(ds.drop_vars("ssh_obs_offset_lat")).offsets is None


def test_land_is_where_the_truth_is_always_nan_and_maps_are_nan_there():
    ds = dataset()
    ds["ssh"][:, :2, :3] = np.nan
    spec = spec_of(ds)
    encoded = spec.encode(ds)
    assert not encoded.ocean_mask[:2, :3].any()
    assert encoded.ocean_mask.sum() == 48 - 6
    assert not encoded.mask[..., :2, :3].any()
    maps = spec.decode(np.zeros(encoded.values.shape, np.float32), ds, encoded.ocean_mask)["ssh"]
    assert np.array_equal(np.isnan(maps[0]), ~encoded.ocean_mask)


def test_ocean_mask_overrides_the_land_mask_and_is_checked():
    ds = dataset()
    sea = xr.DataArray(np.arange(8) > 2, dims="lon").expand_dims(lat=6)
    assert np.array_equal(spec_of(ds, ocean_mask=sea).land.sea, sea.values)
    assert np.array_equal(spec_of(ds).encode(ds, sea.transpose("lon", "lat")).ocean_mask, sea.values)
    with pytest.raises(ValueError, match=r"ocean_mask= has the dimensions \('lon',\).*expected booleans"):
        spec_of(ds).encode(ds, sea[0])
    with pytest.raises(ValueError, match="dtype float64; expected booleans"):
        spec_of(ds).encode(ds, sea.astype(float))


def test_datasets_that_do_not_match_raise_an_error_with_a_cure():
    ds = dataset()
    spec = spec_of(ds)
    spec.check(ds)
    with pytest.raises(KeyError, match="did you mean 'ssh_ob'"):
        spec.check(ds.rename(ssh_obs="ssh_obz").rename(ssh_obz="ssh_ob"))
    with pytest.raises(ValueError, match=r"'ssh_obs' has the dimensions.*trained on \('time', 'lat', 'lon'\)"):
        spec.check(ds.rename(lat="latitude"))
    centimetres = ds.copy()
    centimetres["ssh_obs"] = (ds["ssh_obs"] * 100).assign_attrs(units="cm")
    with pytest.raises(ValueError, match="is in 'cm'; the model was trained in 'm'"):
        spec.check(centimetres)
    with pytest.raises(
        ValueError, match="the field has 4 steps along 'time', the model's windows have 5. .*windows={'time': 4}"
    ):
        spec.check(ds.isel(time=slice(4)))
    with pytest.raises(ValueError, match="time steps are 2 days apart; the model was trained on 1"):
        spec.check(ds.isel(time=slice(None, None, 2)))
    with pytest.raises(ValueError, match="'ssh_obs': every value is missing"):
        spec.check(ds.assign(ssh_obs=ds["ssh_obs"] * np.nan))
    with pytest.raises(ValueError, match="'time' has steps of 1 to 2 days, 1 missing: expected even steps.*reindex"):
        spec.check(ds.isel(time=[0, 1, 2, 3, 4, 6, 7]))
    with pytest.raises(ValueError, match="'time' has 1 repeated times"):
        spec.check(ds.isel(time=[0, 1, 2, 3, 3, 4, 5]))
    with pytest.raises(ValueError, match="'lat' has steps of .*: expected even steps.*reindex"):
        spec.check(ds.assign_coords(lat=33 + np.arange(ds.sizes["lat"]) ** 2))
    with pytest.warns(UserWarning, match="cells are .* wide along 'lon', the model was trained on"):
        spec.check(ds.assign_coords(lat=ds.lat + 30))


def test_cell_sizes_are_kilometres_for_degrees():
    ds = dataset()
    spacing, size = grid_spacing(ds["ssh_obs"], find_axes(ds["ssh_obs"]))
    assert np.allclose(spacing, (1, 0.2, 0.2))
    assert np.allclose(size, (22.239, 22.239 * np.cos(np.deg2rad(33.5))), rtol=1e-4)


def test_units_of_observations_and_truth_must_agree():
    ds = dataset()
    ds["ssh"].attrs["units"] = "cm"
    with pytest.raises(ValueError, match="'ssh_obs' is in 'm', 'ssh' in 'cm'; convert one"):
        spec_of(ds)


def test_variables_with_and_without_offsets():
    ds = dataset()
    for dim in ("lat", "lon"):
        ds[f"ssh_obs_offset_{dim}"] = ds["ssh_obs"] * 0 + 0.25
    ds["sst"] = ds["ssh"] * 2
    spec = GridSpec.from_dataset(ds, [("ssh_obs", "ssh"), ("sst", "sst")], find_axes(ds["ssh"]), slice(0, 8), (5, 6, 8))
    encoded = spec.encode(ds)
    assert (encoded.offsets[0][encoded.mask[0]] == 0.25).all()
    assert not encoded.offsets[1].any()
