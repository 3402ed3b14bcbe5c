"""The commands: their output, their errors, and the continuation of interrupted runs."""

import numpy as np
import pytest
import xarray as xr
from seas import sea, untrained

from xdvn.__main__ import main
from xdvn.inference import solve as solving
from xdvn.model import load

pytest.importorskip("zarr")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Return a folder with observations as zarr and NetCDF and a model, and the model's maps."""
    folder = tmp_path_factory.mktemp("work")
    ds = sea(land=True)
    ds.chunk(time=3).to_zarr(folder / "obs.zarr", consolidated=False)
    ds.to_netcdf(folder / "obs.nc")
    model = untrained(ds)
    model.save(folder / "m.xdvn")
    return folder, model.reconstruct(ds, progress=False)


def command(*words):
    main([str(w) for w in words])


def fails(code, capsys, *words):
    with pytest.raises(SystemExit) as end:
        command(*words)
    assert end.value.code == code
    return capsys.readouterr().err


@pytest.mark.parametrize(("source", "out"), [("obs.zarr", "maps.zarr"), ("obs.nc", "maps.nc")])
def test_reconstruct_writes_the_maps(work, source, out, tmp_path, capsys):
    folder, expected = work
    words = ["reconstruct", folder / source, "--model", folder / "m.xdvn", "--out", tmp_path / out, "--quiet"]
    command(*words, "--block", "time=5", "lat=6")
    opened = {"engine": "zarr", "consolidated": False} if out.endswith("zarr") else {}
    with xr.open_dataset(tmp_path / out, **opened) as maps:
        xr.testing.assert_allclose(maps.ssh.load(), expected.ssh, rtol=0, atol=1e-6)
        assert "reconstructed by xdvn" in maps.attrs["history"]
    assert [p.name for p in tmp_path.iterdir()] == [out]
    assert f"{out}' exists: expected a new file. Choose another --out, or use --over" in fails(3, capsys, *words)
    command(*words, "--overwrite")


class Killed(BaseException):
    """An exception that no code catches, as for SIGKILL."""


@pytest.mark.parametrize("out", ["maps.zarr", "maps.nc"])
def test_an_interrupted_run_is_continued(work, out, tmp_path, monkeypatch, capsys):
    folder, expected = work
    words = ["reconstruct", folder / "obs.zarr", "--model", folder / "m.xdvn", "--out", tmp_path / out, "--quiet"]
    words += ["--block", "time=4", "lat=5"]
    original, calls = solving.WindowSolver.map_block, []

    def counted(self, *args):
        if len(calls) == 2:
            raise Killed
        calls.append(1)
        return original(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(solving.WindowSolver, "map_block", counted)
        with pytest.raises(Killed):
            command(*words)
    assert not (tmp_path / out).exists()
    finished = len(list((tmp_path / f"{out}.unfinished").glob("block_*.npz")))
    assert finished >= 1
    message = fails(3, capsys, *words[:-2], "lat=4")
    assert "contains blocks of another job (different: options). Finish that job, or remove the folder" in message
    solved = []
    monkeypatch.setattr(
        solving.WindowSolver, "map_block", lambda self, *args: (solved.append(1), original(self, *args))[1]
    )
    command(*words)
    assert len(solved) == 6 - finished
    opened = {"engine": "zarr", "consolidated": False} if out.endswith("zarr") else {}
    with xr.open_dataset(tmp_path / out, **opened) as maps:
        xr.testing.assert_allclose(maps.ssh.load(), expected.ssh, rtol=0, atol=1e-6)
    assert not (tmp_path / f"{out}.unfinished").exists()


def test_fit_score_plot_and_info(work, tmp_path, capsys):
    folder, _ = work
    model = tmp_path / "model.xdvn"
    words = ["fit", folder / "obs.nc", "--obs", "ssh_obs", "--truth", "ssh", "--out", model, "--quiet"]
    words += ["--windows", "time=5", "lat=6", "lon=6", "--epochs", "1", "--validation", "0"]
    command(*words)
    assert load(model).spec.patch == (5, 6, 6)
    assert [p.name for p in tmp_path.iterdir()] == ["model.xdvn"]
    assert "exists: expected a new file" in fails(3, capsys, *words)
    command("info", model)
    printed = capsys.readouterr().out
    assert "ssh_obs -> ssh [m]" in printed
    assert "format 3" in printed
    assert "trained on   lat 33 to 37.5, lon -65 to -59.5" in printed
    maps = tmp_path / "maps.nc"
    command("reconstruct", folder / "obs.nc", "--model", model, "--out", maps, "--quiet")
    command("score", maps, folder / "obs.nc", "--variable", "ssh")
    lines = dict(line.split()[:2] for line in capsys.readouterr().out.splitlines())
    truth, field = xr.load_dataset(folder / "obs.nc").ssh, xr.load_dataset(maps).ssh
    assert float(lines["mu"]) == pytest.approx(
        float(1 - np.sqrt(((field - truth) ** 2).mean() / (truth**2).mean())), abs=1e-3
    )
    command("plot", maps, "--out", tmp_path / "maps.png", "--time", "2012-10-05")
    assert (tmp_path / "maps.png").stat().st_size > 5000
    day, position = tmp_path / "day.png", tmp_path / "position.png"
    last = np.datetime_as_string(field.time.values[-1], unit="D")
    command("plot", maps, "--out", day, "--time", last)
    command("plot", maps, "--out", position, "--time=-1")
    assert day.read_bytes() == position.read_bytes() != (tmp_path / "maps.png").read_bytes()


ERRORS = {
    "no such file": (1, ["reconstruct", "no.zarr", "--model", "{m}", "--out", "{out}"], "'no.zarr' does not exist"),
    "no such model": (1, ["info", "no.xdvn"], "No such file"),
    "no model": (1, ["info", "{obs}"], "is not an xdvn model file"),
    "no such folder": (1, ["reconstruct", "{obs}", "--model", "{m}", "--out", "no/maps.nc"], "there is no folder 'no'"),
    "a misspelt variable": (
        1, ["fit", "{obs}", "--obs", "ssh_osb", "--truth", "ssh", "--out", "{out}"], "did you mean 'ssh_obs'",
    ),
    "a misspelt truth": (
        1, ["score", "{obs}", "{obs}", "--variable", "shh"], "--variable shh: expected one of ssh, ssh_obs in",
    ),
    "a block in words": (
        1, ["reconstruct", "{obs}", "--model", "{m}", "--out", "{out}", "--block", "time"],
        "--block time: expected DIM=STEPS. Write e.g. time=15",
    ),
    "no command": (2, [], "the following arguments are required"),
    "half a command": (2, ["reconstruct", "{obs}"], "the following arguments are required: --model, --out"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "words", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_have_a_code_and_one_line(work, code, words, message, tmp_path, capsys):
    import re

    folder, _ = work
    places = {"obs": folder / "obs.nc", "m": folder / "m.xdvn", "out": tmp_path / "out.xdvn"}
    printed = fails(code, capsys, *(w.format(**places) for w in words))
    assert re.search(message, printed), printed
    assert code == 2 or printed.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_message_after_an_interrupt(work, tmp_path, monkeypatch, capsys):
    folder, _ = work

    def interrupted(self, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(solving.WindowSolver, "map_block", interrupted)
    words = ["reconstruct", folder / "obs.zarr", "--model", folder / "m.xdvn", "--out", tmp_path / "m.zarr", "--quiet"]
    assert "interrupted; run the same command again to continue" in fails(130, capsys, *words)


def test_a_missing_file_is_named(tmp_path, capsys):
    assert "No such file or directory: " in fails(1, capsys, "info", tmp_path / "none.xdvn")
    assert "none.xdvn" in fails(1, capsys, "info", tmp_path / "none.xdvn")
