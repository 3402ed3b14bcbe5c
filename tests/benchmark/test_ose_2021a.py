"""The challenge 2021a from generated files of its format, and from small extracts of the real ones."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.benchmark import (
    Interpolation,
    MapsFromFile,
    Network,
    TunedInterpolation,
    ose_2021a,
    ose_2021a_sample,
    run_challenge,
)
from xdvn.benchmark.ose_2021a import _INPUT, _WITHHELD
from xdvn.metrics import along_track_scores
from xdvn.osse import CRYOSAT2, JASON1, Mission, along_track

DAYS = {"observed": ("2016-12-22", "2017-02-09"), "scored": ("2017-01-01", "2017-02-05")}
MDT = 0.5


def sea(days, lat, lon):
    """Return a moving height that maps of 0.25 degrees resolve; days since 2017-01-01."""
    return MDT + 0.3 * np.sin(2 * np.pi * (lon + 65) / 4 + 0.05 * days) * np.cos(2 * np.pi * (lat - 33) / 5)


def days_of(time):
    return (time - np.datetime64("2017-01-01")) / np.timedelta64(1, "D")


def level_3(mission: Mission, platform: str, *, epoch: float, wrong: float = 0.0) -> xr.Dataset:
    """Return the variables of the product, with longitudes from 0 to 360."""
    start, end = (pd.Timestamp(day) for day in DAYS["observed"])
    at = along_track([mission], start, (end - start).days + 1, (31.5, 44.5), (-66.5, -53.5), epoch=epoch)
    lwe = 0.05 * np.sin(np.arange(at.sizes["point"]))
    parts = {
        "sla_unfiltered": sea(days_of(at.time.values), at.lat.values, at.lon.values) - MDT + lwe + wrong,
        "sla_filtered": np.zeros(lwe.size), "mdt": np.full(lwe.size, MDT), "lwe": lwe,
        "latitude": at.lat.values, "longitude": at.lon.values + 360,
    }  # fmt: skip
    ds = xr.Dataset({k: ("time", v) for k, v in parts.items()}, {"time": at.time.values}, {"platform": platform})
    return ds.set_coords(["latitude", "longitude"])


@pytest.fixture
def files_2021a(published):
    for i, name in enumerate(_INPUT):
        published(name, level_3(JASON1, f"Input {i}", epoch=3.3 * i, wrong=0.01 * (i - 2.5)))
    published(_WITHHELD, level_3(CRYOSAT2, "Cryosat-2", epoch=11.0))
    days = pd.date_range("2016-12-20", "2017-02-12")
    grid = xr.Dataset(coords={"time": days, "lat": np.arange(33, 43.1, 0.25), "lon": np.arange(-65, -54.9, 0.25)})
    maps = sea(days_of(grid.time), grid.lat, grid.lon).transpose("time", "lat", "lon")
    maps = maps.assign_coords(lon=grid.lon + 360).to_dataset(name="ssh")
    published("ose_2021a/maps/OSE_ssh_mapping_DUACS.nc", maps)
    return maps


def test_heights_mean_training_days_and_the_withheld_track(files_2021a):
    challenge = ose_2021a(**DAYS)
    inputs = challenge.inputs
    cells = inputs.observed
    assert cells.sizes == {"time": 50, "lat": 61, "lon": 61}
    assert int(cells.ssh_obs.notnull().sum()) > 2000
    # Means of sla_unfiltered + mdt - lwe at their mean position: the missions' biases of up to 0.025 m remain.
    observed = cells.where(cells.ssh_obs.notnull())
    at = {d: cells[d] + step * observed[f"ssh_obs_offset_{d}"] for d, step in (("lat", 0.2), ("lon", 0.2))}
    time = days_of(cells.time) + observed.ssh_obs_offset_time
    error = (observed.ssh_obs - sea(time, at["lat"], at["lon"])).values
    assert 0.02 < np.nanmax(np.abs(error)) < 0.03
    np.testing.assert_allclose(inputs.mean.values, MDT, atol=1e-6)
    assert inputs.training.ssh.sel(lat=38, lon=-60).notnull().all()
    expected = sea(days_of(inputs.training.time.values), 38.0, -60.0)
    np.testing.assert_allclose(inputs.training.ssh.sel(lat=38, lon=-60), expected, atol=1e-3)
    assert inputs.training.sel(time=inputs.validation).sizes["time"] == 40
    track = challenge.evaluation.track
    assert set(track.mission.values) == {"Cryosat-2"}
    assert str(track.time.values.min())[:10] >= "2017-01-01"
    assert str(track.time.values.max())[:10] <= "2017-02-05"
    np.testing.assert_allclose(track, sea(days_of(track.time.values), track.lat.values, track.lon.values), atol=1e-9)


def test_scores_along_the_track_rank_maps(files_2021a, tmp_path):
    files_2021a.to_netcdf(tmp_path / "good.nc")
    (0 * files_2021a + MDT).to_netcdf(tmp_path / "mean.nc")
    methods = [MapsFromFile(tmp_path / name) for name in ("good.nc", "mean.nc")]
    board = run_challenge(ose_2021a(**DAYS), methods, log=lambda _: None)
    table = board.to_dataframe()
    assert table.mu["good.nc"] > 0.99
    assert table.mu["mean.nc"] < 0.8
    assert board.entries[0].scores.attrs["points"] > 2000
    assert table.loc["MIOST", ["mu", "sigma", "lambda_x"]].tolist() == [0.89, 0.08, 139]
    text = str(board)
    assert "the withheld track of Cryosat-2 from 2017-01-0" in text
    assert "33 to 43 N, -65 to -55 E without a margin of 0.25 degrees" in text
    assert "2021a_SSH_mapping_OSE, README" in text
    assert "map of DUACS" in text


def test_the_real_sample_is_mapped_and_scored_offline(real, tmp_path):
    for name in ("tracks/l3_alg_subset.nc", "tracks/l3_c2_subset.nc"):
        real(name)
    challenge = ose_2021a_sample()
    board = run_challenge(challenge, [TunedInterpolation(), Interpolation()], log=lambda _: None)
    table = board.to_dataframe()
    assert table.index.tolist() == ["OI, mean removed", "OI, the challenge's"]
    assert 0.6 < table.mu.iloc[1] < table.mu.iloc[0] < 0.9  # the mean topography reduces errors where data are few
    entry = board.entries[0]
    direct = along_track_scores(entry.maps, challenge.evaluation.track, box=challenge.evaluation.box)
    assert table.mu.iloc[0] == pytest.approx(float(direct.mu))
    entry.maps.to_dataset(name="ssh").to_netcdf(tmp_path / "again.nc")
    again = run_challenge(challenge, [MapsFromFile(tmp_path / "again.nc")], log=lambda _: None).to_dataframe()
    assert again.mu["again.nc"] == pytest.approx(table.mu.iloc[0], abs=1e-6)
    assert "OI, mean removed: no lambda_x: " in str(board)
    message = r"this challenge has no training days: expected a trained model\. .* pass SavedModel\('name\.xdvn'\)"
    with pytest.raises(ValueError, match=message):
        run_challenge(challenge, [Network(epochs=1)], log=lambda _: None)
