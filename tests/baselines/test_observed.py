"""Conversion of a labelled variable to arrays and back."""

import numpy as np
import pytest
import xarray as xr

from xdvn.baselines.observed import ObservedField, add_std
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField


def dataset():
    values = np.arange(24.0).reshape(2, 3, 4)
    values[0, 1, 2] = values[1, 0, 0] = np.nan
    coords = {"lat": [3.0, 2.0], "time": [0.0, 1.0, 3.0], "lon": [5.0, 6.0, 7.0, 8.0], "member": 3}
    attrs = {"units": "degC", "standard_name": "sea_surface_temperature", "valid_max": 4}
    return xr.Dataset({"sst": (("lat", "time", "lon"), values.astype(np.float32), attrs)}, coords)


def test_round_trip():
    ds = dataset()
    observed = ObservedField.of(ds, "sst")
    assert observed.axes == Axes("time", ("lat", "lon"))
    maps = observed.maps("complete", observed.values, "nothing")
    xr.testing.assert_equal(maps.complete, ds.sst.rename("complete"))
    assert maps.complete.dtype == np.float32
    names = {"standard_name": "sea_surface_temperature", "long_name": "nothing of sst"}
    assert maps.complete.attrs == {"units": "degC", "ancillary_variables": "complete_observed", **names}
    lazy = ObservedField.of(ds.chunk({"time": 1}), "sst")
    assert np.array_equal(lazy.values, observed.values, equal_nan=True)


def test_departures_are_at_cell_centres_or_offsets():
    ds = dataset()
    mean = MeanField(np.array([[1.0, 4.0], [2.0, 5.0]]), (np.array([2.0, 3.0]), np.array([5.0, 8.0])))
    points, values = ObservedField.of(ds, "sst").departures(mean)
    for (t, y, x), v in zip(points, values, strict=True):
        assert np.isclose(v, float(ds.sst.sel(time=t, lat=y, lon=x)) - (1 + (x - 5) + (y - 2)))
    assert len(values) == 22
    ds["sst_offset_lat"] = xr.full_like(ds.sst, 0.25)
    moved, changed = ObservedField.of(ds, "sst").departures(mean)
    np.testing.assert_allclose(moved - points, [[0, 0.25, 0]] * 22)
    assert np.isclose((changed - values)[points[:, 1] == 2], -0.25).all(), "along the slope of the mean"


def test_background_and_land():
    ds = dataset()
    observed = ObservedField.of(ds, "sst")
    assert np.allclose(observed.background(None), float(ds.sst.mean()))
    land = LandMask(np.array([[True, False, True, True]] * 2), (np.array([2.0, 3.0]), ds.lon.values))
    maps = observed.maps(None, np.zeros((3, 2, 4)), "nothing", land)
    assert np.array_equal(maps.sst.isnull().all(["time", "lat"]), [False, True, False, False])
    assert int(maps.sst.isnull().sum()) == 6


def test_std_is_ancillary():
    observed = ObservedField.of(dataset(), "sst")
    maps = add_std(observed.maps("t", observed.values, "a"), observed.maps("t", observed.values, "b"))
    assert maps.t.attrs["ancillary_variables"] == "t_observed t_std"
    assert maps.t_std.attrs["standard_name"] == "sea_surface_temperature standard_error"
    plain = ObservedField.of(dataset().drop_attrs(), "sst")
    assert (
        "standard_name"
        not in add_std(plain.maps(None, plain.values, "a"), plain.maps(None, plain.values, "b")).sst_std.attrs
    )


def test_errors_name_the_cure():
    ds = dataset()
    message = r"has the dimensions .*'depth'.*: expected \('time', 'lat', 'lon'\)\. Select one .* ds.isel\(depth=0\)"
    with pytest.raises(ValueError, match=message):
        ObservedField.of(ds.expand_dims(depth=2), "sst", Axes("time", ("lat", "lon")))
    with pytest.raises(ValueError, match="'sst': every value is missing, expected at least one observation. Check"):
        _ = ObservedField.of(ds * np.nan, "sst").values
    with pytest.raises(KeyError, match="did you mean 'sst'"):
        ObservedField.of(ds, "sstt")


@pytest.mark.parametrize("days", [[0, 1, 2, 5, 6, 11], [6, 0, 5, 1, 11, 2], [0, 3, 6, 9, 10, 11]])
def test_offsets_count_steps_of_the_axis_where_days_are_missing_or_unordered(days):
    """Positions of the remaining observations equal those in the complete record."""
    rng = np.random.default_rng(0)
    dims, shape = ("time", "lat", "lon"), (12, 3, 4)
    coords = {"time": np.arange(12.0), "lat": 40 + 0.5 * np.arange(3), "lon": 10 - 0.25 * np.arange(4)}
    variables = {"ssh": (dims, rng.normal(size=shape))}
    variables |= {f"ssh_offset_{d}": (dims, rng.uniform(-0.5, 0.5, shape)) for d in dims}
    ds = xr.Dataset(variables, coords)
    points, values = ObservedField.of(ds, "ssh").departures(None)
    part = ds.isel(time=days)
    some, kept = ObservedField.of(part, "ssh").departures(None)
    where = {value: i for i, value in enumerate(values)}
    expected = points[[where[value] for value in kept]]
    np.testing.assert_allclose(some, expected, atol=1e-12)
