"""Interpolation of maps to the truth's grid, and maps that cannot be scored."""

import numpy as np
import pytest
import xarray as xr

from xdvn.benchmark import GriddedEvaluation

DAYS = slice(3, 12)


@pytest.fixture
def evaluation(sea):
    truth = sea.ssh.astype(np.float64).isel(time=DAYS)
    return GriddedEvaluation(truth, sea.ssh_front.astype(np.float64))


def test_order_and_precision_of_coordinates_do_not_matter(evaluation, sea):
    maps = sea.ssh.astype(np.float64)
    turned = maps.transpose("lon", "time", "lat").isel(lat=slice(None, None, -1))
    scores = evaluation.score(turned.assign_coords(lat=turned.lat.astype(np.float32).astype(np.float64)))
    assert float(scores.mu) == pytest.approx(1.0, abs=1e-4)
    worse = 0.9 * maps
    single = worse.assign_coords(lat=maps.lat.astype(np.float32), lon=(maps.lon + 360).astype(np.float32))
    for other in (single, worse.assign_coords(lon=maps.lon + 360)):
        again = evaluation.score(other)
        xr.testing.assert_identical(again, evaluation.score(worse))
        assert again.attrs["filled"] == 0


def test_a_coarser_grid_is_interpolated_linearly(evaluation, sea):
    maps = sea.ssh.astype(np.float64)
    coarse = maps.isel(lat=slice(None, None, 3), lon=slice(None, None, 3))
    grid = evaluation.truth.coords
    expected = coarse.interp(lat=grid["lat"], lon=grid["lon"]).isel(time=DAYS)
    error = np.sqrt(((expected - evaluation.truth) ** 2).mean())
    scores = evaluation.score(coarse)
    assert float(scores.mu) == pytest.approx(1 - float(error / np.sqrt((evaluation.truth**2).mean())), abs=1e-12)
    assert 0.8 < float(scores.mu) < 1


def test_maps_that_do_not_cover_the_truth_are_an_error(evaluation, sea):
    message = r"the maps cover 2012-10-01T12:00 to 2012-10-10T12:00: expected .*\. Pass maps of all scored times"
    with pytest.raises(ValueError, match=message):
        evaluation.score(sea.ssh.isel(time=slice(0, 10)))
    with pytest.raises(ValueError, match=r"no value in the scored region: expected .* Pass maps of that region"):
        evaluation.score(sea.ssh.assign_coords(lon=sea.lon + 60))
    message = r"no value in 50% of the truth's cells: expected at most 10%.* Pass complete maps of the whole box"
    with pytest.raises(ValueError, match=message):
        evaluation.score(sea.ssh.where(sea.lon > -63.49))
    with pytest.raises(ValueError, match=r"dimensions \('time', 'y', 'lon'\) without \['lat'\]: expected .* Rename"):
        evaluation.score(sea.ssh.rename(lat="y"))
