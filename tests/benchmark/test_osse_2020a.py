"""The challenge 2020a from generated files of its format: binning, split, scores on both grids, and errors."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.benchmark import MapsFromFile, osse_2020a, run_challenge
from xdvn.metrics import gridded_scores
from xdvn.osse import Split

SPLIT = Split(slice(0, 18), slice(6, 18), slice(18, 22), slice(22, 46), slice(46, 62))
BOX = {"lat": slice(33.4, 35.6), "lon": slice(-64.6, -62.4)}


def test_tracks_are_binned_by_calendar_day_and_split(files_2020a, sea):
    challenge = osse_2020a(split=SPLIT, box=BOX)
    inputs = challenge.inputs
    assert inputs.observed.sizes["time"] == 18
    assert str(inputs.observed.time.values[0]) == "2012-10-01T00:00:00.000000000"
    both = xr.concat([inputs.observed, inputs.training.drop_vars("ssh")], "time")
    days = [*range(18), *range(22, 62)]
    for name in ("ssh_obs", *(f"ssh_obs_offset_{d}" for d in ("time", "lat", "lon"))):
        np.testing.assert_allclose(both[name], sea[name].isel(time=days), atol=2e-6)  # the binning of the twin
    assert "ssh" not in inputs.observed
    np.testing.assert_allclose(inputs.mean.values, sea.ssh.isel(time=slice(22, 46)).mean("time"), atol=1e-6)
    assert inputs.learning.sizes["time"] == 24
    np.testing.assert_array_equal(challenge.evaluation.truth, sea.ssh.isel(time=slice(6, 18)).sel(BOX))


def test_observations_on_a_grid_get_the_truths_coordinates(files_2020a, sea):
    inputs = osse_2020a("nadir4swot", split=SPLIT, box=BOX).inputs
    np.testing.assert_array_equal(inputs.observed.ssh_obs, sea.ssh_obs.isel(time=slice(0, 18)))
    np.testing.assert_array_equal(inputs.observed.lat, sea.lat)
    shifted = sea[["ssh_obs"]].rename(ssh_obs="ssh_mod").assign_coords(lat=sea.lat + 0.1)
    files_2020a("osse_2020a/gf_obs_nadirswot.nc", shifted)
    with pytest.raises(ValueError, match=r"observations of osse_2020a/gf_obs_nadirswot.nc are not on the days and .*:"):
        osse_2020a("nadir4swot", split=SPLIT, box=BOX)


def test_maps_of_a_file_are_scored_as_in_the_challenge(files_2020a, sea, tmp_path):
    random = np.random.default_rng(0)
    stamps = sea.time.values.astype("datetime64[D]").astype("datetime64[ns]")
    wrong = (0.9 * sea.ssh + random.normal(0, 0.02, sea.ssh.shape)).astype(np.float64).assign_coords(time=stamps)
    wrong.assign_coords(lon=wrong.lon + 360).to_dataset(name="gssh").to_netcdf(tmp_path / "maps.nc")
    board = run_challenge(osse_2020a(split=SPLIT, box=BOX), [MapsFromFile(tmp_path / "maps.nc")], log=lambda _: None)
    scored = {"time": slice(6, 18)}
    truth = sea.ssh.astype(np.float64).assign_coords(time=stamps).isel(scored).sel(BOX)
    expected = gridded_scores(wrong.isel(scored).sel(BOX), truth)
    row = board.to_dataframe().loc["maps.nc"]
    assert row.mu == pytest.approx(float(expected.mu), abs=1e-9)
    assert row.lambda_x == pytest.approx(float(expected.lambda_x), abs=1e-9, nan_ok=True)
    table = str(board)
    assert "on its grid of 12 x 12 cells (steps of 0.2 and 0.2 degrees)" in table
    assert "Published methods are scored at 1/60 degree, methods measured here on 1/20 degree" in table
    (measured,) = [line for line in table.splitlines() if line.startswith("maps.nc")]
    assert f"measured here, {board.date}" in measured
    (duacs,) = [line for line in table.splitlines() if line.startswith("DUACS")]
    assert duacs.split()[1:5] == ["0.92", "0.01", "1.42", "12.13"]
    assert "2020a_SSH_mapping_NATL60, README" in duacs


def test_the_hourly_reference_is_averaged_by_day_and_maps_are_interpolated_to_its_grid(files_2020a, sea, tmp_path):
    """Trilinear interpolation and daily means are exact for a plane that rises every hour."""
    lat, lon = np.arange(33.5, 35.4, 1 / 60), np.arange(-64.5 + 1 / 120, -62.65, 1 / 60)
    plane = (lat[:, None] - 34) + 0.5 * (lon[None, :] + 63)
    folder = tmp_path / "dc_ref"
    folder.mkdir()
    for day in range(6, 18):
        hours = pd.date_range("2012-10-01", periods=24, freq="h") + pd.Timedelta(days=day)
        values = plane + 0.1 * day + 0.01 * (np.arange(24) - 11.5)[:, None, None]
        ds = xr.Dataset({"sossheig": (("time", "lat", "lon"), values)}, {"time": hours, "lat": lat, "lon": lon})
        ds.to_netcdf(folder / f"NATL60-CJM165_GULFSTREAM_y2012m10d{day + 1:02d}.1h_SSH.nc")
    challenge = osse_2020a(reference=folder, split=SPLIT, box=BOX)
    truth = challenge.evaluation.truth
    assert truth.sizes == {"time": 12, "lat": lat.size, "lon": lon.size}
    np.testing.assert_allclose(truth[3], plane + 0.9, atol=1e-9)
    # Coarse maps that end inside the reference on one side: the margin is filled and reported.
    stamps = sea.time.values.astype("datetime64[D]").astype("datetime64[ns]")
    daily = xr.DataArray(0.1 * np.arange(62), dims="time", coords={"time": stamps})
    coarse = (daily + (sea.lat - 34) + 0.5 * (sea.lon + 63)).transpose("time", "lat", "lon")
    scores = challenge.evaluation.score(coarse)
    assert float(scores.mu) == pytest.approx(1.0, abs=1e-9)
    assert scores.attrs["filled"] == 0
    short = challenge.evaluation.score(coarse.sel(lon=slice(None, -62.7)))
    assert short.attrs["filled"] == pytest.approx(np.mean(lon > -62.8), abs=1e-6)
    assert 0.9 < float(short.mu) < 1
    assert "NATL60's grid" in challenge.remark
    (folder / "NATL60-CJM165_GULFSTREAM_y2012m10d09.1h_SSH.nc").unlink()
    with pytest.raises(FileNotFoundError, match=r"contains 0 files \*y2012m10d09\*.nc: expected one. Unpack dc_ref"):
        osse_2020a(reference=folder, split=SPLIT, box=BOX)


def test_a_missing_file_is_an_error_with_instructions(files_2020a, monkeypatch, tmp_path):
    monkeypatch.setenv("XDVN_DATA_DIR", str(tmp_path / "empty"))
    with pytest.raises(ConnectionError, match=r"could not download osse_2020a/gf_mod_ssh_daily.nc.*Save a copy as"):
        osse_2020a()


def test_unknown_observations_are_an_error():
    message = "observations='nadir9': expected nadir4 or nadir4swot for 2020a. Choose one of them"
    with pytest.raises(ValueError, match=message):
        osse_2020a("nadir9")


def test_too_few_days_are_an_error(files_2020a):
    with pytest.raises(ValueError, match="the data have 62 days: expected 365. Pass the complete data"):
        osse_2020a()
