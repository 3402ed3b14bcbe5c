"""SWOT beside the twin's nadirs: the same sea, the same nadirs, and a swath that reads the truth."""

import numpy as np
import pytest
import xarray as xr

from xdvn import datasets
from xdvn.dynamics import TwoLayerQG
from xdvn.osse import Twin, observe_with_swot

TWIN = Twin(seed=1, days=21, lat=(33.0, 36.0), lon=(-65.0, -62.0), spin_up=30, model=TwoLayerQG(n=48, length=480e3))


@pytest.fixture(scope="module")
def nadirs():
    return TWIN.make()


@pytest.fixture(scope="module")
def both():
    return observe_with_swot(TWIN, TWIN.simulate())


def test_the_swath_comes_on_top_of_the_nadirs(nadirs, both):
    seen, more = nadirs.ssh_obs.notnull(), both.ssh_obs.notnull()
    assert bool((more | ~seen).all())
    # 9 % of 1/20-degree pixels a day in a large box; a cell of 0.2 degrees is touched more often than that.
    assert 0.06 < float(more.mean() - seen.mean()) < 0.2
    # Days that SWOT does not pass are those of the nadirs, to the last bit.
    alone = (more.sum(["lat", "lon"]) == seen.sum(["lat", "lon"])).values
    assert alone.any()
    xr.testing.assert_equal(both.ssh_obs[alone], nadirs.ssh_obs[alone])


def test_swot_reads_the_truth_where_and_when_it_flies(nadirs, both):
    """Cell means against the truth read, linearly, at the mean place and time of the measurements."""
    where = np.argwhere(both.ssh_obs.notnull().values)
    inside = where[(where > 0).all(1) & (where < np.array(both.ssh_obs.shape) - 1).all(1)]
    at = [xr.DataArray(inside[:, d], dims="point") for d in range(3)]
    taken = both.isel(time=at[0], lat=at[1], lon=at[2])
    truth = nadirs.ssh.assign_coords(time=np.arange(21.0), lat=np.arange(16.0), lon=np.arange(16.0))
    read = truth.interp({d: at[i] + taken[f"ssh_obs_offset_{d}"] for i, d in enumerate(("time", "lat", "lon"))})
    error = (taken.ssh_obs - read.drop_vars(["time", "lat", "lon"])).std()
    assert float(error) < 0.01
    assert float(error) < 0.05 * float(taken.ssh_obs.std())


def test_eddies_with_swot_are_another_file_of_the_same_sea(monkeypatch, tmp_path, nadirs, both):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))
    settings = {"days": 21, "lat": TWIN.lat, "lon": TWIN.lon, "spin_up": 30, "model": TWIN.model}
    ds = datasets.eddies(1, swot=True, progress=False, **settings)
    assert [path.name[:17] for path in tmp_path.iterdir()] == ["eddies-swot-seed1"]
    xr.testing.assert_equal(ds.ssh, nadirs.ssh)
    xr.testing.assert_equal(ds.ssh_obs, both.ssh_obs)
    assert ds.attrs["title"].endswith("nadir altimeters and SWOT")
