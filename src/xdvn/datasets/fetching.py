"""Downloads of registered files: once, checked against the registered hash, stored in one folder.

Addresses are tried in the order of the registry. A file is moved to the folder only if its hash is right, so files in
the folder are complete. Pooch downloads: Uieda et al. 2020, doi:10.21105/joss.01943.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pooch
import requests

from xdvn.datasets.registry import Entry, read_registry

__all__ = ["data_folder", "fetch"]

_TIMEOUT = 30  # seconds without a byte


def fetch(name: str, *, progress: bool = True, allow_unverified: bool = False) -> Path:
    """Return the path of a data file, after a download and a check on the first call.

    The folder is ``XDVN_DATA_DIR``, or the user cache if that is not set; files that you put there are used if their
    hash is right. Open a file with ``xdvn.readers.read(fetch("ssh/dt_med_allsat_phy_l4_2005T2.nc"))``.

    Parameters
    ----------
    name : str
        A name of ``list_files()``.
    progress : bool
        Whether to show a progress bar. Default: True.
    allow_unverified : bool
        Whether to accept a file without a registered hash, and print its hash for comparison. Files with a registered
        hash are always checked. Default: False.

    Raises
    ------
    KeyError
        There is no file of this name.
    ConnectionError
        All downloads fail. The message explains how to store the file by hand.
    ValueError
        The download does not have the registered hash and is deleted, or no hash is registered and
        ``allow_unverified`` is False.
    """
    entry = _entry(name)
    if entry.hash is None and not allow_unverified:
        raise ValueError(
            f"{name} has no registered hash, so a damaged copy cannot be detected. To accept it, call "
            f"fetch({name!r}, allow_unverified=True), which prints its hash"
        )
    failures: list[str] = []
    damaged = False
    for address in entry.addresses:
        try:
            path = _fetch_from(address, entry, progress)
        except requests.RequestException as failure:
            failures.append(f"{address}: {_reason(failure)}")
        except ValueError as failure:  # pooch raises it for a wrong hash
            damaged = True
            failures.append(f"{address}: wrong content, deleted ({failure})")
        else:
            if entry.hash is None:
                _print_hash(entry, path)
            return path
    raise (ValueError if damaged else ConnectionError)(_advice(entry, failures, damaged))


def data_folder() -> Path:
    """Return the folder of downloaded files: ``XDVN_DATA_DIR``, else the user cache."""
    return Path(pooch.create(path=pooch.os_cache("xdvn"), base_url="", env="XDVN_DATA_DIR").abspath)


def _entry(name: str) -> Entry:
    registry = read_registry()
    if name not in registry:
        near = difflib.get_close_matches(name, registry, n=1, cutoff=0.3)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise KeyError(f"there is no data file {name!r}. {hint}List all names with print(xdvn.datasets.list_files())")
    return registry[name]


def _fetch_from(address: str, entry: Entry, progress: bool) -> Path:
    """Return the path of the file, after a download from one address if the folder has no file with the right hash."""
    store = pooch.create(
        path=pooch.os_cache("xdvn"),
        base_url="",
        env="XDVN_DATA_DIR",
        registry={entry.name: entry.hash},
        urls={entry.name: address},
    )
    downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=2**16, timeout=_TIMEOUT)
    return Path(store.fetch(entry.name, downloader=downloader))


def _reason(failure: requests.RequestException) -> str:
    if failure.response is not None:
        return f"the server returned {failure.response.status_code} {failure.response.reason}"
    if isinstance(failure, requests.exceptions.ChunkedEncodingError):
        return "the transfer was interrupted"
    if isinstance(failure, requests.Timeout):
        return f"no response within {_TIMEOUT} s"
    return f"no connection ({type(failure).__name__})"


def _advice(entry: Entry, failures: list[str], damaged: bool) -> str:
    target = data_folder() / entry.name
    present = f" The file at {target} does not have the registered hash and is not used." * target.exists()
    reasons = "; ".join(failures)
    if damaged:
        return (
            f"{entry.name}: the download does not have the registered hash ({entry.hash}): {reasons}.{present} Try "
            f"again. If the error persists, compare with the file of the publisher ({entry.source})"
        )
    return (
        f"could not download {entry.name}: {reasons}.{present} Save a copy as {target}, or set XDVN_DATA_DIR to a "
        f"folder that contains {entry.name}. xdvn.datasets.eddies() needs no network"
    )


def _print_hash(entry: Entry, path: Path) -> None:
    digest = pooch.file_hash(str(path))
    print(f"{entry.name} has no registered hash; this copy has sha256:{digest}, {path.stat().st_size} bytes")
