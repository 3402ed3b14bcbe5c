"""Data to start with: a twin experiment made on the spot, and small real files fetched by name.

``eddies()`` runs ``xdvn.osse.Twin`` once and keeps the result on disk, under a name made of all its settings; it needs
no network. ``fetch()`` downloads a file of ``data_registry.txt`` once, checks its SHA-256 and returns its path;
``available()`` lists what there is, with licences. Tutorials and tests call these. Pooch: doi:10.21105/joss.01943.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pooch
import requests
import xarray as xr

from xdvn.osse import Twin

__all__ = ["available", "eddies", "eddies_tracks", "fetch"]

_EDDIES_VERSION = 1  # raise it whenever equal settings no longer give an equal Dataset


def eddies(seed: int = 0, *, progress: bool = True, **settings: Any) -> xr.Dataset:
    """Return a twin experiment: a year of eddies in a Gulf-Stream-like front, seen by four nadir altimeters.

    The first call takes about half a minute, later ones read the file kept in the folder ``XDVN_CACHE_DIR``, or in your
    user cache if that is not set.

    Parameters
    ----------
    seed : int
        Seed of the sea and of the tracks' phase.
    progress : bool
        Whether to show a progress bar while the sea is run.
    **settings
        Any other setting of ``xdvn.osse.Twin``, such as ``noise=0.02``; its docstring shows a small, quick twin.

    Returns
    -------
    xr.Dataset
        On (time, lat, lon): the truth ``ssh``, its constant part ``ssh_front`` and the observations ``ssh_obs`` with
        their offsets, as described in ``Twin.make``; in memory.

    Raises
    ------
    TypeError
        If ``Twin`` has no such setting.
    """
    twin = Twin(seed=seed, **settings)
    path = _cache() / f"eddies-seed{seed}-{_fingerprint(twin)}.nc"
    if not path.exists():
        time = {"time": {"units": "hours since 1970-01-01", "dtype": "int64"}}
        _write(twin.make(progress=progress), path, time)
    return xr.load_dataset(path)


def eddies_tracks(seed: int = 0, *, progress: bool = True, **settings: Any) -> xr.Dataset:
    """Return the altimeters' measurements of ``eddies(seed, **settings)``, each at its own place and time.

    Parameters
    ----------
    seed : int
        Seed of the sea and of the tracks' phase.
    progress : bool
        Whether to show a progress bar while the sea is run.
    **settings
        Any other setting of ``xdvn.osse.Twin``, as for ``eddies``.

    Returns
    -------
    xr.Dataset
        ``ssh_obs`` on ``point``, as described in ``Twin.tracks``; for ``fit(..., tracks=...)``. In memory.

    Raises
    ------
    TypeError
        If ``Twin`` has no such setting.
    """
    twin = Twin(seed=seed, **settings)
    path = _cache() / f"eddies-tracks-seed{seed}-{_fingerprint(twin)}.nc"
    if not path.exists():
        # Along a track, times are told to fractions of a second.
        exact = {"time": {"units": "nanoseconds since 1970-01-01", "dtype": "int64"}, "mission": {"dtype": "S1"}}
        _write(twin.tracks(progress=progress), path, exact)
    return xr.load_dataset(path)


def available() -> pd.DataFrame:
    """List the files that ``fetch`` knows.

    Returns
    -------
    pd.DataFrame
        One row a file, indexed by ``name``: ``about``, ``size`` [bytes], ``licence``, ``source``, and ``cached``,
        whether it is already on this machine.

    Examples
    --------
    >>> "tracks/l3_c2_subset.nc" in available().index
    True
    """
    rows: list[dict[str, str]] = []
    facts: dict[str, str] = {}
    for line in _registry().read_text(encoding="utf-8").splitlines():
        if not line.strip():
            facts = {}
        elif line.startswith("#"):
            key, _, value = line[1:].partition(":")
            facts[key.strip()] = value.strip()
        else:
            rows.append({"name": line.split()[0], **facts})
    table = pd.DataFrame(rows, columns=["name", "about", "size", "licence", "source"]).set_index("name")
    folder = Path(_pooch().abspath)
    return table.astype({"size": "int64"}).assign(cached=[(folder / str(name)).exists() for name in table.index])


def fetch(name: str, *, progress: bool = False) -> Path:
    """Return the path of a data file, downloaded and checked the first time.

    Files lie in the folder ``XDVN_DATA_DIR``, or in your user cache if that is not set. Open them with xarray:
    ``xr.open_dataset(fetch("ssh/dt_med_allsat_phy_l4_2005T2.nc"))``.

    Parameters
    ----------
    name : str
        A name listed by ``available()``.
    progress : bool
        Whether to show a progress bar.

    Raises
    ------
    KeyError
        If there is no file of this name.
    ConnectionError
        If the file cannot be reached; the message tells how to put it in place by hand.
    ValueError
        If what came has not the registered SHA-256; nothing is kept then.
    """
    known = _pooch()
    if name not in known.registry:
        near = difflib.get_close_matches(name, known.registry, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise KeyError(f"no data file is called {name!r}; {hint}xdvn.datasets.available() lists all names")
    try:
        return Path(known.fetch(name, downloader=pooch.HTTPDownloader(progressbar=progress)))
    except requests.RequestException as failure:
        target = Path(known.abspath) / name
        raise ConnectionError(
            f"could not download {known.get_url(name)} ({type(failure).__name__}). Without a network, fetch that "
            f"address elsewhere and save it as {target}, or set XDVN_DATA_DIR to a folder that holds {name}; "
            "xdvn.datasets.eddies() needs no network"
        ) from failure


def _registry() -> Path:
    """Path of the registry: inside an installed package, else at the root of the repository."""
    for path in (Path(str(files("xdvn"))) / "data_registry.txt", Path(__file__).parents[2] / "data_registry.txt"):
        if path.is_file():
            return path
    raise FileNotFoundError("data_registry.txt is missing from this copy of xdvn; reinstall it with pip install xdvn")


def _pooch() -> pooch.Pooch:
    known = pooch.create(path=pooch.os_cache("xdvn"), base_url="", env="XDVN_DATA_DIR")
    known.load_registry(_registry())
    return known


def _cache() -> Path:
    return Path(os.environ.get("XDVN_CACHE_DIR") or pooch.os_cache("xdvn"))


def _fingerprint(twin: Twin) -> str:
    return hashlib.sha256(f"{_EDDIES_VERSION} {twin.json}".encode()).hexdigest()[:12]


def _write(ds: xr.Dataset, path: Path, coordinates: dict[str, dict[str, str]]) -> None:
    """Write in one go: readers, also of other processes, see the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        ds.to_netcdf(draft, encoding=coordinates | {str(v): {"zlib": True, "complevel": 1} for v in ds.data_vars})
        os.replace(draft, path)
