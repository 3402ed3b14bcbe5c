"""Readers of satellite ephemerides and reference ground tracks.

An ephemeris contains the sub-satellite point during one repeat cycle, the input of ``xdvn.osse.Ephemeris``. The text
format is that of the SWOT simulator (Gaultier et al. 2016, doi:10.1175/JTECH-D-15-0160.1).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, wrap_longitude
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["read_ephemeris", "read_ground_track"]


def read_ephemeris(path: str | Path) -> xr.Dataset:
    """Read a text ephemeris: a header with ``cycle_duration``, then time [s], longitude, latitude, altitude [m].

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    xr.Dataset
        ``altitude`` [m] on ``point`` with ``lat``, ``lon`` (from -180 to 180) and ``elapsed`` [s] since the start; the
        attribute ``cycle`` is the repeat cycle [days].

    Raises
    ------
    ValueError
        If the header has no cycle, or the table does not have four columns of numbers.
    """
    origin = Path(path).name
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    header = " ".join(line for line in lines[:10] if line.startswith("#"))
    found = re.search(r"cycle_duration\s*=\s*([\d.]+)", header)
    if not found:
        raise ValueError(f"{origin} has no repeat cycle. Add a first line such as '# cycle_duration = 20.86455' [days]")
    try:
        table = pd.read_csv(path, sep=r"\s+", comment="#", header=None, dtype=np.float64)
        elapsed, lon, lat, altitude = (table[i].values for i in range(4))
    except (ValueError, KeyError) as failure:
        raise ValueError(
            f"{origin}: expected the columns time [s], longitude, latitude, altitude [m]: {failure}"
        ) from failure
    tidy = _track(lat, lon, {"cycle": float(found[1])})
    seconds = {"units": "s", "long_name": "time since the beginning of the cycle"}
    tidy = tidy.assign_coords(elapsed=("point", elapsed, seconds))
    return tidy.assign(altitude=describe(xr.DataArray(altitude, dims="point", name="altitude"), "altitude"))


def read_ground_track(path: str | Path, *, cycle: float | None = None) -> xr.Dataset:
    """Read a reference ground track: positions in flight order with pass numbers, without times.

    Parameters
    ----------
    path : str or Path
        A NetCDF file with longitude, latitude and ``pass_number`` on one dimension.
    cycle : float, optional
        Repeat cycle [days]. If None, that of "repeat ... days" in the attributes of the file.

    Returns
    -------
    xr.Dataset
        ``pass_number`` on ``point`` with ``lat`` and ``lon``; the attribute ``cycle`` is the repeat cycle [days].

    Raises
    ------
    ValueError
        If the file has no pass numbers or no cycle.
    """
    origin = Path(path).name
    ds = open_file(path)
    if "pass_number" not in ds:
        raise ValueError(f"{origin} has no pass_number: expected a ground track, got {', '.join(map(str, ds))}")
    found = re.search(r"repeat\s+([\d.]+)\s+days", " ".join(map(str, ds.attrs.values())))
    if cycle is None and not found:
        raise ValueError(f"{origin} contains no repeat cycle. Set it in days, such as cycle=9.9156")
    lat, lon = (ds[coordinate(ds, name, origin)].values for name in ("latitude", "longitude"))
    days = cycle if cycle is not None else float(found[1]) if found else np.nan
    number = xr.DataArray(ds["pass_number"].values, dims="point", attrs={"units": "1"}, name="pass_number")
    return _track(lat, lon, {**ds.attrs, "cycle": days}).assign(pass_number=describe(number, "pass_number"))


def _track(lat: np.ndarray, lon: np.ndarray, attrs: dict[str, object]) -> xr.Dataset:
    lat, lon = lat.astype(np.float64), wrap_longitude(lon, -180.0)
    position = {"lat": ("point", lat, COORDINATES["lat"]), "lon": ("point", lon, COORDINATES["lon"])}
    return xr.Dataset(coords=position, attrs=attrs)
