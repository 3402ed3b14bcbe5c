"""Checks of orbits, noise, hold-outs, tilings, covariates and groupings: package classes pass, broken ones raise."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from xdvn import testing
from xdvn.baselines.tiling import AbstractTiling, PerTimeTiling, Tile, Tiling
from xdvn.grid.axes import find_axes
from xdvn.grid.covariates import AbstractCovariate, covariates_of
from xdvn.grid.holdout_masks import AbstractHoldout
from xdvn.metrics import AbstractGrouping, Seasons
from xdvn.osse import JASON1, SWOT, AbstractNoise, CorrelatedNoise, WhiteNoise, along_track

COORDS, SCALES = [np.arange(30.0), np.arange(12.0)], (3.0, 2.0)


@pytest.fixture(scope="module")
def points():
    return along_track([JASON1], "2012-10-01", 3, (33, 43), (-65, -55))


class Constant(AbstractNoise):
    def draw(self, points, seed):
        return np.zeros(points.sizes["point"])


class Everything(AbstractHoldout):
    def choose(self, observed, seed):
        return np.ones_like(observed)


class Half(AbstractTiling):
    def tiles(self, coords, scales):
        cells = tuple(np.arange(c.size) for c in coords)
        weights = tuple(np.full(c.size, 0.5) for c in coords)
        yield Tile(cells, weights, np.full(len(coords), -np.inf), np.full(len(coords), np.inf))


@dataclass(frozen=True)
class Gappy(AbstractCovariate):
    def on(self, ds, axes):
        return np.full((1, 1, 1), np.nan)

    def n_channels(self, n_times, axes):
        return 1


class Overlapping(AbstractGrouping):
    @property
    def name(self):
        return "overlapping"

    def groups(self, field, axes):
        yield "a", field > -np.inf
        yield "b", field > -np.inf


def test_classes_of_the_package_pass(points, small_twin):
    for orbit in (JASON1, SWOT):
        testing.check_orbit(orbit)
    testing.check_noise(WhiteNoise(0.02), points)
    testing.check_noise(CorrelatedNoise(0.02, 1000.0), points)
    for tiling in (Tiling(), Tiling(time=4, space=3, halo=2), PerTimeTiling()):
        testing.check_tiling(tiling, COORDS, SCALES)
    axes = find_axes(small_twin)
    for covariate in covariates_of(small_twin, ("ssh_front", "dayofyear"), axes, slice(0, 20)):
        testing.check_covariate(covariate, small_twin, 5)
    testing.check_grouping(Seasons(), small_twin.ssh)


def test_broken_classes_raise(points, small_twin):
    with pytest.raises(
        AssertionError, match=r"Constant.draw is equal for all seeds: expected other errors\. Draw from"
    ):
        testing.check_noise(Constant(), points)
    with pytest.raises(
        AssertionError,
        match=r"Everything.choose withholds 6 cells without observation: expected none\. Use mask & observed",
    ):
        testing.check_holdout(Everything(), np.arange(12).reshape(3, 4) % 2 == 0)
    with pytest.raises(
        AssertionError, match=r"the weights sum to 0\.25 to 0\.25: expected 1 in every cell\. Normalise them"
    ):
        testing.check_tiling(Half(), COORDS, SCALES)
    with pytest.raises(
        AssertionError, match=r"returned NaN or infinity: expected finite values\. Fill them with 0, the mean"
    ):
        testing.check_covariate(Gappy(), small_twin, 5)
    with pytest.raises(AssertionError, match=r"a point is in 2 groups: expected at most 1\. Make the masks disjoint"):
        testing.check_grouping(Overlapping(), xr.DataArray(small_twin.ssh))
