"""Readers of nadir altimetry: along-track observations with time, latitude and longitude.

All formats become one dimension ``point`` with the coordinates ``time``, ``lat``, ``lon`` and ``mission``, the input of
``xdvn.tracks.bin_points``. From level-3 files, sea surface height is ``ssh = sla + mdt - lwe``, as in the SSH mapping
challenge 2021a (doi:10.24400/527896/a01-2021.005).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, wrap_longitude
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["read_along_track_l3", "read_along_track_text", "read_simulated_track"]

_COLUMNS = ["lon", "lat", "days", "ssh"]


def read_along_track_l3(
    path: str | Path,
    *,
    filtered: bool = False,
    with_mdt: bool = True,
    subtract_lwe: bool = True,
    lon_start: float = -180.0,
) -> xr.Dataset:
    """Read a level-3 file of one altimeter (DUACS, Copernicus Marine, SSH mapping challenge 2021a).

    Parameters
    ----------
    path : str or Path
        The file.
    filtered : bool
        Whether to use the anomaly that the producer has low-pass filtered along the track. Default: False.
    with_mdt : bool
        Whether to add the mean dynamic topography, which gives sea surface height. Default: True.
    subtract_lwe : bool
        Whether to subtract the long-wavelength error, as the challenge does. Default: True.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.

    Returns
    -------
    xr.Dataset
        ``ssh`` on ``point`` [m], or ``sla`` without the mean dynamic topography. Its attribute ``formula`` contains the
        sum. Points with a missing term are NaN.

    Raises
    ------
    ValueError
        If the file lacks a term of the sum.
    """
    ds = open_file(path)
    origin = Path(path).name
    terms = ["sla_filtered" if filtered else "sla_unfiltered", *(["mdt"] * with_mdt), *(["lwe"] * subtract_lwe)]
    absent = [term for term in terms if term not in ds.data_vars]
    if absent:
        raise ValueError(
            f"{origin} has no {' or '.join(absent)}: it contains {', '.join(map(str, ds.data_vars))}. Select the terms "
            "with filtered=, with_mdt= and subtract_lwe="
        )
    signs = {"lwe": -1.0}
    total = sum(signs.get(term, 1.0) * ds[term].values.astype(np.float64) for term in terms)
    formula = " ".join(f"{'-' if term in signs else '+'} {term}" for term in terms).removeprefix("+ ")
    attrs = {"units": "m", "formula": formula}
    name = "ssh" if with_mdt else "sla"
    values = describe(xr.DataArray(total, dims="point", attrs=attrs, name=name), name)
    return _points(ds, values, str(ds.attrs.get("platform", Path(path).stem)), lon_start, origin)


def read_simulated_track(path: str | Path, *, variable: str = "ssh_model", lon_start: float = -180.0) -> xr.Dataset:
    """Read simulated nadir altimetry of the SSH mapping challenge 2020a or of the SWOT simulator.

    Parameters
    ----------
    path : str or Path
        The file of a nadir altimeter.
    variable : str
        ``"ssh_model"`` (default): the height of the model, as in the challenge. ``"ssh_obs"``: with errors.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.

    Returns
    -------
    xr.Dataset
        ``ssh`` on ``point`` [m].

    Raises
    ------
    ValueError
        If the file has no such variable, or contains a swath.
    """
    ds = open_file(path)
    origin = Path(path).name
    if variable not in ds.data_vars or ds[variable].ndim != 1:
        raise ValueError(
            f"variable={variable!r}: expected an along-track variable of {origin}, which contains "
            f"{', '.join(f'{v}{ds[v].dims}' for v in ds.data_vars)}. Read swaths with xdvn.readers.read_simulated_swath"
        )
    array = xr.DataArray(ds[variable].values, dims="point", attrs={"units": "m"}, name=variable)
    return _points(ds, describe(array, "ssh"), Path(path).stem, lon_start, origin)


def read_along_track_text(
    path: str | Path, missions: Sequence[str] | None = None, *, lon_start: float = -180.0
) -> xr.Dataset:
    """Read along-track heights from a text table: longitude, latitude, days since 1950-01-01, height [m].

    Parameters
    ----------
    path : str or Path
        The file: four columns without header, sorted by satellite, then by time.
    missions : sequence of str, optional
        Names of the satellites in the order of the file. If None, ``"1"``, ``"2"``, ...
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.

    Returns
    -------
    xr.Dataset
        ``ssh`` on ``point`` [m], in the order of the file.

    Raises
    ------
    ValueError
        If the table does not have four columns of numbers, or ``missions`` does not have one name per satellite.
    """
    origin = Path(path).name
    try:
        table = pd.read_csv(path, sep=r"\s+", header=None, names=_COLUMNS, dtype=np.float64, index_col=False)
    except ValueError as failure:
        raise ValueError(f"{origin}: expected four columns (lon, lat, days since 1950, m): {failure}") from failure
    block = np.cumsum(np.diff(table["days"], prepend=table["days"].iloc[:1]) < 0)
    names = [str(i + 1) for i in range(block[-1] + 1)] if missions is None else list(missions)
    if len(names) != block[-1] + 1:
        raise ValueError(
            f"missions={names}: expected {block[-1] + 1} names, because time decreases {block[-1]} times in {origin}. "
            "Give one name per satellite"
        )
    # Decimals of a day in the file resolve milliseconds.
    time = np.datetime64("1950-01-01", "ns") + np.round(table["days"].values * 86400e3).astype("timedelta64[ms]")
    ds = xr.Dataset(coords={"time": ("point", time), "lat": ("point", table["lat"]), "lon": ("point", table["lon"])})
    array = xr.DataArray(table["ssh"].values, dims="point", attrs={"units": "m"}, name="ssh")
    return _points(ds, describe(array, "ssh"), np.array(names)[block], lon_start, origin)


def _points(
    ds: xr.Dataset, values: xr.DataArray, mission: str | np.ndarray, lon_start: float, origin: str
) -> xr.Dataset:
    """Return values on ``point`` with their coordinates."""
    time, lat, lon = (ds[coordinate(ds, name, origin)].values for name in ("time", "latitude", "longitude"))
    coords = {
        "time": time,
        "lat": lat.astype(np.float64),
        "lon": wrap_longitude(lon, lon_start),
        "mission": np.broadcast_to(mission, time.shape),
    }
    tidy = xr.Dataset({str(values.name): values}, coords={k: ("point", v) for k, v in coords.items()}, attrs=ds.attrs)
    for name, attrs in COORDINATES.items():
        tidy[name].attrs = dict(attrs)
    return tidy
