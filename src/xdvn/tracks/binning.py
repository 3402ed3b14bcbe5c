"""Binning of scattered measurements to a grid: cell means and the mean position in each cell.

Each cell of a (time, y, x) grid contains the mean of its points, or NaN. Variables ``<name>_offset_<dim>`` are their
mean position relative to the centre, in cells, for observation operators. A cell extends half a step to either side of
its coordinate, also in time: a day with the time 12:00 is the calendar day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.grid.axes import Axes, find_axes
from xdvn.grid.coordinates import LongitudeShift
from xdvn.grid.steps import fractional_index
from xdvn.tracks.cells import CellSums
from xdvn.tracks.duplicates import DuplicateFilter

__all__ = ["add_gridded_observations", "bin_files", "bin_points"]


def bin_points(values: xr.DataArray, grid: xr.Dataset | xr.DataArray) -> xr.Dataset:
    """Average scattered points in the cells of a grid.

    Parameters
    ----------
    values : xr.DataArray
        Measurements with a name and a coordinate for every dimension of the grid, along tracks or in swaths.
        Coordinates may have only some dimensions of the measurements. NaN are skipped.
    grid : xr.Dataset or xr.DataArray
        Object with the evenly spaced coordinates of the grid, in the order of its dimensions. Its longitudes and
        those of the measurements may be in different conventions.

    Returns
    -------
    xr.Dataset
        ``<name>``, float32, and ``<name>_offset_<dim>`` for each dimension, float32 from -0.5 to 0.5, positive towards
        larger coordinates; NaN in cells without points. It has the coordinates of the grid and the attributes of the
        measurements.

    Raises
    ------
    ValueError
        If the points have no name, lack a coordinate, or are all outside the grid.

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
    if shift := _to_contiguous(grid, dims):
        return shift.undo(bin_points(values, shift.apply(_coordinates(grid))), grid[shift.dim])
    points = _flat(values, dims)
    cells = CellSums(tuple(grid.sizes[d] for d in dims))
    is_used = cells.add(_positions(points, grid, dims), points.values.astype(np.float64))
    if points.size and not is_used.any():
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

    Only sums over cells are stored, about 50 bytes per cell. Duplicates (same position and time) are skipped, in the
    same file and among the last ``dedup_window`` points of earlier files, because files of consecutive days overlap.

    Parameters
    ----------
    parts : iterable of xr.DataArray
        Measurements as in ``bin_points``, all with one name. The generator
        ``(xdvn.readers.read(path)["ssh"] for path in paths)`` opens one file at a time.
    grid : xr.Dataset or xr.DataArray
        As in ``bin_points``.
    half_window : float
        Half width of the time window of each cell [steps]. Above 0.5, windows overlap and a point counts for several
        times.
    error : float, optional
        Standard deviation of the error of a measurement [units of the values]. If None, it is estimated from the
        scatter within cells, which includes noise and sub-grid variability.
    dedup_window : int
        Number of recent points searched for duplicates; 8 bytes per point.

    Returns
    -------
    xr.Dataset
        As in ``bin_points``, with ``<name>_count``, int32, the number of points in each cell, and
        ``<name>_error_variance``, float32, the error variance of the mean, ``error^2 / count``. The attributes
        ``points_read``, ``points_missing`` (NaN), ``points_outside``, ``points_duplicate`` and ``points_used`` count
        the points.

    Raises
    ------
    ValueError
        If there are no parts, they have several names, lack a coordinate or are all outside the grid, or
        ``half_window`` or ``error`` is not positive.
    """
    if not half_window > 0 or (error is not None and not error > 0):
        raise ValueError(
            f"half_window={half_window}, error={error}: expected positive values. Use half_window=0.5 for one cell"
        )
    dims = [str(d) for d in grid.dims]
    if shift := _to_contiguous(grid, dims):
        cell_means = bin_files(
            parts, shift.apply(_coordinates(grid)), half_window=half_window, error=error, dedup_window=dedup_window
        )
        return shift.undo(cell_means, grid[shift.dim])
    cells = CellSums(tuple(grid.sizes[d] for d in dims), dims.index(find_axes(grid).time), half_window)
    duplicates = DuplicateFilter(dedup_window)
    name = ""
    attrs: dict[str, object] = {}
    counts = dict.fromkeys(("read", "missing", "outside", "duplicate", "used"), 0)
    last = None
    for part in parts:
        points = _flat(part, dims)
        if name not in ("", str(part.name)):
            raise ValueError(
                f"a part has the name {part.name!r}, the first one {name!r}: expected one. Use part.rename({name!r})"
            )
        name, attrs = str(part.name), attrs or {str(k): v for k, v in part.attrs.items()}
        positions = _positions(points, grid, dims)
        is_inside = cells.covers(positions)
        is_new = duplicates.first_seen(positions[:, is_inside])
        selected = np.flatnonzero(is_inside)[is_new]
        n_used = int(cells.add(positions[:, selected], points.values[selected].astype(np.float64)).sum())
        counts["read"] += part.size
        counts["missing"] += part.size - points.size
        counts["outside"] += points.size - int(is_inside.sum()) + selected.size - n_used
        counts["duplicate"] += int((~is_new).sum())
        counts["used"] += n_used
        last = points if points.size else last
    if not name:
        raise ValueError("parts is empty: expected an iterable of DataArrays. Use parts=[points]")
    if last is not None and counts["used"] == 0:
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
    return maps.assign_attrs({f"points_{key}": number for key, number in counts.items()})


def add_gridded_observations(ds: xr.Dataset, tracks: xr.Dataset | None, names: Sequence[str], axes: Axes) -> xr.Dataset:
    """Return ``ds`` with its missing variables, as cell means of the measurements in ``tracks``.

    Parameters
    ----------
    ds : xr.Dataset
        Dataset with the coordinates of the grid; not modified.
    tracks : xr.Dataset, optional
        Measurements on one dimension.
    names : sequence of str
        Observed variables. Names in neither Dataset are skipped.
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


def _to_contiguous(grid: xr.Dataset | xr.DataArray, dims: list[str]) -> LongitudeShift | None:
    return next((shift for d in dims if (shift := LongitudeShift.contiguous(grid, d))), None)


def _coordinates(grid: xr.Dataset | xr.DataArray) -> xr.Dataset:
    return xr.Dataset(coords={d: grid[d] for d in grid.dims})


def _flat(values: xr.DataArray, dims: list[str]) -> xr.DataArray:
    """Return the finite measurements on one dimension, with coordinates of the dimensions of the grid."""
    if values.name is None:
        raise ValueError("the points have no name: expected one for the maps. Use points.rename('ssh_obs')")
    missing = [d for d in dims if d not in values.coords]
    if missing:
        raise ValueError(f"the points lack the coordinates {missing}. Add them with points.assign_coords(...)")
    bare = values.drop_vars(list(values.coords))
    places = [values[d].drop_vars(list(values[d].coords)) for d in dims]
    flat, *coords = (array.values.ravel() for array in xr.broadcast(bare, *places))
    is_finite = pd.notnull(flat) & np.all([pd.notnull(c) for c in coords], axis=0)
    point_coords = {d: ("point", c[is_finite]) for d, c in zip(dims, coords, strict=True)}
    return xr.DataArray(flat[is_finite], dims="point", coords=point_coords, name=values.name)


def _positions(points: xr.DataArray, grid: xr.Dataset | xr.DataArray, dims: list[str]) -> np.ndarray:
    return np.stack([fractional_index(grid, d, points) for d in dims])


def _maps(
    cells: CellSums, grid: xr.Dataset | xr.DataArray, dims: list[str], name: str, attrs: dict[str, object]
) -> xr.Dataset:
    """Return the means and offsets of the cells as maps."""
    # Positive towards larger coordinates, so that offsets remain correct if an axis is reversed.
    direction = [-1 if grid.sizes[d] > 1 and grid[d].values[0] > grid[d].values[-1] else 1 for d in dims]
    gridded = xr.Dataset({name: (dims, cells.mean().astype(np.float32))}, coords={d: grid[d] for d in dims})
    for i, d in enumerate(dims):
        long_name = f"mean position along {d} of the measurements in the cell, from its centre, in cells"
        offset = (direction[i] * cells.offset(i)).astype(np.float32)
        gridded[f"{name}_offset_{d}"] = (dims, offset, {"units": "1", "long_name": long_name})
    gridded[name].attrs = {**attrs, "ancillary_variables": " ".join(f"{name}_offset_{d}" for d in dims)}
    return gridded


def _nothing_inside(points: xr.DataArray, grid: xr.Dataset | xr.DataArray, dims: list[str]) -> str:
    spans = "; ".join(
        f"{d} {points[d].values.min()} to {points[d].values.max()}, grid {grid[d].values[0]} to {grid[d].values[-1]}"
        for d in dims
    )
    return f"none of the {points.size} points is on the grid ({spans}). Select the same period and region"
