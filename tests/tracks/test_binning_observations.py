"""Binning of tracks for variables that a Dataset lacks."""

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.tracks.binning import add_gridded_observations

AXES = Axes("time", ("lat", "lon"))


def test_missing_variables_are_binned_and_others_unchanged():
    grid = xr.Dataset(coords={"time": [0.0, 1.0], "lat": [33.0, 33.2], "lon": [5.0, 5.2]})
    grid["other"] = (("time", "lat", "lon"), np.ones((2, 2, 2)))
    before = grid.copy(deep=True)
    tracks = xr.Dataset({
        "ssh_obs": ("point", [1.0, 3.0]), "other": ("point", [7.0, 7.0]),
        "time": ("point", [0.0, 0.2]), "lat": ("point", [33.0, 33.02]), "lon": ("point", [5.2, 5.2]),
    })  # fmt: skip
    ds = add_gridded_observations(grid, tracks, ["ssh_obs", "other", "absent"], AXES)
    assert float(ds.ssh_obs[0, 0, 1]) == 2.0
    assert int(ds.ssh_obs.notnull().sum()) == 1
    assert np.isclose(ds.ssh_obs_offset_lat[0, 0, 1], 0.05)
    assert (ds.other == 1).all()
    assert "absent" not in ds
    xr.testing.assert_identical(grid, before)
    assert add_gridded_observations(grid, None, ["ssh_obs"], AXES) is grid
