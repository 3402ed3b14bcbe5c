"""Covariates: training statistics, one channel or one for each time, and the periodic season."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.covariates import FieldCovariate, SeasonCovariate, covariates_of, in_window

AXES = Axes("time", ("lat", "lon"))
T, Y, X = 10, 4, 3
RANDOM = np.random.default_rng(0)


def dataset():
    time = np.datetime64("2013-01-01", "ns") + np.arange(T) * np.timedelta64(1, "D")
    return xr.Dataset(
        {
            "depth": (("lon", "lat"), RANDOM.normal(3000, 500, (X, Y))),
            "wind": (("time", "lat", "lon"), RANDOM.normal(size=(T, Y, X))),
            "index": ("time", np.arange(T, dtype=float)),
        },
        {"time": time, "lat": 40 + np.arange(float(Y)), "lon": np.arange(float(X))},
    )


def test_statistics_come_from_training_days_only():
    ds = dataset()
    wind, index = covariates_of(ds, ["wind", "index"], AXES, slice(0, 5))
    assert (index.mean, index.std) == (2.0, np.sqrt(2.0))
    assert np.isclose(wind.mean, ds.wind[:5].mean())
    assert np.isclose(wind.on(ds, AXES)[:5].std(), 1, atol=1e-6)


def test_only_covariates_in_time_and_space_have_a_channel_for_each_time():
    ds = dataset()
    found = covariates_of(ds, ["depth", "wind", "index", "lat"], AXES, slice(0, T))
    fields = [c.on(ds, AXES) for c in found]
    assert [c.n_channels(5, AXES) for c in found] == [1, 5, 1, 1]
    window = in_window(fields, (2, 1, 0), (5, 3, 2))
    assert window.shape == (3, 2, 8)
    depth, wind, index, lat = found
    assert np.allclose(window[..., 0] * depth.std + depth.mean, ds.depth.T[1:4, :2])
    assert np.allclose(np.moveaxis(window[..., 1:6], -1, 0) * wind.std + wind.mean, ds.wind[2:7, 1:4, :2], atol=1e-5)
    assert np.allclose(window[..., 6] * index.std + index.mean, 4.0)  # days 2 to 6, centre 4
    assert np.allclose(window[..., 7] * lat.std + lat.mean, ds.lat.values[1:4, None])


def test_fields_are_ascending_in_any_storage_order():
    ds = dataset()
    found = covariates_of(ds, ["depth", "lat"], AXES, slice(0, T))
    turned = ds.isel(lat=slice(None, None, -1))
    for covariate in found:
        assert np.array_equal(covariate.on(turned, AXES), covariate.on(ds, AXES))


def test_the_season_is_a_point_on_the_unit_circle():
    cos, sin = covariates_of(dataset(), ["dayofyear"], AXES, slice(0, T))
    ds = dataset().assign_coords(time=np.datetime64("2001-01-01", "ns") + np.arange(T) * np.timedelta64(36, "D"))
    x, y = (np.asarray(c.on(ds, AXES)).ravel() for c in (cos, sin))
    assert np.allclose(x**2 + y**2, 1, atol=1e-6)
    assert np.allclose(np.unwrap(np.arctan2(y, x)), 2 * np.pi * np.arange(T) * 36 / 365.2425, atol=1e-3)
    own = covariates_of(dataset().assign(dayofyear=("time", np.arange(10.0))), ["dayofyear"], AXES, slice(0, T))
    assert isinstance(own[0], FieldCovariate)


def test_unsuitable_covariates_raise_an_error():
    ds = dataset()

    def measure(name, ds=ds):
        return covariates_of(ds, [name], AXES, slice(0, T))

    with pytest.raises(KeyError, match="covariate variable 'dept' is not in the Dataset; did you mean 'depth'"):
        measure("dept")
    with pytest.raises(
        ValueError, match=r"'a' has the dimensions \('z',\) and dtype float64: expected numbers on some of"
    ):
        measure("a", ds.assign(a=("z", [1.0, 2.0])))
    with pytest.raises(ValueError, match="dtype datetime64.*For the season, use 'dayofyear'"):
        measure("time")
    with pytest.raises(ValueError, match="'flat' does not vary in the training data. Remove it from covariates="):
        measure("flat", ds.assign(flat=("lat", np.ones(Y))))
    with pytest.raises(ValueError, match=r"'depth' has the dimensions \('lat',\): expected \('lat', 'lon'\)"):
        measure("depth")[0].on(ds.assign(depth=("lat", np.ones(Y))), AXES)
    with pytest.raises(ValueError, match="'dayofyear' has dtype int64 along 'time': expected dates. .*decode_cf"):
        SeasonCovariate(0.0).on(ds.assign_coords(time=np.arange(T)), AXES)
