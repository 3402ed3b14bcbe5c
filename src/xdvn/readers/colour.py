"""Reader of ocean colour: chlorophyll in mg m-3, NaN at flagged pixels.

Flags remove land and invalid pixels. A floor removes values near zero, which the retrieval returns under undetected
clouds. Flags: Sentinel-3 OLCI, https://sentiwiki.copernicus.eu/web/s3-olci-instrument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import xarray as xr

from xdvn.readers.decoding import flagged, open_file
from xdvn.readers.regular import standardise_grid

__all__ = ["CHLOROPHYLL_NAMES", "read_chlorophyll"]

CHLOROPHYLL_NAMES = ("conc_chl", "chlor_a", "CHL", "chl")
"""Names of chlorophyll in the files."""


def read_chlorophyll(
    path: str | Path,
    *,
    reject_flags: Sequence[str] = ("land", "invalid"),
    floor: float = 0.01,
    lon_start: float = -180.0,
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Read maps of chlorophyll.

    Parameters
    ----------
    path : str or Path
        A file with one of ``CHLOROPHYLL_NAMES``, and optionally ``quality_flags``.
    reject_flags : sequence of str
        Flags, as words of ``flag_meanings``, whose pixels are removed. No effect if the file has no flags.
    floor : float
        Smallest accepted concentration [mg m-3]. Default: 0.01.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``chl`` (time, lat, lon) [mg m-3].

    Raises
    ------
    ValueError
        If the file has no chlorophyll, or its flags lack one of ``reject_flags``.
    """
    ds = open_file(path, chunks=chunks)
    origin = Path(path).name
    name = next((n for n in CHLOROPHYLL_NAMES if n in ds.data_vars), None)
    if name is None:
        raise ValueError(f"{origin} has none of {', '.join(CHLOROPHYLL_NAMES)}: it contains {', '.join(map(str, ds))}")
    flags = {"quality_flags": "quality_flags"} if "quality_flags" in ds else {}
    tidy = standardise_grid(ds, {name: "chl"} | flags, lon_start=lon_start, origin=origin)
    good = tidy["chl"] >= floor
    if flags:
        good &= ~flagged(tidy["quality_flags"], reject_flags)
    tidy["chl"] = tidy["chl"].where(good)
    return tidy[["chl"]]
