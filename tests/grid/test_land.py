"""Land masks are matched by position, on the same, a smaller and a larger grid."""

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask

LAT, LON = np.arange(30.0, 34.0), np.arange(0.0, 3.0)


def test_lookup_on_the_same_a_smaller_and_a_larger_grid():
    sea = np.random.default_rng(0).random((4, 3)) < 0.5
    land = LandMask(sea, (LAT, LON))
    assert np.array_equal(land.sea_on([LAT, LON]), sea)
    assert np.array_equal(land.sea_on([LAT[1:3], LON[1:]]), sea[1:3, 1:])
    larger = land.sea_on([np.arange(29.0, 36.0), np.arange(-1.0, 4.0)])
    assert np.array_equal(larger[1:5, 1:4], sea)
    outside = np.ones((7, 5), bool)
    outside[1:5, 1:4] = False
    assert larger[outside].all()


def test_land_is_where_data_are_always_nan():
    values = np.full((2, 3, 4), np.nan)
    values[0, 0, 1] = values[1, 2, 3] = 1.0
    da = xr.DataArray(values, dims=("time", "lon", "lat"), coords={"lat": LAT[::-1], "lon": LON})
    land = LandMask.from_data(da, Axes("time", ("lat", "lon")))
    assert land.sea_on([LAT[::-1], LON]).tolist() == np.isfinite(values).any(0).T.tolist()
