"""Duplicate measurements, in one file and across files."""

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.tracks import bin_files
from xdvn.tracks.duplicates import DuplicateFilter

DAYS = pd.date_range("2012-10-01T12:00", periods=6)
GRID = xr.Dataset(coords={"time": DAYS, "lat": np.round(33 + 0.5 * np.arange(6), 9), "lon": -65 + 0.5 * np.arange(7)})


def points(n=4000, seed=0, days=6, noise=0.1, name="ssh"):
    random = np.random.default_rng(seed)
    time = np.datetime64("2012-10-01", "ns") + random.integers(0, days * 86400, n).astype("timedelta64[s]")
    coords = {"time": time, "lat": random.uniform(32.75, 35.75, n), "lon": random.uniform(-65.25, -61.75, n)}
    coords = {k: ("point", v) for k, v in coords.items()}
    values = 2.0 + noise * random.normal(size=n)
    return xr.DataArray(values, dims="point", coords=coords, name=name, attrs={"units": "m"})


def test_duplicates_count_once_in_a_part_and_across_parts():
    obs = points(1000)
    twice = xr.concat([obs, obs[::-1]], "point")
    expected = bin_files([obs], GRID)
    for parts in ([twice], [obs, obs], [obs[:600], obs[400:]]):
        cells = bin_files(parts, GRID)
        np.testing.assert_array_equal(cells.ssh_count, expected.ssh_count)
        np.testing.assert_allclose(cells.ssh, expected.ssh, atol=1e-6)
        assert cells.attrs["points_duplicate"] == sum(map(len, parts)) - 1000
    # The first part is no longer stored when its points are repeated.
    short = bin_files([obs[:300], obs[300:], obs[:300]], GRID, dedup_window=500)
    assert short.attrs["points_duplicate"] == 0
    assert bin_files([obs[:300], obs[300:], obs[:300]], GRID, dedup_window=1000).attrs["points_duplicate"] == 300


def test_the_filter_finds_duplicates_of_stored_points():
    positions = np.array([[0.0, 1.0, 0.0], [2.0, 3.0, 2.0]])
    duplicates = DuplicateFilter(2)
    assert duplicates.first_seen(positions).tolist() == [True, True, False]
    assert duplicates.first_seen(positions[:, 1:]).tolist() == [False, False]
    without_memory = DuplicateFilter(0)
    assert (
        without_memory.first_seen(positions).tolist()
        == without_memory.first_seen(positions).tolist()
        == [True, True, False]
    )
