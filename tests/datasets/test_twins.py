"""A twin experiment is simulated once and read afterwards."""

from pathlib import Path

import pytest
import xarray as xr

from xdvn import datasets
from xdvn.dynamics import TwoLayerQG
from xdvn.osse import Twin

SMALL = {"days": 3, "lat": (33.0, 36.0), "lon": (-65.0, -62.0), "spin_up": 2, "model": TwoLayerQG(n=48, length=480e3)}


def test_eddies_are_simulated_once(monkeypatch, tmp_path):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path / "cache"))
    simulated = datasets.eddies(seed=3, progress=False, **SMALL)
    (file,) = (tmp_path / "cache").iterdir()
    assert file.name.startswith("eddies-seed3-")
    monkeypatch.setattr(Twin, "make", None)  # a second run would fail
    read = datasets.eddies(seed=3, progress=False, **SMALL)
    xr.testing.assert_identical(simulated, read)
    monkeypatch.undo()
    xr.testing.assert_identical(read, Twin(seed=3, **SMALL).make())


def test_other_settings_have_other_files(monkeypatch, tmp_path):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))
    for settings in ({}, {"noise": 0.02}, {"orbit_seed": 7}):
        datasets.eddies(progress=False, **SMALL, **settings)
    assert len(list(tmp_path.iterdir())) == 3


def test_an_interrupted_write_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))

    def interrupted(self, path, **kwargs):
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.Dataset, "to_netcdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        datasets.eddies(progress=False, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_unknown_settings_are_refused():
    with pytest.raises(TypeError, match="colour"):
        datasets.eddies(colour="blue")


def test_tracks_of_the_eddies_are_simulated_once_and_stored_to_the_nanosecond(tmp_path, monkeypatch):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))
    first = datasets.eddies_tracks(seed=3, progress=False, **SMALL)
    xr.testing.assert_equal(first, Twin(seed=3, **SMALL).tracks())
    path = next(tmp_path.glob("eddies-tracks-seed3-*.nc"))
    changed = path.stat().st_mtime_ns
    xr.testing.assert_identical(datasets.eddies_tracks(seed=3, progress=False, **SMALL), first)
    assert path.stat().st_mtime_ns == changed
