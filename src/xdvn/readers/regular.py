"""Reader of any regular grid, with one-dimensional latitudes and longitudes in any order and direction.

The result is on (time, lat, lon) with ascending axes, longitudes without a jump, NaN in missing grid cells, and CF
attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["coordinate", "is_regular", "read_grid", "standardise_grid", "wrap_longitude"]

_NAMES = {
    "time": ("time", "time_counter", "t", "juld"),
    "latitude": ("lat", "latitude", "nav_lat"),
    "longitude": ("lon", "longitude", "nav_lon", "long"),
}


def read_grid(
    path: str | Path,
    names: Mapping[str, str] | None = None,
    *,
    lon_start: float = -180.0,
    time_units: str | None = None,
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Read maps on a regular grid of latitudes and longitudes.

    Parameters
    ----------
    path : str or Path
        The file.
    names : mapping, optional
        Variables to read and their new names, such as ``{"GSLA": "sla"}``. If None, all variables on the grid, with
        their names in lower case.
    lon_start : float
        Western limit of the longitudes [degrees east]; regional grids across it keep theirs. Default: -180.
    time_units : str, optional
        Units of the time axis, such as ``"days since 2012-10-01"``, if the file has none.
    chunks : mapping, optional
        Chunk sizes by dimension of the file, ``{}`` for those of the file. If None, the arrays are NumPy arrays, read
        on first use.

    Returns
    -------
    xr.Dataset
        Variables on (time, lat, lon), or (lat, lon) if they are constant in time.

    Raises
    ------
    ValueError
        If a variable is missing, or if the file has no regular grid or no time.
    """
    name = Path(path).name
    units = None if time_units is None else {coordinate(open_file(path), "time", name): time_units}
    return standardise_grid(open_file(path, time_units=units, chunks=chunks), names, lon_start=lon_start, origin=name)


def standardise_grid(
    ds: xr.Dataset, names: Mapping[str, str] | None = None, *, lon_start: float = -180.0, origin: str = "the Dataset"
) -> xr.Dataset:
    """Return decoded maps in the form of ``read_grid``, with the same parameters."""
    if not is_regular(ds, origin):
        raise ValueError(
            f"{origin}: expected one-dimensional latitude and longitude. Read curvilinear grids with "
            "xdvn.readers.read_nemo, swaths with read_swot_l3"
        )
    found = {c: ds[coordinate(ds, long, origin)] for c, long in zip(COORDINATES, _NAMES, strict=True)}
    if found["time"].dtype.kind not in "MO":
        raise ValueError(
            f"{origin}: the time axis {found['time'].name!r} has no units. Set them in xdvn.readers.read_grid, such as "
            "time_units='days since 2012-10-01'"
        )
    space = {found["lat"].dims[0], found["lon"].dims[0]}
    maps = {str(name) for name in ds.data_vars if space <= set(ds[name].dims)}
    names = {name: name.lower() for name in sorted(maps)} if names is None else names
    absent = [name for name in names if name not in maps]
    if absent or not names:
        raise ValueError(
            f"{origin} has no {' or '.join(absent) or 'map'}: its maps are {', '.join(sorted(maps)) or 'none'}"
        )
    dims = {found[c].dims[0]: c for c in COORDINATES if found[c].ndim}
    renamed = ds[list(names)].drop_vars(list(ds.coords), errors="ignore")
    renamed = renamed.rename({old: new for old, new in dims.items() if old != new})
    single = [d for d in renamed.dims if d not in COORDINATES and renamed.sizes[d] == 1]
    renamed = renamed.isel(dict.fromkeys(single, 0))
    if "time" not in renamed.dims:
        renamed = renamed.expand_dims("time")
    tidy = xr.Dataset({new: describe(_ordered(renamed[old]), new) for old, new in names.items()}, attrs=ds.attrs)
    values = {c: np.atleast_1d(found[c].values) for c in COORDINATES}
    values |= {c: _double(values[c]) for c in ("lat", "lon")}
    axis = {"time": "T", "lat": "Y", "lon": "X"}
    tidy = tidy.assign_coords({c: (c, values[c], {**COORDINATES[c], "axis": axis[c]}) for c in COORDINATES})
    return _from_meridian(_ascending(tidy), lon_start)


def coordinate(ds: xr.Dataset, standard_name: str, origin: str = "the Dataset") -> str:
    """Return the name of the variable of time, latitude or longitude, by its CF standard name, else by common names.

    Raises
    ------
    ValueError
        If there is no such variable.
    """
    candidates = sorted(map(str, ds.variables), key=lambda name: name not in ds.dims)
    for name in candidates:
        if ds[name].attrs.get("standard_name") == standard_name:
            return name
    for common in _NAMES[standard_name]:
        for name in candidates:
            if name.lower() == common and _may_be_coordinate(ds, name, standard_name):
                return name
    raise ValueError(
        f"{origin} has no recognised {standard_name} among {', '.join(sorted(candidates))}. Rename it to "
        f"{_NAMES[standard_name][0]!r} and call xdvn.readers.standardise_grid(ds)"
    )


def _may_be_coordinate(ds: xr.Dataset, name: str, standard_name: str) -> bool:
    """Return whether a variable can be a coordinate: a temperature called T is not a time."""
    da = ds[name]
    if standard_name != "time":
        return da.ndim <= 2
    is_axis = da.dims == (name,) or da.dtype.kind in "MO" or " since " in str(da.attrs.get("units", ""))
    return da.ndim <= 1 and (is_axis or len(name) > 1)


def is_regular(ds: xr.Dataset, origin: str = "the Dataset") -> bool:
    """Return whether latitude and longitude are one-dimensional, on two different dimensions."""
    y, x = (ds[coordinate(ds, name, origin)].dims for name in ("latitude", "longitude"))
    return len(y) == len(x) == 1 and y != x


def wrap_longitude(lon: np.ndarray, lon_start: float) -> np.ndarray:
    """Return longitudes in ``[lon_start, lon_start + 360[``; those already inside are unchanged.

    Examples
    --------
    >>> wrap_longitude(np.array([-60.1, 170.0, 300.0]), -180.0).tolist()
    [-60.1, 170.0, -60.0]
    """
    lon = np.asarray(lon, dtype=np.float64)
    return lon - 360 * np.floor((lon - lon_start) / 360)


def _from_meridian(ds: xr.Dataset, lon_start: float) -> xr.Dataset:
    """Wrap longitudes at ``lon_start`` and sort them, except in a regional grid across this meridian."""
    lon = ds["lon"].values
    moved = wrap_longitude(lon, lon_start)
    order = np.argsort(moved, kind="stable")
    if _is_even(lon) and not _is_even(moved[order]):
        return ds
    return ds.isel(lon=order).assign_coords(lon=("lon", moved[order], ds["lon"].attrs))


def _double(values: np.ndarray) -> np.ndarray:
    """Return coordinates in double precision, rounded if they are in single precision: 34.01, not 34.0099983."""
    return np.round(values.astype(np.float64), 5) if values.dtype == np.float32 else values.astype(np.float64)


def _is_even(values: np.ndarray) -> bool:
    steps = np.diff(values)
    return len(steps) < 2 or bool(np.allclose(steps, steps.mean(), rtol=1e-2, atol=0))


def _ordered(array: xr.DataArray) -> xr.DataArray:
    return array.transpose(*(d for d in ("time", "lat", "lon") if d in array.dims), ...)


def _ascending(ds: xr.Dataset) -> xr.Dataset:
    descending = [d for d in ("lat", "lon") if ds.sizes[d] > 1 and ds[d].values[0] > ds[d].values[-1]]
    return ds.isel(dict.fromkeys(descending, slice(None, None, -1)))
