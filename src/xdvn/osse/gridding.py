"""From scattered measurements to the gappy maps that networks read.

Each cell of a (time, y, x) grid gets the mean of the points in it, or NaN, and the mean position of these points
relative to its centre, in cells: variables ``<name>_offset_<dim>``. A cell reaches half a step to either side of its
coordinate, in time too, so a day stamped 12:00 is the calendar day. With the offsets an observation operator can read
a map where the satellite was instead of at the centre. Called by ``Twin``, and by you on real tracks.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.grid.axes import fractional_index

__all__ = ["grid_points"]


def grid_points(values: xr.DataArray, grid: xr.Dataset | xr.DataArray) -> xr.Dataset:
    """Average scattered points in the cells of a grid.

    Parameters
    ----------
    values : xr.DataArray
        Measurements on one dimension, named, with a coordinate for every dimension of the grid. NaN are left out.
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
    >>> cells = grid_points(points, grid)
    >>> float(cells.ssh[0, 0, 1]), round(float(cells.ssh_offset_lat[0, 0, 1]), 3)
    (2.0, 0.05)
    """
    if values.name is None:
        raise ValueError("the points have no name to call the maps by; give one with points.rename('ssh_obs')")
    dims = [str(d) for d in grid.dims]
    missing = [d for d in dims if d not in values.coords]
    if missing:
        raise ValueError(f"the points lack the coordinates {missing}; add them with points.assign_coords(...)")
    measured = values[values.notnull().values]
    shape = tuple(grid.sizes[d] for d in dims)
    where = np.stack([fractional_index(grid, d, measured) for d in dims])
    cell = np.floor(where + 0.5).astype(np.int64)
    inside = np.all((cell >= 0) & (cell < np.array(shape)[:, None]), axis=0)
    if measured.size and not inside.any():
        raise ValueError(_nothing_inside(measured, grid, dims))
    flat = np.ravel_multi_index(tuple(cell[:, inside]), shape)
    count = np.bincount(flat, minlength=int(np.prod(shape)))

    def cell_mean(of_points: np.ndarray) -> tuple[list[str], np.ndarray]:
        total = np.bincount(flat, weights=of_points[inside], minlength=count.size)
        mean = np.divide(total, count, out=np.full(count.size, np.nan), where=count > 0)
        return dims, mean.reshape(shape).astype(np.float32)

    name = str(values.name)
    # Towards growing coordinates, so that turning an axis round (latitude running down) leaves them true.
    growing = [-1 if grid.sizes[d] > 1 and grid[d].values[0] > grid[d].values[-1] else 1 for d in dims]
    offsets = {f"{name}_offset_{d}": g * (w - c) for d, g, w, c in zip(dims, growing, where, cell, strict=True)}
    gridded = xr.Dataset(
        {name: cell_mean(measured.values.astype(np.float64))} | {k: cell_mean(v) for k, v in offsets.items()},
        coords={d: grid[d] for d in dims},
    )
    gridded[name].attrs = {**values.attrs, "ancillary_variables": " ".join(offsets)}
    for d, key in zip(dims, offsets, strict=True):
        long_name = f"mean position along {d} of the measurements in the cell, from its centre, in cells"
        gridded[key].attrs = {"units": "1", "long_name": long_name}
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
