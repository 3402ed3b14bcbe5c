"""The command line of the benchmark on a small sea, methods and errors."""

import numpy as np
import pytest
import xarray as xr

from xdvn import load
from xdvn.benchmark import __main__ as command
from xdvn.benchmark import run_challenge, twin
from xdvn.benchmark.methods import PrecomputedMaps
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
    """Replace the twin challenge by a small one."""
    monkeypatch.setattr(command, "_CHALLENGES", {"twin": lambda *args: twin(*args, **SMALL), "2020a": None})


def test_the_command_maps_scores_and_writes(small, tmp_path, capsys, sea):
    """Four methods and a file of maps."""
    out, file = tmp_path / "out", tmp_path / "truth.nc"
    sea.ssh.to_netcdf(file)
    with pytest.warns(UserWarning, match="too few days to keep training and validation 16 days apart"):
        command.main(
            ["twin", "--method", "oi-challenge", "oi", "dineof", "4dvarnet", str(file), "--epochs", "1",
             "--out", str(out)]
        )  # fmt: skip
    text = capsys.readouterr().out
    assert "Twin experiment, nadir4" in text
    assert "of another sea (NATL60, challenge 2020a)" in text
    rows = {line[:26].strip(): line[26:].split() for line in text.splitlines() if "measured here" in line}
    titles = ["OI, the challenge's", "OI, mean removed, tuned", "DINEOF, mean removed", "4DVarNet (xdvn), 1 epoch"]
    assert list(rows) == [*titles, "truth.nc"]
    assert rows["truth.nc"][0] == "1.000"
    truth = sea.ssh.isel(time=SPLIT.evaluation).sel(BOX)
    for title in titles:
        name = command.re.sub("[^A-Za-z0-9]+", "_", title).strip("_")
        maps = xr.open_dataarray(out / f"{name}.nc").isel(time=SPLIT.evaluation).sel(BOX)
        rmse = np.sqrt(((maps.astype(np.float64) - truth) ** 2).mean())
        assert float(rows[title][0]) == pytest.approx(float(1 - rmse / np.sqrt((truth**2).mean())), abs=6e-4)
    assert float(rows["OI, mean removed, tuned"][4]) > float(rows["OI, the challenge's"][4])
    assert (out / "maps.png").stat().st_size > 10_000
    assert "Twin experiment" in (out / "leaderboard.txt").read_text("utf-8")


def test_a_saved_model_is_scored(small, small_model, tmp_path, capsys):
    small_model.save(tmp_path / "model.xdvn")
    command.main(["twin", "--method", str(tmp_path / "model.xdvn")])
    assert "model.xdvn" in capsys.readouterr().out
    assert load(tmp_path / "model.xdvn").spec.variables[0].obs == "ssh_obs"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["twin", "--method", "x"], "--method x: expected a file or one of oi, oi-challenge, dineof, 4dvarnet. Check"),
        (["twin", "--reference", "x"], "--reference x: expected the challenge 2020a, got twin. Omit it."),
    ],
)
def test_errors_of_the_command_line(small, arguments, message, capsys):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in capsys.readouterr().err


def test_an_empty_list_of_methods_is_an_error():
    with pytest.raises(ValueError, match=r"methods=\[\]: expected at least one method\. Pass e\.g\. \[TunedInterp"):
        run_challenge(twin(**SMALL), [])


def test_maps_that_are_no_heights_are_an_error(tmp_path, sea):
    path = tmp_path / "anomaly.nc"
    sea.ssh.rename("sla").to_dataset().to_netcdf(path)
    with pytest.raises(ValueError, match=r"anomaly.nc contains sla on .*: expected one sea surface height \(not an"):
        PrecomputedMaps(path).reconstruct(sea)
    two = tmp_path / "two.nc"
    xr.Dataset({"a": sea.ssh, "b": 2 * sea.ssh}).to_netcdf(two)
    with pytest.raises(ValueError, match="two.nc contains a, b on .*: expected .* Name it with --variable"):
        PrecomputedMaps(two).reconstruct(sea)
    np.testing.assert_array_equal(PrecomputedMaps(two, "b").reconstruct(sea).ssh, 2 * sea.ssh)
