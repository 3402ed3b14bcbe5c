"""Where satellites fly: ephemerides and reference ground tracks, for tracks of missions that no formula describes.

An ephemeris tells the sub-satellite point through one repeat cycle; ``xdvn.osse.Ephemeris`` makes a mission of it. The
text format is that of the SWOT simulator (Gaultier et al. 2016, doi:10.1175/JTECH-D-15-0160.1).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, eastward_of
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["read_ephemeris", "read_ground_track"]


def read_ephemeris(path: str | Path) -> xr.Dataset:
    """Read an ephemeris: text, a heading with ``cycle_duration``, then time [s], longitude, latitude, altitude [m].

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
        If the heading tells no cycle, or the table has not four columns of numbers.
    """
    origin = Path(path).name
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    heading = " ".join(line for line in lines[:10] if line.startswith("#"))
    found = re.search(r"cycle_duration\s*=\s*([\d.]+)", heading)
    if not found:
        raise ValueError(f"{origin} has no heading such as '# cycle_duration = 20.86455' [days]; add that line on top")
    try:
        table = pd.read_csv(path, sep=r"\s+", comment="#", header=None, dtype=np.float64)
        elapsed, lon, lat, altitude = (table[i].values for i in range(4))
    except (ValueError, KeyError) as failure:
        raise ValueError(
            f"{origin}: expected columns of time [s], longitude, latitude, altitude: {failure}"
        ) from failure
    tidy = _track(lat, lon, {"cycle": float(found[1])})
    seconds = {"units": "s", "long_name": "time since the beginning of the cycle"}
    tidy = tidy.assign_coords(elapsed=("point", elapsed, seconds))
    return tidy.assign(altitude=describe(xr.DataArray(altitude, dims="point", name="altitude"), "altitude"))


def read_ground_track(path: str | Path, *, cycle: float | None = None) -> xr.Dataset:
    """Read a reference ground track: points in flight order, with their pass number, but without times.

    Parameters
    ----------
    path : str or Path
        A NetCDF file with longitude, latitude and ``pass_number`` on one dimension.
    cycle : float, optional
        Repeat cycle [days], if the file's attributes do not say "repeat ... days".

    Returns
    -------
    xr.Dataset
        ``pass_number`` on ``point`` with ``lat`` and ``lon``; the attribute ``cycle`` is the repeat cycle [days].

    Raises
    ------
    ValueError
        If there are no pass numbers, or nothing tells the cycle.
    """
    origin = Path(path).name
    ds = open_file(path)
    if "pass_number" not in ds:
        raise ValueError(f"{origin} has no pass_number, so it is no ground track; it has {', '.join(map(str, ds))}")
    found = re.search(r"repeat\s+([\d.]+)\s+days", " ".join(map(str, ds.attrs.values())))
    if cycle is None and not found:
        raise ValueError(f"nothing in {origin} tells its repeat cycle; say it in days, such as cycle=9.9156")
    lat, lon = (ds[coordinate(ds, name, origin)].values for name in ("latitude", "longitude"))
    days = cycle if cycle is not None else float(found[1]) if found else np.nan
    number = xr.DataArray(ds["pass_number"].values, dims="point", attrs={"units": "1"}, name="pass_number")
    return _track(lat, lon, {**ds.attrs, "cycle": days}).assign(pass_number=describe(number, "pass_number"))


def _track(lat: np.ndarray, lon: np.ndarray, attrs: dict[str, object]) -> xr.Dataset:
    lat, lon = lat.astype(np.float64), eastward_of(lon, -180.0)
    place = {"lat": ("point", lat, COORDINATES["lat"]), "lon": ("point", lon, COORDINATES["lon"])}
    return xr.Dataset(coords=place, attrs=attrs)
