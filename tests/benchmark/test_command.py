"""The command from end to end on a small sea, methods and refusals."""

import numpy as np
import pytest
import xarray as xr

from xdvn import load
from xdvn.benchmark import __main__ as command
from xdvn.benchmark import compete, twin
from xdvn.benchmark.methods import SavedMaps
from xdvn.dynamics import TwoLayerQG
from xdvn.osse import Split

SPLIT = Split(slice(0, 18), slice(6, 18), slice(18, 22), slice(22, 46), slice(46, 62))
BOX = {"lat": slice(33.4, 35.6), "lon": slice(-64.6, -62.4)}
SMALL = {
    "days": 62, "lat": (33.0, 36.0), "lon": (-65.0, -62.0), "spin_up": 60, "model": TwoLayerQG(n=48, length=480e3),
    "split": SPLIT, "box": BOX, "progress": False,
}  # fmt: skip


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The twin as a challenge, small."""
    monkeypatch.setattr(command, "_CHALLENGES", {"twin": lambda *given: twin(*given, **SMALL), "2020a": None})


def test_the_command_maps_scores_and_writes(small, tmp_path, capsys, sea):
    """Four methods and a file; the twin of the command is the one that the tests know."""
    out, mine = tmp_path / "out", tmp_path / "mine.nc"
    sea.ssh.to_netcdf(mine)
    with pytest.warns(UserWarning, match="too few days to keep training and validation 16 days apart"):
        command.main(
            ["twin", "--method", "oi-challenge", "oi", "dineof", "4dvarnet", str(mine), "--epochs", "1",
             "--out", str(out)]
        )  # fmt: skip
    text = capsys.readouterr().out
    assert "Twin experiment, nadir4" in text
    assert "of another sea (NATL60, challenge 2020a)" in text
    rows = {line[:26].strip(): line[26:].split() for line in text.splitlines() if "measured here" in line}
    titles = ["OI, the challenge's", "OI, mean removed, tuned", "DINEOF, mean removed", "4DVarNet (xdvn), 1 epoch"]
    assert list(rows) == [*titles, "mine.nc"]
    assert rows["mine.nc"][0] == "1.000"
    truth = sea.ssh.isel(time=SPLIT.evaluation).sel(BOX)
    for title in titles:
        name = command.re.sub("[^A-Za-z0-9]+", "_", title).strip("_")
        maps = xr.open_dataarray(out / f"{name}.nc").isel(time=SPLIT.evaluation).sel(BOX)
        rmse = np.sqrt(((maps.astype(np.float64) - truth) ** 2).mean())
        assert float(rows[title][0]) == pytest.approx(float(1 - rmse / np.sqrt((truth**2).mean())), abs=6e-4)
    assert float(rows["OI, mean removed, tuned"][4]) > float(rows["OI, the challenge's"][4])
    assert (out / "maps.png").stat().st_size > 10_000
    assert "Twin experiment" in (out / "leaderboard.txt").read_text("utf-8")


def test_a_saved_model_takes_part(small, small_model, tmp_path, capsys):
    small_model.save(tmp_path / "model.xdvn")
    command.main(["twin", "--method", str(tmp_path / "model.xdvn")])
    assert "model.xdvn" in capsys.readouterr().out
    assert load(tmp_path / "model.xdvn").spec.variables[0].obs == "ssh_obs"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["twin", "--method", "magic"], "--method magic: neither a file nor one of oi, oi-challenge, dineof, 4dvarnet"),
        (["twin", "--reference", "x"], "--reference belongs to 2020a, not to twin; leave it out"),
    ],
)
def test_refusals(small, arguments, message, capsys):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in capsys.readouterr().err


def test_no_method_no_leaderboard():
    with pytest.raises(ValueError, match="there is no method to take up the challenge; give one or more"):
        compete(twin(**SMALL), [])


def test_maps_that_are_no_heights_are_refused(tmp_path, sea):
    path = tmp_path / "anomaly.nc"
    sea.ssh.rename("sla").to_dataset().to_netcdf(path)
    with pytest.raises(ValueError, match="anomaly.nc holds sla on .*; expected maps of one sea surface height"):
        SavedMaps(path).reconstruct(sea)
    two = tmp_path / "two.nc"
    xr.Dataset({"a": sea.ssh, "b": 2 * sea.ssh}).to_netcdf(two)
    with pytest.raises(ValueError, match="two.nc holds a, b on .*name it with --variable"):
        SavedMaps(two).reconstruct(sea)
    np.testing.assert_array_equal(SavedMaps(two, "b").reconstruct(sea).ssh, 2 * sea.ssh)
