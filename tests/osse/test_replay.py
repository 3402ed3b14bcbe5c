"""Gaps of real data on other days: the same positions, times of day and masks."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.osse import replay_cloud_masks, replay_track_sampling
from xdvn.readers import read

RANDOM = np.random.default_rng(0)


def measurements(n=200, days=5):
    time = np.datetime64("2014-05-15", "ns") + RANDOM.integers(0, days * 86400, n).astype("timedelta64[s]")
    coords = {"time": np.sort(time), "lat": RANDOM.uniform(30, 45, n), "lon": RANDOM.uniform(-5, 36, n)}
    coords["mission"] = RANDOM.choice(["a", "b"], n)
    return xr.Dataset({"ssh": ("point", np.zeros(n))}, {k: ("point", v) for k, v in coords.items()})


def table(points):
    time = pd.DatetimeIndex(points.time.values)
    clock = (time - time.normalize()).total_seconds()
    return set(zip(clock, points.lat.values, points.lon.values, points.mission.values, strict=True))


def test_the_sampling_repeats_after_its_period():
    real = measurements()
    repeated = replay_track_sampling(real, "2005-04-01", days=12)
    assert (np.diff(repeated.time) >= np.timedelta64(0)).all()
    day = (repeated.time.values - np.datetime64("2005-04-01")).astype("timedelta64[D]").astype(int)
    origin = (real.time.values - np.datetime64("2014-05-15")).astype("timedelta64[D]").astype(int)
    for d in range(12):
        copy, original = repeated.isel(point=day == d), real.isel(point=origin == d % 5)
        assert table(copy) == table(original)
    assert set(day) == set(range(12))
    assert not repeated.data_vars


def test_the_period_may_be_shorter_or_longer_than_the_data():
    real = measurements()
    assert replay_track_sampling(real, "2005-04-01", days=3, period=1).sizes["point"] == 3 * int(
        (real.time < np.datetime64("2014-05-16")).sum()
    )
    longer = replay_track_sampling(real, "2005-04-01", days=14, period=7)
    day = (longer.time.values - np.datetime64("2005-04-01")).astype("timedelta64[D]").astype(int)
    assert set(day) == {0, 1, 2, 3, 4, 7, 8, 9, 10, 11}


def test_real_tracks_on_a_real_truth():
    """Four satellites of 2014 observe 3.1 % of the Mediterranean a day, 40 % in 20 days."""
    folder = Path(os.environ["XDVN_DATA_DIR"])
    names = ("tracks/ADT_20140515_20140604.dat", "ssh/dt_med_allsat_phy_l4_2005T2.nc")
    if not all((folder / name).is_file() for name in names):
        pytest.skip("the real files are not in XDVN_DATA_DIR; docs/data.md says where they come from")
    real, truth = (read(folder / name) for name in names)
    points = replay_track_sampling(real, truth.time.values[0], days=20)
    day = (points.time.values - truth.time.values[0]).astype("timedelta64[D]").astype(int)
    cell = np.stack([day, (points.lat.values - 30) * 8, (points.lon.values + 6) * 8]).astype(int)
    observed = np.zeros((20, 128, 344), bool)
    observed[tuple(cell)] = True
    sea = truth.adt[0].notnull().values
    assert (observed & sea).sum() / (20 * sea.sum()) == pytest.approx(0.031, abs=0.002)
    assert (observed.any(axis=0) & sea).sum() / sea.sum() == pytest.approx(0.40, abs=0.03)


def masks(days=6, rows=20, columns=25):
    sea = np.ones((rows, columns), bool)
    sea[:, :4] = False
    observed = (RANDOM.random((days, rows, columns)) < 0.5) & sea
    return xr.DataArray(observed, dims=("time", "lat", "lon")), xr.DataArray(sea, dims=("lat", "lon"))


def test_masks_keep_their_place_on_their_own_grid():
    observed, _ = masks()
    field = xr.DataArray(RANDOM.normal(size=(40, 20, 25)), dims=("t", "y", "x"))
    hidden = replay_cloud_masks(field, observed, seed=0)
    patterns = {m.tobytes() for m in observed.values}
    used = {m.tobytes() for m in hidden.notnull().values}
    assert used == patterns  # 40 days draw all six
    np.testing.assert_array_equal(hidden.fillna(field), field)
    assert not hidden.identical(replay_cloud_masks(field, observed, seed=1))


def test_windows_of_masks_are_without_land():
    observed, sea = masks()
    field = xr.DataArray(RANDOM.normal(size=(30, 6, 7)), dims=("t", "y", "x"))
    for seed in range(20):
        hidden = replay_cloud_masks(field, observed, seed, ocean_mask=sea)
        windows = {
            tuple(observed.values[:, i : i + 6, j : j + 7].reshape(6, -1).tolist()[0]): (i, j)
            for i in range(15) for j in range(19)
        }  # fmt: skip
        first = [windows.get(tuple(m.ravel().tolist())) for m in hidden.notnull().values]
        corners = {corner for corner in first if corner is not None}
        assert len(corners) == 1
        assert corners.pop()[1] >= 4


def test_errors_name_a_cure():
    observed, sea = masks()
    field = xr.DataArray(np.zeros((3, 21, 21)), dims=("t", "y", "x"))
    with pytest.raises(
        ValueError, match=r"no window of 21 x 21 cells of the masks \(20 x 25\) is without land: expected one"
    ):
        replay_cloud_masks(field, observed, 0)
    with pytest.raises(ValueError, match="the largest square has 20 cells a side. Use a smaller field"):
        replay_cloud_masks(field[:, :20, :], observed.isel(lon=slice(0, 24)), 0, ocean_mask=sea.isel(lon=slice(0, 24)))
    with pytest.raises(
        ValueError, match=r"the field has the dimensions \('y', 'x'\), the masks .*: expected \(time, y, x\)"
    ):
        replay_cloud_masks(field[0], observed, 0)
    with pytest.raises(ValueError, match="points is empty: expected one measurement or more"):
        replay_track_sampling(measurements().isel(point=slice(0)), "2005-04-01", days=3)
    with pytest.raises(ValueError, match="days=0, period=5: expected positive whole numbers"):
        replay_track_sampling(measurements(), "2005-04-01", days=0)
