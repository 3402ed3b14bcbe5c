"""Files by name: downloaded once, checked against the registered hash, kept in one folder.

Addresses are tried in the registry's order. What comes is written beside its final place and moved there only when its
hash is right, so a file in the folder is whole or absent. Files put there by hand are taken if their hash is right.
Pooch does the work: Uieda et al. (2020), doi:10.21105/joss.01943.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pooch
import requests

from xdvn.datasets.registry import Entry, read_registry

__all__ = ["data_folder", "fetch"]

_TIMEOUT = 30  # seconds without a byte


def fetch(name: str, *, progress: bool = True, unverified: bool = False) -> Path:
    """Return the path of a data file, downloaded and checked the first time.

    Files lie in the folder ``XDVN_DATA_DIR``, or in your user cache if that is not set. Open them with
    ``xdvn.readers.read(fetch("ssh/dt_med_allsat_phy_l4_2005T2.nc"))``.

    Parameters
    ----------
    name : str
        A name listed by ``available()``.
    progress : bool
        Whether to show a progress bar while downloading.
    unverified : bool
        Whether to accept a file for which no hash is known. The hash of what came is printed, so that you can compare
        it with another copy's. Files with a known hash are checked regardless.

    Raises
    ------
    KeyError
        If there is no file of this name.
    ConnectionError
        If the file cannot be had from any of its addresses; the message tells how to put it in place by hand.
    ValueError
        If what came has not the registered hash; nothing is kept then. Also if no hash is known and ``unverified`` is
        not set.
    """
    entry = _entry(name)
    if entry.hash is None and not unverified:
        raise ValueError(
            f"no hash is known for {name}, so that a damaged or forged copy could not be told; to accept what comes, "
            f"call fetch({name!r}, unverified=True), which prints the hash that it found"
        )
    failures: list[str] = []
    damaged = False
    for address in entry.addresses:
        try:
            path = _from(address, entry, progress)
        except requests.RequestException as failure:
            failures.append(f"{address}: {_reason(failure)}")
        except ValueError as failure:  # pooch's word for a wrong hash
            damaged = True
            failures.append(f"{address}: wrong content, deleted ({failure})")
        else:
            if entry.hash is None:
                _tell_hash(entry, path)
            return path
    raise (ValueError if damaged else ConnectionError)(_advice(entry, failures, damaged))


def data_folder() -> Path:
    """Return the folder of fetched files: ``XDVN_DATA_DIR``, else your user cache."""
    return Path(pooch.create(path=pooch.os_cache("xdvn"), base_url="", env="XDVN_DATA_DIR").abspath)


def _entry(name: str) -> Entry:
    known = read_registry()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise KeyError(f"no data file is called {name!r}; {hint}print(xdvn.datasets.available()) lists all names")
    return known[name]


def _from(address: str, entry: Entry, progress: bool) -> Path:
    """Return the file's path, taken from the folder if it is there and right, else from one address."""
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
        return f"the server answers {failure.response.status_code} {failure.response.reason}"
    if isinstance(failure, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off"
    if isinstance(failure, requests.Timeout):
        return f"no answer within {_TIMEOUT} s"
    return f"no connection ({type(failure).__name__})"


def _advice(entry: Entry, failures: list[str], damaged: bool) -> str:
    target = data_folder() / entry.name
    present = f" A file is at {target}, but its hash is not the registered one, so it was not used." * target.exists()
    told = "; ".join(failures)
    if damaged:
        return (
            f"{entry.name} came, but not as registered ({entry.hash}): {told}.{present} Either the source "
            "has changed or something altered the transfer; try again, and if it stays so, take the file from its "
            f"publisher ({entry.source}) and compare"
        )
    return (
        f"could not download {entry.name}: {told}.{present} Without a network, fetch one of these addresses elsewhere "
        f"and save it as {target}, or set XDVN_DATA_DIR to a folder that holds {entry.name}; "
        "xdvn.datasets.eddies() needs no network"
    )


def _tell_hash(entry: Entry, path: Path) -> None:
    digest = pooch.file_hash(str(path))
    print(f"{entry.name}: no hash is registered; this copy has sha256:{digest}, {path.stat().st_size} bytes")
