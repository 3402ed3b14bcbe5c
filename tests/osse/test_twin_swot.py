"""SWOT in addition to the nadir altimeters of a twin."""

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


def test_the_swath_adds_observations(nadirs, both):
    nadir, more = nadirs.ssh_obs.notnull(), both.ssh_obs.notnull()
    assert bool((more | ~nadir).all())
    # SWOT observes 9 % of 1/20-degree pixels a day, and more cells of 0.2 degrees.
    assert 0.06 < float(more.mean() - nadir.mean()) < 0.2
    # Days without SWOT are bitwise equal.
    without_swot = (more.sum(["lat", "lon"]) == nadir.sum(["lat", "lon"])).values
    assert without_swot.any()
    xr.testing.assert_equal(both.ssh_obs[without_swot], nadirs.ssh_obs[without_swot])


def test_swot_measures_the_truth_at_its_points(nadirs, both):
    """Cell means equal the truth, interpolated linearly to the mean position and time."""
    cells = np.argwhere(both.ssh_obs.notnull().values)
    inside = cells[(cells > 0).all(1) & (cells < np.array(both.ssh_obs.shape) - 1).all(1)]
    index = [xr.DataArray(inside[:, d], dims="point") for d in range(3)]
    selected = both.isel(time=index[0], lat=index[1], lon=index[2])
    truth = nadirs.ssh.assign_coords(time=np.arange(21.0), lat=np.arange(16.0), lon=np.arange(16.0))
    expected = truth.interp(
        {d: index[i] + selected[f"ssh_obs_offset_{d}"] for i, d in enumerate(("time", "lat", "lon"))}
    )
    error = (selected.ssh_obs - expected.drop_vars(["time", "lat", "lon"])).std()
    assert float(error) < 0.01
    assert float(error) < 0.05 * float(selected.ssh_obs.std())


def test_eddies_with_swot_are_another_file_with_the_same_truth(monkeypatch, tmp_path, nadirs, both):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))
    settings = {"days": 21, "lat": TWIN.lat, "lon": TWIN.lon, "spin_up": 30, "model": TWIN.model}
    ds = datasets.eddies(1, swot=True, progress=False, **settings)
    assert [path.name[:17] for path in tmp_path.iterdir()] == ["eddies-swot-seed1"]
    xr.testing.assert_equal(ds.ssh, nadirs.ssh)
    xr.testing.assert_equal(ds.ssh_obs, both.ssh_obs)
    assert ds.attrs["title"].endswith("nadir altimeters and SWOT")
