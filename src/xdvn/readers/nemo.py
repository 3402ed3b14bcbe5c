"""Reader of NEMO model output on curvilinear grids, with ``lat`` and ``lon`` on (y, x).

NEMO: doi:10.5281/zenodo.1464816.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, wrap_longitude
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["NEMO_NAMES", "read_nemo"]

NEMO_NAMES = {
    "sossheig": "ssh",
    "zos": "ssh",
    "ssh": "ssh",
    "sosstsst": "sst",
    "tos": "sst",
    "sozocrtx": "u",
    "uos": "u",
    "somecrty": "v",
    "vos": "v",
}
"""Names of surface fields: in NEMO files (old and CMIP style), and after reading."""

_DATE = re.compile(r"y(\d{4})m(\d{2})d(\d{2})")


def read_nemo(
    path: str | Path, *, time: str | np.datetime64 | None = None, chunks: Mapping[str, int] | None = None
) -> xr.Dataset:
    """Read surface fields of a NEMO run.

    Parameters
    ----------
    path : str or Path
        The file.
    time : datetime-like, optional
        Time of the field. If None, that of the file, else noon of the date in its name, such as ``y2009m08d15``.
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``ssh`` [m], ``sst`` [degree_Celsius], ``u``, ``v`` [m s-1] on (time, y, x), as far as the file has them, with
        ``lat`` and ``lon`` on (y, x), longitudes from -180 to 180.

    Raises
    ------
    ValueError
        If the grid is not curvilinear, or if the file has no known field or no time.
    """
    origin = Path(path).name
    ds = open_file(path, chunks=chunks)
    lat, lon = (ds[coordinate(ds, name, origin)] for name in ("latitude", "longitude"))
    if lat.ndim != 2 or lat.dims != lon.dims:
        raise ValueError(
            f"{origin}: expected a curvilinear grid, got latitude on {lat.dims} and longitude on {lon.dims}. Read "
            "regular grids with xdvn.readers.read_grid"
        )
    y, x = lat.dims
    names = {old: new for old, new in NEMO_NAMES.items() if old in ds.data_vars and {y, x} <= set(ds[old].dims)}
    if not names:
        raise ValueError(
            f"{origin} has none of {', '.join(NEMO_NAMES)} on {lat.dims}: it contains {', '.join(map(str, ds))}"
        )
    times = _times(ds, origin, time)
    fields = ds[list(names)].drop_vars(list(ds.coords), errors="ignore").rename({y: "y", x: "x"})
    if "time_counter" in fields.dims:
        fields = fields.rename(time_counter="time")
    if "time" not in fields.dims:
        fields = fields.expand_dims("time")
    arrays = {new: describe(fields[old].transpose("time", "y", "x", ...), new) for old, new in names.items()}
    position = {
        "lat": (("y", "x"), lat.values.astype(np.float64)),
        "lon": (("y", "x"), wrap_longitude(lon.values, -180.0)),
    }
    tidy = xr.Dataset(arrays, coords={"time": times, **position}, attrs=ds.attrs)
    for name, attrs in COORDINATES.items():
        tidy[name].attrs = dict(attrs)
    return tidy


def _times(ds: xr.Dataset, origin: str, time: str | np.datetime64 | None) -> np.ndarray:
    if time is not None:
        return np.atleast_1d(np.asarray(time, dtype="datetime64[ns]"))
    for name in ("time_counter", "time"):
        if name in ds.variables and ds[name].dtype.kind == "M":
            return np.atleast_1d(ds[name].values)
    if match := _DATE.search(origin):
        return np.atleast_1d(np.datetime64("-".join(match.groups()) + "T12:00", "ns"))
    raise ValueError(f"neither {origin} nor its name contains a time. Set it with time='2009-08-15T12:00'")
