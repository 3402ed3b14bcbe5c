"""Gaps filled by Laplace's equation: what is linear stays so, and nothing leaves the range of what is known."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.filling import fill_gaps


def field(values):
    return xr.DataArray(values, dims=("time", "y", "x"), attrs={"units": "m"})


def test_a_plane_with_holes_comes_back():
    y, x = np.mgrid[0:9, 0:11]
    planes = np.stack([2.0 + 0.5 * y - 0.25 * x, 1.0 * y])
    holed = planes.copy()
    holed[:, 2:6, 3:8] = np.nan
    holed[1, 7, 1] = np.nan  # another pattern on the second day
    filled = fill_gaps(field(holed))
    np.testing.assert_allclose(filled, planes, atol=1e-9)
    assert filled.attrs == {"units": "m"}


def test_each_filled_cell_is_the_mean_of_its_neighbours_and_edges_mirror():
    random = np.random.default_rng(0)
    values = random.normal(size=(3, 8, 7))
    holed = np.where(random.random(values.shape) < 0.6, np.nan, values)
    filled = fill_gaps(field(holed)).values
    padded = np.pad(filled, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    around = (padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]) / 4
    gaps = np.isnan(holed)
    np.testing.assert_allclose(filled[gaps], around[gaps], atol=1e-12)
    np.testing.assert_array_equal(filled[~gaps], holed[~gaps])
    for day in range(3):
        assert np.nanmin(holed[day]) <= filled[day].min() <= filled[day].max() <= np.nanmax(holed[day])


def test_one_row_is_filled_from_left_and_right():
    filled = fill_gaps(field([[[1.0, np.nan, np.nan, 4.0]]]))
    np.testing.assert_allclose(filled[0, 0], [1, 2, 3, 4])


def test_a_day_without_any_value_is_refused():
    values = np.ones((3, 2, 2))
    values[1] = np.nan
    with pytest.raises(ValueError, match=r"no value at all at the times \[1\]; nothing to fill them from"):
        fill_gaps(field(values))
