"""The mean field: exact averages, extrapolation, and the plane for sparse data."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.mean import MeanField

AXES = Axes("time", ("lat", "lon"))


def data(values, lat, lon):
    return xr.DataArray(values, dims=("time", "lat", "lon"), coords={"lat": lat, "lon": lon}, name="ssh")


def test_mean_of_finite_values_in_any_order():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 4, 5))
    values[rng.random(values.shape) < 0.3] = np.nan
    lat, lon = np.arange(4.0), np.arange(5.0)
    da = data(values, lat, lon)
    expected = np.nanmean(values, 0)
    assert np.allclose(MeanField.from_data(da, AXES).on([lat, lon]), expected)
    turned = da.isel(lat=slice(None, None, -1)).transpose("lon", "time", "lat")
    assert np.allclose(MeanField.from_data(turned, AXES).on([lat, lon]), expected)
    assert np.allclose(MeanField.from_data(da, AXES).on([lat[::-1], lon]), expected[::-1])


def test_linear_between_cells_and_constant_outside():
    mean = MeanField(np.array([[0.0, 2.0], [4.0, 6.0]]), (np.array([0.0, 1.0]), np.array([10.0, 12.0])))
    assert np.allclose(mean.on([np.array([0.5]), np.array([11.0])]), 3)
    assert np.allclose(mean.on([np.array([-9.0, 9.0]), np.array([0.0])]), [[0], [4]])


def test_scattered_positions_and_grids_agree():
    rng = np.random.default_rng(0)
    mean = MeanField(rng.normal(size=(4, 5)), (np.arange(4.0), 10 + np.arange(5.0)))
    lat, lon = np.array([2.5, -1.0, 0.3]), np.array([9.0, 13.9])
    places = [place.ravel() for place in np.meshgrid(lat, lon, indexing="ij")]
    assert np.array_equal(mean.at(places).reshape(3, 2), mean.on([lat, lon]))
    assert MeanField(np.array([[7.0]]), (np.zeros(1), np.zeros(1))).at(places).tolist() == [7.0] * 6


def test_given_means_in_any_order():
    lat, lon = np.array([3.0, 2.0, 1.0]), np.array([0.0, 1.0])
    mean = MeanField.from_cells(np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]]), [lat, lon])
    assert mean.on([lat, lon])[[0, 0, 1, 2, 2], [0, 1, 0, 0, 1]].tolist() == [1, 2, 3, 5, 6]
    assert mean.on([lat, lon])[1, 1] in (2, 3, 6)


def test_cells_without_data_get_the_nearest_mean():
    values = np.full((2, 1, 4), np.nan)
    values[:, 0, 0], values[:, 0, 3] = 1.0, 5.0
    mean = MeanField.from_data(data(values, [0.0], np.arange(4.0)), AXES)
    assert mean.values.tolist() == [[1, 1, 5, 5]]


def test_plane_through_sparse_data_is_the_plane_they_lie_on():
    lat, lon = np.linspace(30, 40, 11), np.linspace(0, 20, 21)
    plane = 0.3 * lat[:, None] - 0.1 * lon
    rng = np.random.default_rng(0)
    sparse = np.where(rng.random((3, 11, 21)) < 0.1, plane, np.nan)
    assert np.allclose(MeanField.plane(data(sparse, lat, lon), AXES).on([lat, lon]), plane, atol=1e-10)


@pytest.mark.parametrize("make", [MeanField.from_data, MeanField.plane])
def test_data_without_finite_values_raise_an_error(make):
    with pytest.raises(ValueError, match="'ssh' has no finite value: nothing to average. Check fill values"):
        make(data(np.full((2, 2, 2), np.nan), [0.0, 1.0], [0.0, 1.0]), AXES)


def test_random_positions_agree_with_their_grid():
    rng = np.random.default_rng(0)
    mean = MeanField(rng.normal(size=(4, 5)), (np.arange(4.0), np.arange(5.0)))
    y, x = rng.uniform(-1, 6, (2, 7))
    assert np.allclose(mean.at([y, x]), np.diagonal(mean.on([y, x])))
    assert np.allclose(MeanField(np.array([[3.0]]), (np.zeros(1), np.zeros(1))).at([y, x]), 3.0)
