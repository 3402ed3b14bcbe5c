"""Readers of any file whose cells or points have their own latitudes and longitudes: curvilinear grids and tracks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, wrap_longitude
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["is_curvilinear", "is_track", "read_curvilinear", "read_track"]


def is_curvilinear(ds: xr.Dataset) -> bool:
    """Return whether a file has variables on two dimensions of two-dimensional latitudes and longitudes."""
    return _dims_of_positions(ds) == 2 and bool(_variables(ds, ds[coordinate(ds, "latitude")].dims))


def is_track(ds: xr.Dataset) -> bool:
    """Return whether a file has times, latitudes, longitudes and other variables on one common dimension."""
    if _dims_of_positions(ds) != 1:
        return False
    try:
        dims = {ds[coordinate(ds, name)].dims for name in ("time", "latitude", "longitude")}
    except ValueError:
        return False
    return len(dims) == 1 and bool(_variables(ds, next(iter(dims))))


def read_curvilinear(path: str | Path) -> xr.Dataset:
    """Read maps on a grid with two-dimensional latitudes and longitudes, such as a polar stereographic one.

    Parameters
    ----------
    path : str or Path
        The file, with names of its variables in any case.

    Returns
    -------
    xr.Dataset
        Floats on (time, y, x), with the coordinates ``lat`` and ``lon`` on (y, x).

    Raises
    ------
    ValueError
        If the positions are not two-dimensional.
    """
    ds = open_file(path)
    if not is_curvilinear(ds):
        raise ValueError(f"{Path(path).name}: expected two-dimensional latitudes. Use xdvn.readers.read(path)")
    lat, lon = (ds[coordinate(ds, name)] for name in ("latitude", "longitude"))
    rows, columns = map(str, lat.dims)
    renamed = ds.rename({old: new for old, new in ((rows, "y"), (columns, "x")) if old != new})
    maps = {}
    for name in _variables(ds, lat.dims):
        array = renamed[name].drop_vars(list(renamed[name].coords))
        array = array.isel({d: 0 for d in array.dims if d not in ("time", "y", "x") and array.sizes[d] == 1})
        maps[name.lower()] = describe(array.transpose(..., "y", "x"), name.lower())
    places = {"lat": lat.values.astype(np.float64), "lon": wrap_longitude(lon.values, -180.0)}
    tidy = xr.Dataset(maps, attrs=ds.attrs).assign_coords(
        {n: (("y", "x"), v, COORDINATES[n]) for n, v in places.items()}
    )
    try:
        time = ds[coordinate(ds, "time")]
    except ValueError:
        return tidy
    if "time" not in tidy.dims:
        tidy = tidy.expand_dims("time")
    return tidy.assign_coords(time=("time", np.atleast_1d(time.values), {**COORDINATES["time"], "axis": "T"}))


def read_track(path: str | Path) -> xr.Dataset:
    """Read measurements along a track from a file that has its variables, times and positions on one dimension.

    Parameters
    ----------
    path : str or Path
        The file, with names of its variables in any case.

    Returns
    -------
    xr.Dataset
        Variables on ``point`` with the coordinates ``time``, ``lat`` and ``lon`` (-180 to 180).

    Raises
    ------
    ValueError
        If times and positions are not on one dimension.
    """
    ds = open_file(path)
    if not is_track(ds):
        raise ValueError(
            f"{Path(path).name}: expected times and positions on one dimension. Use xdvn.readers.read(path)"
        )
    found = {
        short: ds[coordinate(ds, long)]
        for short, long in zip(COORDINATES, ("time", "latitude", "longitude"), strict=True)
    }
    values = {name: coord.values for name, coord in found.items()}
    values["lat"], values["lon"] = values["lat"].astype(np.float64), wrap_longitude(values["lon"], -180.0)
    points = {
        name.lower(): describe(
            xr.DataArray(ds[name].values, dims="point", attrs=ds[name].attrs, name=name), name.lower()
        )
        for name in _variables(ds, found["time"].dims)
    }
    return xr.Dataset(points, {n: ("point", v, COORDINATES[n]) for n, v in values.items()}, ds.attrs)


def _dims_of_positions(ds: xr.Dataset) -> int:
    try:
        lat, lon = (ds[coordinate(ds, name)] for name in ("latitude", "longitude"))
    except ValueError:
        return 0
    return lat.ndim if lat.dims == lon.dims else 0


def _variables(ds: xr.Dataset, dims: tuple[object, ...]) -> list[str]:
    """Return the variables of numbers on the dimensions of the positions, without the positions and times."""
    places = {coordinate(ds, name) for name in ("latitude", "longitude")}
    return [
        str(name)
        for name, da in ds.variables.items()
        if set(dims) <= set(da.dims) and da.dtype.kind in "iuf" and name not in places and name not in ds.dims
        and "since" not in str(da.attrs.get("units", ""))
    ]  # fmt: skip
