"""The twin is made once and read afterwards; files come by name, checked, and fail with advice."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr

from xdvn import datasets
from xdvn.dynamics import TwoLayerQG
from xdvn.osse import Twin

SMALL = {"days": 3, "lat": (33.0, 36.0), "lon": (-65.0, -62.0), "spin_up": 2, "model": TwoLayerQG(n=48, length=480e3)}
CONTENT = b"along-track sea level, as it were"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Address of a loopback server that holds ``good.txt`` and ``bad.txt``."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "good.txt").write_bytes(CONTENT)
    (folder / "bad.txt").write_bytes(CONTENT + b"!")
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


@pytest.fixture
def registry(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    digest = hashlib.sha256(CONTENT).hexdigest()
    path = tmp_path / "data_registry.txt"
    path.write_text(
        f"# heading of the file\n\n# about: a good file\n# size: {len(CONTENT)}\n# licence: CC0\n# source: here\n"
        f"a/good.txt sha256:{digest} {server}/good.txt\n\n"
        "# about: another\n# size: 1\n# licence: none\n# source: here\n"
        f"a/bad.txt sha256:{digest} {server}/bad.txt\na/absent.txt sha256:{digest} http://127.0.0.1:9/absent.txt\n"
    )
    monkeypatch.setattr(datasets, "_registry", lambda: path)
    monkeypatch.setenv("XDVN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_fetch_downloads_once_and_keeps(registry, server):
    assert datasets.available().cached.tolist() == [False, False, False]
    path = datasets.fetch("a/good.txt")
    assert path == registry / "a" / "good.txt"
    assert path.read_bytes() == CONTENT
    changed = path.stat().st_mtime_ns
    assert datasets.fetch("a/good.txt").stat().st_mtime_ns == changed
    assert datasets.available().cached.tolist() == [True, False, False]


def test_a_wrong_hash_is_refused_and_nothing_kept(registry):
    with pytest.raises(ValueError, match=r"SHA256 hash of downloaded file \(.*bad.txt\) does not match"):
        datasets.fetch("a/bad.txt")
    assert [p for p in registry.rglob("*") if p.is_file()] == []


def test_without_a_network_the_message_tells_what_to_do(registry):
    with pytest.raises(
        ConnectionError, match=r"could not download .*absent.txt .*save it as .*absent.txt, or set XDVN_DATA_DIR"
    ):
        datasets.fetch("a/absent.txt")


def test_unknown_names_get_a_suggestion(registry):
    with pytest.raises(KeyError, match=r"no data file is called 'good.txt'; did you mean 'a/good.txt'\?"):
        datasets.fetch("good.txt")
    with pytest.raises(KeyError, match=r"'zzz'; xdvn.datasets.available\(\) lists"):
        datasets.fetch("zzz")


def test_available_reads_the_facts_of_each_entry(registry):
    table = datasets.available()
    assert table.index.tolist() == ["a/good.txt", "a/bad.txt", "a/absent.txt"]
    assert table.loc["a/good.txt", ["about", "size", "licence", "source"]].tolist() == [
        "a good file", len(CONTENT), "CC0", "here",
    ]  # fmt: skip


def test_the_shipped_registry_is_complete():
    table = datasets.available()
    assert len(table) == 18
    assert not table.isnull().any().any()
    assert (table["size"] > 10_000).all()
    known = datasets._pooch()
    for name, digest in known.registry.items():
        assert len(digest.removeprefix("sha256:")) == 64
        assert known.get_url(name).startswith("https://raw.githubusercontent.com/")
        assert known.get_url(name).endswith(name.split("/")[1])


def test_a_missing_registry_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "files", lambda package: tmp_path)
    assert datasets._registry().name == "data_registry.txt"  # the repository's own
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "a" / "b" / "datasets.py"))
    with pytest.raises(FileNotFoundError, match="data_registry.txt is missing from this copy"):
        datasets._registry()


def test_the_installed_registry_comes_first(monkeypatch, tmp_path):
    (tmp_path / "data_registry.txt").touch()
    monkeypatch.setattr(datasets, "files", lambda package: tmp_path)
    assert datasets._registry() == tmp_path / "data_registry.txt"


def test_eddies_are_made_once(monkeypatch, tmp_path):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path / "cache"))
    made = datasets.eddies(seed=3, progress=False, **SMALL)
    (file,) = (tmp_path / "cache").iterdir()
    assert file.name.startswith("eddies-seed3-")
    monkeypatch.setattr(Twin, "make", None)  # a second run would fail
    read = datasets.eddies(seed=3, progress=False, **SMALL)
    xr.testing.assert_identical(made, read)
    monkeypatch.undo()
    xr.testing.assert_identical(read, Twin(seed=3, **SMALL).make())


def test_other_settings_are_other_files(monkeypatch, tmp_path):
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


def test_tracks_of_the_eddies_are_made_once_and_kept_to_the_nanosecond(tmp_path, monkeypatch):
    monkeypatch.setenv("XDVN_CACHE_DIR", str(tmp_path))
    first = datasets.eddies_tracks(seed=3, progress=False, **SMALL)
    xr.testing.assert_equal(first, Twin(seed=3, **SMALL).tracks())
    path = next(tmp_path.glob("eddies-tracks-seed3-*.nc"))
    changed = path.stat().st_mtime_ns
    xr.testing.assert_identical(datasets.eddies_tracks(seed=3, progress=False, **SMALL), first)
    assert path.stat().st_mtime_ns == changed
