"""Gaps filled with Laplace's equation: linear fields are exact, and values are in the range of their neighbours."""

import numpy as np
import pytest
import xarray as xr

from xdvn.benchmark.regridding import fill_gaps


def field(values):
    return xr.DataArray(values, dims=("time", "y", "x"), attrs={"units": "m"})


def test_a_plane_with_gaps_is_recovered():
    y, x = np.mgrid[0:9, 0:11]
    planes = np.stack([2.0 + 0.5 * y - 0.25 * x, 1.0 * y])
    gappy = planes.copy()
    gappy[:, 2:6, 3:8] = np.nan
    gappy[1, 7, 1] = np.nan  # another pattern on the second day
    filled = fill_gaps(field(gappy))
    np.testing.assert_allclose(filled, planes, atol=1e-9)
    assert filled.attrs == {"units": "m"}


def test_each_filled_cell_is_the_mean_of_its_neighbours_and_edges_mirror():
    random = np.random.default_rng(0)
    values = random.normal(size=(3, 8, 7))
    gappy = np.where(random.random(values.shape) < 0.6, np.nan, values)
    filled = fill_gaps(field(gappy)).values
    padded = np.pad(filled, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    around = (padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]) / 4
    gaps = np.isnan(gappy)
    np.testing.assert_allclose(filled[gaps], around[gaps], atol=1e-12)
    np.testing.assert_array_equal(filled[~gaps], gappy[~gaps])
    for day in range(3):
        assert np.nanmin(gappy[day]) <= filled[day].min() <= filled[day].max() <= np.nanmax(gappy[day])


def test_one_row_is_filled_from_left_and_right():
    filled = fill_gaps(field([[[1.0, np.nan, np.nan, 4.0]]]))
    np.testing.assert_allclose(filled[0, 0], [1, 2, 3, 4])


def test_a_day_without_any_value_is_an_error():
    values = np.ones((3, 2, 2))
    values[1] = np.nan
    with pytest.raises(ValueError, match=r"no value at the times \[1\]: expected at least one\. Omit these times"):
        fill_gaps(field(values))
