"""Binning of many files: the same cells as from all points, with counts and error variances."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.osse import SWOT, Swath, along_swath
from xdvn.tracks import bin_files, bin_points

DAYS = pd.date_range("2012-10-01T12:00", periods=6)
GRID = xr.Dataset(coords={"time": DAYS, "lat": np.round(33 + 0.5 * np.arange(6), 9), "lon": -65 + 0.5 * np.arange(7)})


def points(n=4000, seed=0, days=6, noise=0.1, name="ssh"):
    random = np.random.default_rng(seed)
    time = np.datetime64("2012-10-01", "ns") + random.integers(0, days * 86400, n).astype("timedelta64[s]")
    coords = {"time": time, "lat": random.uniform(32.75, 35.75, n), "lon": random.uniform(-65.25, -61.75, n)}
    coords = {k: ("point", v) for k, v in coords.items()}
    values = 2.0 + noise * random.normal(size=n)
    return xr.DataArray(values, dims="point", coords=coords, name=name, attrs={"units": "m"})


def split(obs, n):
    return [obs[i::n] for i in range(n)]


def test_parts_have_the_cells_of_all_points():
    obs = points()
    whole, parts = bin_files([obs], GRID), bin_files(iter(split(obs, 7)), GRID)
    simple = bin_points(obs, GRID)
    for name in whole.data_vars:
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-6)
        if name in simple:
            np.testing.assert_array_equal(whole[name], simple[name])


def test_counts_equal_those_of_the_points():
    obs = points()
    cells = bin_files(split(obs, 3), GRID)
    day = (obs.time.values - np.datetime64("2012-10-01")) // np.timedelta64(1, "D")
    i, j = ((obs.lat.values - 32.75) // 0.5).astype(int), ((obs.lon.values + 65.25) // 0.5).astype(int)
    expected = np.zeros((6, 6, 7), int)
    np.add.at(expected, (day, i, j), 1)
    np.testing.assert_array_equal(cells.ssh_count, expected)
    assert int(cells.ssh_count.sum()) == cells.attrs["points_used"] == obs.size


def test_the_error_variance_is_that_of_the_means():
    """With white noise on a constant field, the variance of the means is that of the noise over the count."""
    cells = bin_files(split(points(40_000, noise=0.1), 4), GRID)
    variance, count = cells.ssh_error_variance, cells.ssh_count
    np.testing.assert_allclose(variance * count, 0.01, rtol=0.02)
    scaled = (cells.ssh - 2.0) / np.sqrt(variance)
    assert float(scaled.std()) == pytest.approx(1, abs=0.1)
    fixed = bin_files([points()], GRID, error=0.3)
    np.testing.assert_allclose(fixed.ssh_error_variance.where(fixed.ssh_count > 0) * fixed.ssh_count, 0.09, rtol=1e-5)


def test_the_variance_is_pooled_over_cells():
    """Cells with (1, 3), (10, 10, 13) and 7 have squares of 2, 6 and 0, and 1 + 2 degrees of freedom."""
    at = lambda lat, values: [(lat, v) for v in values]  # noqa: E731
    table = at(33.0, [1, 3]) + at(34.0, [10, 10, 13]) + at(35.0, [7])
    lat, values = (np.array(column, float) for column in zip(*table, strict=True))
    time = DAYS.values[0] + np.arange(6) * np.timedelta64(1, "m")
    coords = {"time": ("point", time), "lat": ("point", lat), "lon": ("point", np.full(6, -65.0))}
    cells = bin_files([xr.DataArray(values, dims="point", coords=coords, name="y")], GRID)
    variance = (2 + 6) / 3
    np.testing.assert_allclose(cells.y_error_variance[0, [0, 2, 4], 0], variance / np.array([2, 3, 1]), rtol=1e-6)
    assert int(cells.y_error_variance.notnull().sum()) == 3
    single_point = bin_files([xr.DataArray(values, dims="point", coords=coords, name="y")[:1]], GRID)
    assert bool(single_point.y_error_variance.isnull().all())
    assert cells.y_error_variance.attrs["units"] == "1"


def test_wide_windows_overlap_in_time():
    """A half width of one and a half steps gives the means of three days."""
    obs = points()
    wide = bin_files(split(obs, 2), GRID, half_window=1.5)
    single = bin_files([obs], GRID)
    count = single.ssh_count.values
    padded = np.pad(count, ((1, 1), (0, 0), (0, 0)))
    np.testing.assert_array_equal(wide.ssh_count, padded[:-2] + padded[1:-1] + padded[2:])
    total = np.nan_to_num(single.ssh.values) * count
    padded_total = np.pad(total, ((1, 1), (0, 0), (0, 0)))
    expected = (padded_total[:-2] + padded_total[1:-1] + padded_total[2:]) / wide.ssh_count
    np.testing.assert_allclose(wide.ssh, expected, rtol=1e-5)
    assert wide.attrs["points_used"] == obs.size
    assert float(wide.ssh_offset_time[0].mean()) == pytest.approx(0.5, abs=0.1)  # half of the first window is empty
    narrow = bin_files([obs], GRID, half_window=0.25)
    assert narrow.attrs["points_used"] == pytest.approx(obs.size / 2, rel=0.1)
    assert narrow.attrs["points_outside"] == obs.size - narrow.attrs["points_used"]


def test_attributes_count_all_points():
    obs = points(1000)
    obs[:50] = np.nan
    obs = obs.assign_coords(lat=obs.lat.where(np.arange(1000) >= 120, 60.0), time=obs.time)
    attrs = bin_files([obs[:700], obs[600:]], GRID).attrs
    assert attrs["points_read"] == 1100
    assert attrs["points_missing"] == 50
    assert attrs["points_outside"] == 70
    assert attrs["points_duplicate"] == 100
    assert attrs["points_used"] == 1100 - 50 - 70 - 100


def test_memory_does_not_grow_with_the_number_of_files():
    def peak(n_files):
        tracemalloc.start()
        bin_files((points(5_000, seed=i) for i in range(n_files)), GRID, dedup_window=10_000)
        maximum = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return maximum

    peak(2)
    assert peak(24) < 1.2 * peak(6)


def test_swaths_have_the_cells_of_their_points():
    """Times of lines and positions of pixels, as in files, give the same cells as flat points."""
    random = np.random.default_rng(0)
    lines, pixels = 40, 9
    lat = 33 + 0.05 * np.arange(lines)[:, None] + np.zeros(pixels)
    lon = -64 + 0.1 * np.arange(pixels)[None, :] + np.zeros((lines, 1))
    time = DAYS.values[1] + np.arange(lines) * np.timedelta64(300, "ms")
    values = random.normal(size=(lines, pixels))
    values[3, 2] = np.nan
    coords = {"time": ("num_lines", time), "lat": (("num_lines", "num_pixels"), lat)}
    swath = xr.DataArray(values, dims=("num_lines", "num_pixels"), coords=coords, name="ssh")
    swath = swath.assign_coords(lon=(("num_lines", "num_pixels"), lon))
    flat_coords = {"time": np.repeat(time, pixels), "lat": lat.ravel(), "lon": lon.ravel()}
    flat = xr.DataArray(
        values.ravel(), dims="point", coords={k: ("point", v) for k, v in flat_coords.items()}, name="ssh"
    )
    xr.testing.assert_identical(bin_points(swath, GRID), bin_points(flat, GRID))
    unplaced = swath.assign_coords(lat=swath.lat.where(swath.lat < 34))
    assert bin_files([unplaced], GRID).attrs["points_missing"] == int(((lat >= 34) | np.isnan(values)).sum())


def test_simulated_swaths_fill_their_cells():
    box = {"lat": (32.75, 35.75), "lon": (-65.25, -61.75)}
    track = along_swath(SWOT, "2012-10-01", 6, **box, swath=Swath(across=5, along=5), epoch=5.0)
    heights = xr.DataArray(np.ones(track.sizes["point"]), dims="point", coords=track.coords, name="ssh")
    cells = bin_files([heights], GRID)
    assert cells.attrs["points_used"] == track.sizes["point"] > 1000
    assert float(cells.ssh.max()) == 1.0


def test_errors_name_a_cure():
    obs = points(100)
    with pytest.raises(ValueError, match="parts is empty: expected an iterable of DataArrays. Use"):
        bin_files([], GRID)
    with pytest.raises(
        ValueError, match="a part has the name 'sla', the first one 'ssh': expected one. Use part.rename"
    ):
        bin_files([obs, obs.rename("sla")], GRID)
    with pytest.raises(ValueError, match="none of the 100 points is on the grid .*Select the same period"):
        bin_files([obs.assign_coords(lon=obs.lon + 60)], GRID)
    with pytest.raises(ValueError, match="half_window=0, error=None: expected positive values. Use half_window=0.5"):
        bin_files([obs], GRID, half_window=0)
    with pytest.raises(ValueError, match="half_window=0.5, error=-1: expected positive values"):
        bin_files([obs], GRID, error=-1)
    assert bool(bin_files([obs[:0]], GRID).ssh.isnull().all())
