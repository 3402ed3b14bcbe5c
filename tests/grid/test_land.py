"""Land is looked up by position: same grid, part of it, another order of size, and beyond."""

import numpy as np

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
