"""Reader of sea surface temperature in degrees Celsius: images (L3) and gap-free analyses (L4).

Clouds (by quality level), land and ice (by mask) are NaN. GHRSST data specification 2.0, https://www.ghrsst.org.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import flagged, open_file
from xdvn.readers.regular import standardise_grid

__all__ = ["TEMPERATURE_NAMES", "read_sst"]

TEMPERATURE_NAMES = ("adjusted_sea_surface_temperature", "sea_surface_temperature", "analysed_sst", "SST", "sst")
"""Names of temperature in the files, in order of preference."""


def read_sst(
    path: str | Path, *, quality: int = 4, lon_start: float = -180.0, chunks: Mapping[str, int] | None = None
) -> xr.Dataset:
    """Read maps of sea surface temperature.

    Parameters
    ----------
    path : str or Path
        A file in GHRSST format (L3 or L4), or with a variable ``SST`` or ``sst``.
    quality : int
        Lowest accepted ``quality_level``, if the file has it: 5 best, 4 acceptable (default), 3 low, 2 worst.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``sst`` (time, lat, lon) [degree_Celsius]; ``sst_error`` [K] if the file has ``analysis_error``; the ocean mask
        ``sea`` (lat, lon), True at sea, if the file has a mask.

    Raises
    ------
    ValueError
        If the file has no temperature, or ``quality`` is not from 0 to 5.
    """
    if not 0 <= quality <= 5:
        raise ValueError(f"quality={quality}: expected the lowest accepted GHRSST quality level, 0 to 5")
    ds = open_file(path, chunks=chunks)
    origin = Path(path).name
    name = next((n for n in TEMPERATURE_NAMES if n in ds.data_vars), None)
    if name is None:
        raise ValueError(f"{origin} has none of {', '.join(TEMPERATURE_NAMES)}: it contains {', '.join(map(str, ds))}")
    names = {name: "sst"} | ({"analysis_error": "sst_error"} if "analysis_error" in ds else {})
    masks = {m: m for m in ("quality_level", "mask") if m in ds}
    tidy = standardise_grid(ds, names | masks, lon_start=lon_start, origin=origin)
    if "quality_level" in tidy:
        tidy["sst"] = tidy["sst"].where(tidy["quality_level"] >= quality)
    sea = _sea(tidy["mask"]) if "mask" in tidy else None
    tidy = tidy.drop_vars(list(masks))
    if sea is not None:
        tidy["sst"] = tidy["sst"].where(sea)
        tidy["sea"] = (sea if sea.ndim == 2 else sea.any("time")).assign_attrs(long_name="sea", units="1")
    return tidy


def _sea(mask: xr.DataArray) -> xr.DataArray | None:
    """Return the ocean mask from GHRSST flags, else from 1 and 0; None if the mask is empty or has other values."""
    if bool(mask.isnull().all()):
        return None
    if "flag_meanings" in mask.attrs:
        words = str(mask.attrs["flag_meanings"]).split()
        sea = next((w for w in ("sea", "water", "open_sea") if w in words), None)
        return None if sea is None else flagged(mask, [sea])
    values = np.unique(mask.values)
    return mask == 1 if set(values) <= {0.0, 1.0} else None
