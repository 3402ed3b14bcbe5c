"""Maps on a regular grid: any file with one-dimensional latitudes and longitudes becomes (time, lat, lon).

Whatever the axes are called and whichever way they run, the result has ``time``, ``lat`` and ``lon`` in this order,
both horizontal axes ascending, longitudes without a jump, missing cells NaN, and CF attributes. The readers of sea
level, temperature and chlorophyll call ``read_grid`` with the names of their products; you call it for other files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["coordinate", "eastward_of", "is_regular", "read_grid", "tidy_grid"]

_NAMES = {
    "time": ("time", "time_counter", "t", "juld"),
    "latitude": ("lat", "latitude", "nav_lat"),
    "longitude": ("lon", "longitude", "nav_lon", "long"),
}


def read_grid(
    path: str | Path,
    names: Mapping[str, str] | None = None,
    *,
    west: float = -180.0,
    time_units: str | None = None,
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Read maps on a regular grid of latitudes and longitudes.

    Parameters
    ----------
    path : str or Path
        The file.
    names : mapping, optional
        Which variables to read, and what to call them: ``{"GSLA": "sla"}``. By default every one that lies on the grid,
        under its own name in lower case.
    west : float
        Where longitudes begin [degrees east]; a regional grid that would be torn apart there keeps its own.
    time_units : str, optional
        Units of the time axis, such as ``"days since 2012-10-01"``, if the file does not give them.
    chunks : mapping, optional
        Chunk sizes by the file's own dimensions, ``{}`` for those of the file, to get dask arrays; by default NumPy
        arrays, read on first use.

    Returns
    -------
    xr.Dataset
        Variables on (time, lat, lon), or (lat, lon) where they do not vary in time.

    Raises
    ------
    ValueError
        If a variable is absent, or if the file has no regular grid or no time.
    """
    name = Path(path).name
    units = None if time_units is None else {coordinate(open_file(path), "time", name): time_units}
    return tidy_grid(open_file(path, time_units=units, chunks=chunks), names, west=west, origin=name)


def tidy_grid(
    ds: xr.Dataset, names: Mapping[str, str] | None = None, *, west: float = -180.0, origin: str = "the Dataset"
) -> xr.Dataset:
    """Bring decoded maps into the common form; the parameters are those of ``read_grid``."""
    if not is_regular(ds, origin):
        raise ValueError(
            f"{origin}: latitude and longitude are not the axes of a regular grid; xdvn.readers.read_nemo reads "
            "curvilinear grids, read_swot_l3 swaths"
        )
    found = {c: ds[coordinate(ds, long, origin)] for c, long in zip(COORDINATES, _NAMES, strict=True)}
    if found["time"].dtype.kind not in "MO":
        raise ValueError(
            f"{origin}: the time axis {found['time'].name!r} has no units, so its dates are unknown; say what it "
            "counts, for example time_units='days since 2012-10-01' in xdvn.readers.read_grid"
        )
    space = {found["lat"].dims[0], found["lon"].dims[0]}
    maps = {str(name) for name in ds.data_vars if space <= set(ds[name].dims)}
    names = {name: name.lower() for name in sorted(maps)} if names is None else names
    absent = [name for name in names if name not in maps]
    if absent or not names:
        raise ValueError(f"{origin} has no {' or '.join(absent) or 'map'}; its maps are {', '.join(sorted(maps))}")
    dims = {found[c].dims[0]: c for c in COORDINATES if found[c].ndim}
    renamed = ds[list(names)].drop_vars(list(ds.coords), errors="ignore")
    renamed = renamed.rename({old: new for old, new in dims.items() if old != new})
    if "time" not in renamed.dims:
        renamed = renamed.expand_dims("time")
    tidy = xr.Dataset({new: describe(_ordered(renamed[old]), new) for old, new in names.items()}, attrs=ds.attrs)
    values = {c: np.atleast_1d(found[c].values) for c in COORDINATES}
    values |= {c: _double(values[c]) for c in ("lat", "lon")}
    axis = {"time": "T", "lat": "Y", "lon": "X"}
    tidy = tidy.assign_coords({c: (c, values[c], {**COORDINATES[c], "axis": axis[c]}) for c in COORDINATES})
    return _from_meridian(_ascending(tidy), west)


def coordinate(ds: xr.Dataset, standard_name: str, origin: str = "the Dataset") -> str:
    """Return the name of the variable that holds time, latitude or longitude.

    By its CF standard name, else by what such variables are commonly called, in any case; axes before other variables.

    Raises
    ------
    ValueError
        If there is none.
    """
    candidates = sorted(map(str, ds.variables), key=lambda name: name not in ds.dims)
    for name in candidates:
        if ds[name].attrs.get("standard_name") == standard_name:
            return name
    for name in candidates:
        if name.lower() in _NAMES[standard_name]:
            return name
    raise ValueError(
        f"{origin} has no {standard_name} that could be recognised among {', '.join(sorted(candidates))}; if it has "
        f"one under another name, rename it to {_NAMES[standard_name][0]!r} and call xdvn.readers.tidy_grid(ds)"
    )


def is_regular(ds: xr.Dataset, origin: str = "the Dataset") -> bool:
    """Whether latitude and longitude are axes: one-dimensional each, and of different dimensions."""
    y, x = (ds[coordinate(ds, name, origin)].dims for name in ("latitude", "longitude"))
    return len(y) == len(x) == 1 and y != x


def eastward_of(lon: np.ndarray, west: float) -> np.ndarray:
    """Return the same longitudes in ``[west, west + 360[``; those already there do not change by a bit.

    Examples
    --------
    >>> eastward_of(np.array([-60.1, 170.0, 300.0]), -180.0).tolist()
    [-60.1, 170.0, -60.0]
    """
    lon = np.asarray(lon, dtype=np.float64)
    return lon - 360 * np.floor((lon - west) / 360)


def _from_meridian(ds: xr.Dataset, west: float) -> xr.Dataset:
    """Let longitudes begin at or after ``west``, turning maps about that go round the Earth.

    A regional grid that lies across this meridian keeps the longitudes it has: in two pieces it would have a hole.
    """
    lon = ds["lon"].values
    moved = eastward_of(lon, west)
    order = np.argsort(moved, kind="stable")
    if _is_even(lon) and not _is_even(moved[order]):
        return ds
    return ds.isel(lon=order).assign_coords(lon=("lon", moved[order], ds["lon"].attrs))


def _double(values: np.ndarray) -> np.ndarray:
    """Return coordinates in double precision, without the noise of single precision: 34.01, not 34.0099983."""
    return np.round(values.astype(np.float64), 5) if values.dtype == np.float32 else values.astype(np.float64)


def _is_even(values: np.ndarray) -> bool:
    steps = np.diff(values)
    return len(steps) < 2 or bool(np.allclose(steps, steps.mean(), rtol=1e-2, atol=0))


def _ordered(array: xr.DataArray) -> xr.DataArray:
    return array.transpose(*(d for d in ("time", "lat", "lon") if d in array.dims), ...)


def _ascending(ds: xr.Dataset) -> xr.Dataset:
    down = [d for d in ("lat", "lon") if ds.sizes[d] > 1 and ds[d].values[0] > ds[d].values[-1]]
    return ds.isel(dict.fromkeys(down, slice(None, None, -1)))
