"""Small versions of the challenges' files: the same names and formats, with data of a small simulated sea."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from xdvn.datasets import catalogue, fetching
from xdvn.datasets.registry import Entry
from xdvn.osse import Twin

CLOSED = "http://127.0.0.1:9/"  # a closed port, as without a network


@pytest.fixture(scope="session")
def twin() -> Twin:
    return Twin.small(days=62)


@pytest.fixture(scope="session")
def sea(twin: Twin) -> xr.Dataset:
    return twin.make()


@pytest.fixture(scope="session")
def points(twin: Twin) -> xr.DataArray:
    return twin.observe(twin.simulate())


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, xr.Dataset], None]:
    """Return a function that stores a Dataset in the data folder under a registered name."""
    folder = tmp_path / "data"
    registry: dict[str, Entry] = {}
    for module in (fetching, catalogue):
        monkeypatch.setattr(module, "read_registry", lambda: registry)
    monkeypatch.setenv("XDVN_DATA_DIR", str(folder))

    def put(name: str, ds: xr.Dataset) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # an open file cannot be overwritten
        ds.to_netcdf(path)
        digest = "md5:" + hashlib.md5(path.read_bytes()).hexdigest()
        registry[name] = Entry(name, digest, (CLOSED + name,), "generated", "none", "these tests")

    return put


def counted(ds: xr.Dataset) -> xr.Dataset:
    """Return ``ds`` with the time axis of the 2020a truth: seconds since the first day at 0:00, without units."""
    return ds.drop_vars("time").assign_coords(time=86400.0 * np.arange(ds.sizes["time"]))


@pytest.fixture
def files_2020a(published: Callable, sea: xr.Dataset, points: xr.DataArray) -> Callable:
    """Store the truth, four nadir tracks and nadirs with SWOT; return ``published``."""
    published("osse_2020a/gf_mod_ssh_daily.nc", counted(sea[["ssh"]].astype(np.float64)))
    for name, mission in (("tpn", "topex-interleaved"), ("j1", "jason1"), ("g2", "gfo"), ("en", "envisat")):
        one = points.isel(point=np.flatnonzero(points.mission.values == mission))
        assert one.size
        track = {"ssh_model": one.values, "ssh_obs": one.values + 9.0, "lat": one.lat.values, "lon": one.lon.values}
        ds = xr.Dataset({k: ("time", v) for k, v in track.items()}, coords={"time": one.time.values})
        published(f"osse_2020a/nadirs/{name}.nc", ds)
    days = sea.time.values.astype("datetime64[D]").astype("datetime64[ns]")
    gridded = sea[["ssh_obs"]].rename(ssh_obs="ssh_mod").assign_coords(time=days, lat=sea.lat + 1e-7)
    published("osse_2020a/gf_obs_nadirswot.nc", gridded)
    return published
