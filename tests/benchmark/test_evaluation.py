"""Maps on other grids brought to the truth's, and maps that cannot be scored."""

import numpy as np
import pytest

from xdvn.benchmark import AgainstTruth

DAYS = slice(3, 12)


@pytest.fixture
def evaluation(sea):
    truth = sea.ssh.astype(np.float64).isel(time=DAYS)
    return AgainstTruth(truth, sea.ssh_front.astype(np.float64))


def test_order_and_precision_of_coordinates_do_not_matter(evaluation, sea):
    maps = sea.ssh.astype(np.float64)
    turned = maps.transpose("lon", "time", "lat").isel(lat=slice(None, None, -1))
    scores = evaluation.score(turned.assign_coords(lat=turned.lat.astype(np.float32).astype(np.float64)))
    assert float(scores.mu) == pytest.approx(1.0, abs=1e-4)


def test_a_coarser_grid_is_interpolated_linearly(evaluation, sea):
    maps = sea.ssh.astype(np.float64)
    coarse = maps.isel(lat=slice(None, None, 3), lon=slice(None, None, 3))
    there = evaluation.truth.coords
    expected = coarse.interp(lat=there["lat"], lon=there["lon"]).isel(time=DAYS)
    error = np.sqrt(((expected - evaluation.truth) ** 2).mean())
    scores = evaluation.score(coarse)
    assert float(scores.mu) == pytest.approx(1 - float(error / np.sqrt((evaluation.truth**2).mean())), abs=1e-12)
    assert 0.8 < float(scores.mu) < 1


def test_maps_that_do_not_cover_what_is_scored_are_refused(evaluation, sea):
    with pytest.raises(ValueError, match=r"the maps go from 2012-10-01T12:00 to 2012-10-10T12:00, the scored times"):
        evaluation.score(sea.ssh.isel(time=slice(0, 10)))
    with pytest.raises(ValueError, match=r"no value of the maps lies in the scored area.*maps.assign_coords\(lon="):
        evaluation.score(sea.ssh.assign_coords(lon=sea.lon + 360))
    with pytest.raises(ValueError, match=r"the maps leave 50% of the truth's cells open; the challenge fills a margin"):
        evaluation.score(sea.ssh.where(sea.lon > -63.49))
    with pytest.raises(ValueError, match=r"have the dimensions \('time', 'y', 'lon'\) and lack \['lat'\]"):
        evaluation.score(sea.ssh.rename(lat="y"))
