"""Twin experiments (``xdvn.osse.Twin``), simulated once per choice of settings.

The results are stored in the folder ``XDVN_CACHE_DIR``, or in the user cache if that is not set.
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

_EDDIES_VERSION = 1  # increment it when the same settings give another Dataset


def eddies(seed: int = 0, *, swot: bool = False, progress: bool = True, **settings: Any) -> xr.Dataset:
    """Return a twin experiment: a year of eddies in a Gulf-Stream-like front, observed by four nadir altimeters.

    The first call needs about half a minute; later calls read the stored file.

    Parameters
    ----------
    seed : int
        Seed of the simulation and of the phase of the tracks. Default: 0.
    swot : bool
        Whether to add SWOT observations, swath and nadir; the truth is the same. Default: False.
    progress : bool
        Whether to show a progress bar. Default: True.
    **settings
        Other parameters of ``xdvn.osse.Twin``, such as ``noise=0.02``.

    Returns
    -------
    xr.Dataset
        The truth ``ssh``, its constant part ``ssh_front`` and the observations ``ssh_obs`` with their offsets, on
        (time, lat, lon), as in ``Twin.make``; in memory.

    Raises
    ------
    TypeError
        If ``Twin`` has no such parameter.
    """
    twin = Twin(seed=seed, **settings)
    path = _cache() / f"eddies-{'swot-' * swot}seed{seed}-{_fingerprint(twin)}.nc"
    if not path.exists():
        time = {"time": {"units": "hours since 1970-01-01", "dtype": "int64"}}
        _write(_with_swot(twin, progress) if swot else twin.make(progress=progress), path, time)
    return xr.load_dataset(path)


def eddies_tracks(seed: int = 0, *, progress: bool = True, **settings: Any) -> xr.Dataset:
    """Return the along-track observations of ``eddies(seed, **settings)``.

    Parameters
    ----------
    seed : int
        Seed of the simulation and of the phase of the tracks. Default: 0.
    progress : bool
        Whether to show a progress bar. Default: True.
    **settings
        Other parameters of ``xdvn.osse.Twin``.

    Returns
    -------
    xr.Dataset
        ``ssh_obs`` on ``point``, as in ``Twin.tracks``, for ``fit(..., tracks=...)``; in memory.

    Raises
    ------
    TypeError
        If ``Twin`` has no such parameter.
    """
    twin = Twin(seed=seed, **settings)
    path = _cache() / f"eddies-tracks-seed{seed}-{_fingerprint(twin)}.nc"
    if not path.exists():
        # Along-track sampling resolves fractions of a second.
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
    """Write atomically: other processes never read a partial file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        ds.to_netcdf(temporary, encoding=coordinates | {str(v): {"zlib": True, "complevel": 1} for v in ds.data_vars})
        os.replace(temporary, path)
