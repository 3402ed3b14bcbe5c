"""Binning of scattered measurements to a grid: cell means and the mean position in each cell.

Each cell of a (time, y, x) grid gets the mean of its points, or NaN, and the mean position of these points relative to
its centre, in cells: variables ``<name>_offset_<dim>``. A cell extends half a step to either side of its coordinate, in
time too, so a day stamped 12:00 is the calendar day. With the offsets, an observation operator reads a map where the
satellite was instead of at the centre. ``bin_points`` bins one set of points, ``bin_files`` any number of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.grid.axes import Axes, find_axes, fractional_index
from xdvn.tracks.cells import CellSums
from xdvn.tracks.duplicates import DuplicateFilter

__all__ = ["add_gridded_observations", "bin_files", "bin_points"]


def bin_points(values: xr.DataArray, grid: xr.Dataset | xr.DataArray) -> xr.Dataset:
    """Average scattered points in the cells of a grid.

    Parameters
    ----------
    values : xr.DataArray
        Measurements, named, with a coordinate for every dimension of the grid: on one dimension, or swaths, whose
        coordinates may lie on some of their dimensions only. NaN are left out.
    grid : xr.Dataset or xr.DataArray
        Any object with the wanted evenly spaced coordinates, in the wanted order (a DataArray's dimensions, or a
        Dataset's).

    Returns
    -------
    xr.Dataset
        ``<name>``, float32, and ``<name>_offset_<dim>`` for each dimension, float32 from -0.5 to 0.5, positive towards
        growing coordinates, whichever way the grid runs; NaN in cells without points. Coordinates and the attributes
        of both inputs are kept.

    Raises
    ------
    ValueError
        If the points have no name, lack a coordinate, or all lie outside the grid.

    Examples
    --------
    >>> grid = xr.Dataset(coords={"time": [0.0, 1.0], "lat": [33.0, 33.2], "lon": [5.0, 5.2]})
    >>> points = xr.DataArray([1.0, 3.0], dims="point", name="ssh", coords={
    ...     "time": ("point", [0.0, 0.2]), "lat": ("point", [33.0, 33.02]), "lon": ("point", [5.2, 5.2])})
    >>> cells = bin_points(points, grid)
    >>> float(cells.ssh[0, 0, 1]), round(float(cells.ssh_offset_lat[0, 0, 1]), 3)
    (2.0, 0.05)
    """
    dims = [str(d) for d in grid.dims]
    points = _flat(values, dims)
    cells = CellSums(tuple(grid.sizes[d] for d in dims))
    used = cells.add(_positions(points, grid, dims), points.values.astype(np.float64))
    if points.size and not used.any():
        raise ValueError(_nothing_inside(points, grid, dims))
    return _maps(cells, grid, dims, str(values.name), values.attrs)


def bin_files(
    parts: Iterable[xr.DataArray],
    grid: xr.Dataset | xr.DataArray,
    *,
    half_window: float = 0.5,
    error: float | None = None,
    dedup_window: int = 2_000_000,
) -> xr.Dataset:
    """Average many files of scattered points in the cells of a grid, reading one at a time.

    Only sums over cells are kept, about 50 bytes a cell, however many files there are. Points that come a second time
    (same place and time) are left out, in the same file and among the last ``dedup_window`` points of earlier ones, as
    files of neighbouring days overlap.

    Parameters
    ----------
    parts : iterable of xr.DataArray
        Measurements as in ``bin_points``, all of one name; a generator such as
        ``(xdvn.readers.read(path)["ssh"] for path in paths)`` opens each file when its turn comes.
    grid : xr.Dataset or xr.DataArray
        As in ``bin_points``.
    half_window : float
        A time of the grid gets the points up to this many steps before and after it; more than 0.5 lets windows
        overlap, so that a point counts for several times.
    error : float, optional
        Standard deviation of a single measurement [units of the values]. If None, it is estimated from the
        scatter of values within cells, which contains noise and sub-grid variability.
    dedup_window : int
        Number of recent points among which duplicates are found; 8 bytes each.

    Returns
    -------
    xr.Dataset
        What ``bin_points`` returns, and ``<name>_count``, int32, the number of points in each cell, and
        ``<name>_error_variance``, float32, the variance of the mean's error: ``error^2 / count``. The attributes
        ``points_read``, ``points_missing`` (NaN), ``points_outside``, ``points_duplicate`` and ``points_used`` count
        the points.

    Raises
    ------
    ValueError
        If there are no parts, if they have several names, lack a coordinate or all lie outside the grid, or if
        ``half_window`` or ``error`` is not positive.
    """
    if not half_window > 0 or (error is not None and not error > 0):
        raise ValueError(
            f"half_window = {half_window}, error = {error}: both must be positive; half a step is one's own cell"
        )
    dims = [str(d) for d in grid.dims]
    cells = CellSums(tuple(grid.sizes[d] for d in dims), dims.index(find_axes(grid).time), half_window)
    known = DuplicateFilter(dedup_window)
    name = ""
    attrs: dict[str, object] = {}
    report = dict.fromkeys(("read", "missing", "outside", "duplicate", "used"), 0)
    last = None
    for part in parts:
        points = _flat(part, dims)
        if name not in ("", str(part.name)):
            raise ValueError(
                f"a part is called {part.name!r}, the first one {name!r}; give all parts one name with rename"
            )
        name, attrs = str(part.name), attrs or {str(k): v for k, v in part.attrs.items()}
        where = _positions(points, grid, dims)
        near = cells.covers(where)
        fresh = known.first_seen(where[:, near])
        taken = np.flatnonzero(near)[fresh]
        used = int(cells.add(where[:, taken], points.values[taken].astype(np.float64)).sum())
        report["read"] += part.size
        report["missing"] += part.size - points.size
        report["outside"] += points.size - int(near.sum()) + taken.size - used
        report["duplicate"] += int((~fresh).sum())
        report["used"] += used
        last = points if points.size else last
    if not name:
        raise ValueError("there are no parts to grid; give an iterable of DataArrays, such as [points]")
    if last is not None and report["used"] == 0:
        raise ValueError(_nothing_inside(last, grid, dims))
    maps = _maps(cells, grid, dims, name, attrs)
    units = str(attrs.get("units", ""))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (cells.variance_within() if error is None else error**2) / cells.count.reshape(cells.shape)
    maps[f"{name}_count"] = (dims, cells.count.reshape(cells.shape).astype(np.int32))
    maps[f"{name}_count"].attrs = {"units": "1", "long_name": "number of measurements in the cell"}
    maps[f"{name}_error_variance"] = (dims, np.where(np.isfinite(variance), variance, np.nan).astype(np.float32))
    maps[f"{name}_error_variance"].attrs = {
        "units": f"({units})2" if units else "1",
        "long_name": "variance of the error of the mean of the measurements in the cell",
    }
    ancillary = maps[name].attrs["ancillary_variables"]
    maps[name].attrs["ancillary_variables"] = f"{ancillary} {name}_count {name}_error_variance"
    return maps.assign_attrs({f"points_{key}": number for key, number in report.items()})


def _flat(values: xr.DataArray, dims: list[str]) -> xr.DataArray:
    """Return the measurements that are there on one dimension, with the coordinates of the grid's dimensions."""
    if values.name is None:
        raise ValueError("the points have no name to call the maps by; give one with points.rename('ssh_obs')")
    missing = [d for d in dims if d not in values.coords]
    if missing:
        raise ValueError(f"the points lack the coordinates {missing}; add them with points.assign_coords(...)")
    bare = values.drop_vars(list(values.coords))
    places = [values[d].drop_vars(list(values[d].coords)) for d in dims]
    flat, *coords = (array.values.ravel() for array in xr.broadcast(bare, *places))
    there = pd.notnull(flat) & np.all([pd.notnull(c) for c in coords], axis=0)
    laid = {d: ("point", c[there]) for d, c in zip(dims, coords, strict=True)}
    return xr.DataArray(flat[there], dims="point", coords=laid, name=values.name)


def _positions(points: xr.DataArray, grid: xr.Dataset | xr.DataArray, dims: list[str]) -> np.ndarray:
    return np.stack([fractional_index(grid, d, points) for d in dims])


def _maps(
    cells: CellSums, grid: xr.Dataset | xr.DataArray, dims: list[str], name: str, attrs: dict[str, object]
) -> xr.Dataset:
    """Return the means and offsets of the cells as maps."""
    # Towards growing coordinates, so that turning an axis round (latitude running down) leaves them true.
    growing = [-1 if grid.sizes[d] > 1 and grid[d].values[0] > grid[d].values[-1] else 1 for d in dims]
    gridded = xr.Dataset({name: (dims, cells.mean().astype(np.float32))}, coords={d: grid[d] for d in dims})
    for i, d in enumerate(dims):
        long_name = f"mean position along {d} of the measurements in the cell, from its centre, in cells"
        offset = (growing[i] * cells.offset(i)).astype(np.float32)
        gridded[f"{name}_offset_{d}"] = (dims, offset, {"units": "1", "long_name": long_name})
    gridded[name].attrs = {**attrs, "ancillary_variables": " ".join(f"{name}_offset_{d}" for d in dims)}
    return gridded


def _nothing_inside(points: xr.DataArray, grid: xr.Dataset | xr.DataArray, dims: list[str]) -> str:
    spans = "; ".join(
        f"{d} {points[d].values.min()} to {points[d].values.max()}, grid {grid[d].values[0]} to {grid[d].values[-1]}"
        for d in dims
    )
    return (
        f"none of the {points.size} points lies on the grid ({spans}). If only the longitudes' convention differs: "
        "points.assign_coords(lon=(points.lon + 180) % 360 - 180)"
    )


def add_gridded_observations(ds: xr.Dataset, tracks: xr.Dataset | None, names: Sequence[str], axes: Axes) -> xr.Dataset:
    """Return ``ds`` with the variables it lacks, as means of the measurements of ``tracks`` in each cell.

    Parameters
    ----------
    ds : xr.Dataset
        Holds the grid's coordinates; never changed.
    tracks : xr.Dataset, optional
        Measurements along one dimension.
    names : sequence of str
        Observed variables; those that neither holds are left to be missed by name.
    axes : Axes
        Dimensions of the grid.
    """
    if tracks is None:
        return ds
    grid = xr.Dataset(coords={d: ds[d] for d in axes.dims})
    for name in names:
        if name not in ds.variables and name in tracks.variables:
            ds = ds.assign(bin_points(tracks.set_coords(list(axes.dims))[name], grid).data_vars)
    return ds
