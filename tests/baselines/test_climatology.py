"""Means and cycles: exact where the observations determine them, an error where they do not."""

import numpy as np
import pytest
import xarray as xr

from xdvn.baselines import Climatology
from xdvn.grid.axes import find_axes
from xdvn.grid.land import LandMask


def sea(days=800, start="2019-05-03", seed=0, coverage=0.4):
    """Return two annual harmonics that differ between cells, and gappy observations of them."""
    rng = np.random.default_rng(seed)
    time = np.datetime64(start, "ns") + np.arange(days) * np.timedelta64(1, "D")
    angle = (time - np.datetime64("1970-01-01", "ns")) / np.timedelta64(1, "D") * 2 * np.pi / 365.2425
    fields = rng.normal(size=(5, 3, 4))
    terms = np.stack([np.ones(days), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)], -1)
    values = np.tensordot(terms, fields, axes=1)
    coords = {"time": time, "lat": [42.0, 41.0, 40.0], "lon": np.arange(4.0)}
    dims = ("time", "lat", "lon")
    obs = np.where(rng.random(values.shape) < coverage, values, np.nan)
    return xr.Dataset({"sst": (dims, values, {"units": "degC"}), "sst_obs": (dims, obs, {"units": "degC"})}, coords)


def test_two_harmonics_are_recovered_from_gappy_observations_for_other_years():
    climatology = Climatology.from_data(sea(), "sst_obs", harmonics=2)
    later = sea(days=90, start="2023-11-20")
    maps = climatology.reconstruct(later.assign(sst_obs=later.sst_obs * np.nan))
    np.testing.assert_allclose(maps.sst_obs, later.sst, atol=1e-9)
    assert maps.sst_obs.attrs["units"] == "degC" or "units" not in maps.sst_obs.attrs


def test_the_mean_alone_is_the_mean():
    ds = sea(days=50)
    maps = Climatology.from_data(ds, "sst_obs", "sst").reconstruct(ds)
    assert list(maps) == ["sst", "sst_observed"]
    np.testing.assert_allclose(maps.sst, ds.sst.mean("time").broadcast_like(ds.sst), atol=1e-12)


def test_cells_with_few_observations_are_filled_from_the_nearest_ones():
    ds = sea()
    ds["sst_obs"][60:, 0, 0] = np.nan  # two months of the cycle
    ds["sst_obs"][:, 2, 3] = np.nan
    climatology = Climatology.from_data(ds, "sst_obs", harmonics=1)
    for field in (climatology.mean, *climatology.cosines, *climatology.sines):
        values = field.on([ds.lat.values, ds.lon.values])
        assert values[0, 0] in (values[0, 1], values[1, 0])
        assert values[2, 3] in (values[2, 2], values[1, 3])


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds.transpose("lat", "lon", "time"),
        lambda ds: ds.isel(lat=slice(None, None, -1)),
        lambda ds: ds.chunk({"time": 100}),
    ],
    ids=["order", "northward", "dask"],
)
def test_layout_changes_nothing(change):
    ds = sea()
    plain = Climatology.from_data(ds, "sst_obs", harmonics=1).reconstruct(ds).sst_obs
    maps = Climatology.from_data(change(ds), "sst_obs", harmonics=1).reconstruct(change(ds)).sst_obs
    assert maps.dims == change(ds).sst_obs.dims
    xr.testing.assert_allclose(maps.sel(lat=ds.lat).transpose("time", "lat", "lon"), plain)


def test_land_is_nan():
    ds = sea(days=20)
    ds["sst"] = ds.sst.where(ds.lon > 0)
    land = LandMask.from_data(ds.sst, find_axes(ds.sst))
    maps = Climatology.from_data(ds, "sst_obs", "sst", land=land).reconstruct(ds).sst
    assert np.array_equal(maps.isnull(), ds.sst.isnull())


def test_errors_name_the_cure():
    ds = sea(days=200)
    with pytest.raises(ValueError, match=r"harmonics=1: expected days that span .* 365.*, got 199 .* harmonics=0"):
        Climatology.from_data(ds, "sst_obs", harmonics=1)
    with pytest.raises(ValueError, match=r"at most 3 observations of a cell: expected 3 or more .* as harmonics=0"):
        Climatology.from_data(sea().isel(time=slice(0, 800, 365)), "sst", harmonics=1)
    with pytest.raises(ValueError, match="every value is missing"):
        Climatology.from_data(ds * np.nan, "sst_obs")
