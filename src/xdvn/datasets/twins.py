"""The twin experiment, made once for each choice of settings and kept on disk.

``eddies()`` runs ``xdvn.osse.Twin`` and writes the result under a name made of all its settings, in the folder
``XDVN_CACHE_DIR`` or your user cache. Tutorials, the demo and you call it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import pooch
import xarray as xr

from xdvn.osse import Twin, observe_with_swot

__all__ = ["eddies", "eddies_tracks"]

_EDDIES_VERSION = 1  # raise it whenever equal settings no longer give an equal Dataset


def eddies(seed: int = 0, *, swot: bool = False, progress: bool = True, **settings: Any) -> xr.Dataset:
    """Return a twin experiment: a year of eddies in a Gulf-Stream-like front, seen by four nadir altimeters.

    The first call takes about half a minute, later ones read the file kept in the folder ``XDVN_CACHE_DIR``, or in your
    user cache if that is not set.

    Parameters
    ----------
    seed : int
        Seed of the sea and of the tracks' phase.
    swot : bool
        Whether SWOT, swath and nadir, measures beside the nadir altimeters; the sea is the same.
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
    path = _cache() / f"eddies-{'swot-' * swot}seed{seed}-{_fingerprint(twin)}.nc"
    if not path.exists():
        time = {"time": {"units": "hours since 1970-01-01", "dtype": "int64"}}
        _write(_with_swot(twin, progress) if swot else twin.make(progress=progress), path, time)
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


def _with_swot(twin: Twin, progress: bool) -> xr.Dataset:
    title = "Twin experiment: two-layer quasi-geostrophic eddies seen by nadir altimeters and SWOT"
    ds = twin.make(progress=progress)
    return ds.assign(observe_with_swot(twin, twin.simulate(progress=progress))).assign_attrs(title=title)


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
