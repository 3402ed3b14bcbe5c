"""Nadir altimeters: measurements along ground tracks, as points with time, latitude and longitude.

All formats become one dimension ``point`` with the coordinates ``time``, ``lat``, ``lon`` and ``mission``, which
``xdvn.osse.grid_points`` takes as they are. Level-3 files give the sea level anomaly in parts; sea surface height is
``ssh = sla + mdt - lwe``, as the SSH mapping challenge 2021a has it (doi:10.24400/527896/a01-2021.005).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, eastward_of
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["read_along_track_l3", "read_along_track_text", "read_simulated_track"]

_COLUMNS = ["lon", "lat", "days", "ssh"]


def read_along_track_l3(
    path: str | Path, *, filtered: bool = False, with_mdt: bool = True, without_lwe: bool = True, west: float = -180.0
) -> xr.Dataset:
    """Read a level-3 file of one altimeter (DUACS, Copernicus Marine; the challenge 2021a's are such).

    Parameters
    ----------
    path : str or Path
        The file.
    filtered : bool
        Whether to take the anomaly that the producer has low-pass filtered along the track.
    with_mdt : bool
        Whether to add the mean dynamic topography: sea surface height instead of its anomaly.
    without_lwe : bool
        Whether to subtract the long-wavelength error, as the challenge does.
    west : float
        Where longitudes begin [degrees east].

    Returns
    -------
    xr.Dataset
        ``ssh`` on ``point`` [m], or ``sla`` if the mean dynamic topography is not added; its attribute ``formula`` says
        what it was made of. Points with a part missing are NaN.

    Raises
    ------
    ValueError
        If a part is not in the file.
    """
    ds = open_file(path)
    origin = Path(path).name
    parts = ["sla_filtered" if filtered else "sla_unfiltered", *(["mdt"] * with_mdt), *(["lwe"] * without_lwe)]
    absent = [part for part in parts if part not in ds.data_vars]
    if absent:
        raise ValueError(
            f"{origin} has no {' or '.join(absent)}; it has {', '.join(map(str, ds.data_vars))}. Choose with "
            "filtered=, with_mdt= and without_lwe="
        )
    signs = {"lwe": -1.0}
    total = sum(signs.get(part, 1.0) * ds[part].values.astype(np.float64) for part in parts)
    formula = " ".join(f"{'-' if part in signs else '+'} {part}" for part in parts).removeprefix("+ ")
    attrs = {"units": "m", "formula": formula}
    name = "ssh" if with_mdt else "sla"
    values = describe(xr.DataArray(total, dims="point", attrs=attrs, name=name), name)
    return _points(ds, values, str(ds.attrs.get("platform", Path(path).stem)), west, origin)


def read_simulated_track(path: str | Path, *, variable: str = "ssh_model", west: float = -180.0) -> xr.Dataset:
    """Read a simulated altimeter of the SSH mapping challenge 2020a, or any other output of the SWOT simulator.

    Parameters
    ----------
    path : str or Path
        The file of a nadir altimeter.
    variable : str
        ``"ssh_model"``, the model's height, which the challenge uses; ``"ssh_obs"``, the same with errors.
    west : float
        Where longitudes begin [degrees east].

    Returns
    -------
    xr.Dataset
        ``ssh`` on ``point`` [m].

    Raises
    ------
    ValueError
        If the file has no such variable, or is a swath.
    """
    ds = open_file(path)
    origin = Path(path).name
    if variable not in ds.data_vars or ds[variable].ndim != 1:
        raise ValueError(
            f"{origin} has no {variable!r} along a track; it has "
            f"{', '.join(f'{v}{ds[v].dims}' for v in ds.data_vars)}. Name yours with variable=; "
            "swaths are read by xdvn.readers.read_simulated_swath"
        )
    array = xr.DataArray(ds[variable].values, dims="point", attrs={"units": "m"}, name=variable)
    return _points(ds, describe(array, "ssh"), Path(path).stem, west, origin)


def read_along_track_text(
    path: str | Path, missions: Sequence[str] | None = None, *, west: float = -180.0
) -> xr.Dataset:
    """Read tracks from a table of text: longitude, latitude, days since 1950-01-01, height [m].

    Parameters
    ----------
    path : str or Path
        The file: four columns, no heading; one satellite after the other, each in order of time.
    missions : sequence of str, optional
        Names of the satellites in their order in the file; by default ``"1"``, ``"2"``, ...
    west : float
        Where longitudes begin [degrees east].

    Returns
    -------
    xr.Dataset
        ``ssh`` on ``point`` [m], in the file's order.

    Raises
    ------
    ValueError
        If the table has not four columns of numbers, or another number of satellites than ``missions``.
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
            f"{origin}: time steps back {block[-1]} times, so it holds {block[-1] + 1} satellites, but missions has "
            f"{len(names)} names: {names}"
        )
    # Decimals of a day in the file resolve milliseconds.
    time = np.datetime64("1950-01-01", "ns") + np.round(table["days"].values * 86400e3).astype("timedelta64[ms]")
    ds = xr.Dataset(coords={"time": ("point", time), "lat": ("point", table["lat"]), "lon": ("point", table["lon"])})
    array = xr.DataArray(table["ssh"].values, dims="point", attrs={"units": "m"}, name="ssh")
    return _points(ds, describe(array, "ssh"), np.array(names)[block], west, origin)


def _points(ds: xr.Dataset, values: xr.DataArray, mission: str | np.ndarray, west: float, origin: str) -> xr.Dataset:
    """Put coordinates on ``point``."""
    time, lat, lon = (ds[coordinate(ds, name, origin)].values for name in ("time", "latitude", "longitude"))
    moved = eastward_of(lon, west)
    coords = {
        "time": time,
        "lat": lat.astype(np.float64),
        "lon": moved,
        "mission": np.broadcast_to(mission, time.shape),
    }
    tidy = xr.Dataset({str(values.name): values}, coords={k: ("point", v) for k, v in coords.items()}, attrs=ds.attrs)
    for name, attrs in COORDINATES.items():
        tidy[name].attrs = dict(attrs)
    return tidy
