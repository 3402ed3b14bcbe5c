"""Ocean colour: chlorophyll scenes with their flags, in mg m-3, NaN where they cannot be trusted.

Algorithms write a value almost everywhere and say in flags what it is worth. Land and invalid pixels go by their flags;
values below a floor go as well, because under unscreened clouds the algorithm returns next to nothing. Flags are those
of Sentinel-3 OLCI, https://sentiwiki.copernicus.eu/web/s3-olci-instrument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.flags import flagged
from xdvn.readers.regular import tidy_grid

__all__ = ["CHLOROPHYLL_NAMES", "read_chlorophyll"]

CHLOROPHYLL_NAMES = ("conc_chl", "chlor_a", "CHL", "chl")
"""What chlorophyll is called in the files."""


def read_chlorophyll(
    path: str | Path,
    *,
    without: Sequence[str] = ("land", "invalid"),
    floor: float = 0.01,
    west: float = -180.0,
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Read maps of chlorophyll.

    Parameters
    ----------
    path : str or Path
        A file with one of ``CHLOROPHYLL_NAMES``, and with ``quality_flags`` if its pixels are to be screened.
    without : sequence of str
        Flags whose pixels are left out; words of ``flag_meanings``. Nothing is left out where the file has no flags.
    floor : float
        Smallest concentration believed [mg m-3]; 0 believes all.
    west : float
        Where longitudes begin [degrees east].
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``chl`` (time, lat, lon) [mg m-3].

    Raises
    ------
    ValueError
        If the file has no chlorophyll, or its flags lack one of ``without``.
    """
    ds = open_file(path, chunks=chunks)
    origin = Path(path).name
    name = next((n for n in CHLOROPHYLL_NAMES if n in ds.data_vars), None)
    if name is None:
        raise ValueError(f"{origin} has none of {', '.join(CHLOROPHYLL_NAMES)}; it has {', '.join(map(str, ds))}")
    flags = {"quality_flags": "quality_flags"} if "quality_flags" in ds else {}
    tidy = tidy_grid(ds, {name: "chl"} | flags, west=west, origin=origin)
    good = tidy["chl"] >= floor
    if flags:
        good &= ~flagged(tidy["quality_flags"], without)
    tidy["chl"] = tidy["chl"].where(good)
    return tidy[["chl"]]
