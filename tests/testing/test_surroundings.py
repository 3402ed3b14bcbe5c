"""Ours keep the promises of orbits, errors, withholding, tilings, covariates and groups; broken ones are found out."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from xdvn import testing
from xdvn.baselines.tiling import AbstractTiling, EachTime, Tile, Tiling
from xdvn.baselines.withholding import AbstractWithholding
from xdvn.grid.axes import find_axes
from xdvn.grid.covariates import AbstractCovariate, covariates_of
from xdvn.metrics import AbstractGrouping, Seasons
from xdvn.osse import JASON1, SWOT, AbstractNoise, CorrelatedNoise, WhiteNoise, along_track

COORDS, SCALES = [np.arange(30.0), np.arange(12.0)], (3.0, 2.0)


@pytest.fixture(scope="module")
def points():
    return along_track([JASON1], "2012-10-01", 3, (33, 43), (-65, -55))


class Fixed(AbstractNoise):
    def draw(self, points, seed):
        return np.zeros(points.sizes["point"])


class Everything(AbstractWithholding):
    def choose(self, seen, seed):
        return np.ones_like(seen)


class Half(AbstractTiling):
    def tiles(self, coords, scales):
        all_of = tuple(np.arange(c.size) for c in coords)
        weights = tuple(np.full(c.size, 0.5) for c in coords)
        yield Tile(all_of, weights, np.full(len(coords), -np.inf), np.full(len(coords), np.inf))


@dataclass(frozen=True)
class Gappy(AbstractCovariate):
    def on(self, ds, axes):
        return np.full((1, 1, 1), np.nan)

    def n_channels(self, n_times, axes):
        return 1


class Twice(AbstractGrouping):
    @property
    def name(self):
        return "twice"

    def groups(self, field, axes):
        yield "a", field > -np.inf
        yield "b", field > -np.inf


def test_ours_keep_their_promises(points, small_twin):
    for orbit in (JASON1, SWOT):
        testing.check_orbit(orbit)
    testing.check_noise(WhiteNoise(0.02), points)
    testing.check_noise(CorrelatedNoise(0.02, 1000.0), points)
    for tiling in (Tiling(), Tiling(time=4, space=3, halo=2), EachTime()):
        testing.check_tiling(tiling, COORDS, SCALES)
    axes = find_axes(small_twin)
    for covariate in covariates_of(small_twin, ("ssh_front", "dayofyear"), axes, slice(0, 20)):
        testing.check_covariate(covariate, small_twin, 5)
    testing.check_grouping(Seasons(), small_twin.ssh)


def test_a_broken_one_is_found_out(points, small_twin):
    with pytest.raises(AssertionError, match="Fixed.draw does not depend on its seed"):
        testing.check_noise(Fixed(), points)
    with pytest.raises(AssertionError, match="Everything.choose withholds what was not seen"):
        testing.check_withholding(Everything(), np.arange(12).reshape(3, 4) % 2 == 0)
    with pytest.raises(AssertionError, match="do not add up to one everywhere"):
        testing.check_tiling(Half(), COORDS, SCALES)
    with pytest.raises(AssertionError, match="not finite; fill them with 0"):
        testing.check_covariate(Gappy(), small_twin, 5)
    with pytest.raises(AssertionError, match="puts points into two groups"):
        testing.check_grouping(Twice(), xr.DataArray(small_twin.ssh))
