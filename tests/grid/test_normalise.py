"""Normalised values have unit variance, and the inverse is exact."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.mean import MeanField
from xdvn.grid.variable import Normaliser

AXES = Axes("time", ("lat", "lon"))
LAT, LON = np.arange(4.0), np.arange(5.0)


def data(values):
    return xr.DataArray(values, dims=AXES.dims, coords={"lat": LAT, "lon": LON}, name="sst")


def test_round_trip_and_unit_variance():
    rng = np.random.default_rng(0)
    values = 15 + 5 * LAT[:, None] + 2 * rng.normal(size=(200, 4, 5))
    normaliser = Normaliser.from_data(data(values), AXES)
    normal = normaliser.apply(values, [LAT, LON])
    assert np.isclose((normal**2).mean(), 1, rtol=1e-5)
    assert np.allclose(normal.mean(0), 0, atol=1e-5)
    assert np.allclose(normaliser.inverse_transform(normal, [LAT, LON]), values, rtol=1e-5)


def test_missing_values_remain_nan_and_do_not_change_statistics():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 4, 5))
    values[:, 0, 0] = np.nan
    normaliser = Normaliser.from_data(data(values), AXES)
    finite = np.ma.masked_invalid(values)
    assert np.isclose(normaliser.std, np.sqrt(((finite - finite.mean(0)) ** 2).mean()), rtol=1e-9)
    assert np.isnan(normaliser.apply(values, [LAT, LON])[:, 0, 0]).all()


def test_a_given_mean_is_used():
    mean = MeanField(np.full((4, 5), 3.0), (LAT, LON))
    assert Normaliser.from_data(data(np.full((2, 4, 5), 5.0)), AXES, mean) == Normaliser(mean, 2.0)


def test_a_constant_field_raises_an_error():
    with pytest.raises(ValueError, match="'sst' does not vary around its time mean .*. Use more days"):
        Normaliser.from_data(data(np.ones((3, 4, 5))), AXES)
