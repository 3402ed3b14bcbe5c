"""Interpolation of maps to the grid of a truth and filling of margins, as in the data challenge 2020a.

Margins, such as half a cell at the edges, are filled with the solution of Laplace's equation, in which each cell is the
mean of its four neighbours. The Gauss-Seidel sweeps of the challenge converge to it. Challenge:
doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from xdvn.grid.axes import cell_centres
from xdvn.grid.matching import match_centres

__all__ = ["fill_gaps", "regrid"]


def fill_gaps(maps: xr.DataArray) -> xr.DataArray:
    """Fill NaN smoothly from the surrounding values, independently at each time.

    Parameters
    ----------
    maps : xr.DataArray
        Maps (time, y, x), with at least one value at each time.

    Raises
    ------
    ValueError
        A time has no value.

    Examples
    --------
    >>> plane = np.arange(5.0) + 10 * np.arange(4.0)[:, None]
    >>> gappy = xr.DataArray(plane[None], dims=("time", "y", "x")).where(plane != 22)
    >>> round(float(fill_gaps(gappy)[0, 2, 2]), 9)
    22.0
    """
    values = np.array(maps.values, np.float64)
    gaps = ~np.isfinite(values)
    if empty := np.flatnonzero(gaps.all(axis=(1, 2))).tolist():
        raise ValueError(f"the maps have no value at the times {empty[:5]}: expected at least one. Omit these times.")
    remaining = gaps.any(axis=(1, 2))
    while remaining.any():
        pattern = gaps[np.argmax(remaining)]
        alike = remaining & (gaps == pattern).all(axis=(1, 2))
        values[np.ix_(alike, *map(np.arange, pattern.shape))] = _solve_laplace(values[alike], pattern)
        remaining &= ~alike
    return maps.copy(data=values)


def _solve_laplace(fields: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Solve for the unknown cells, which are the same for all fields (time, y, x)."""
    rows, columns = unknown.shape
    number = np.cumsum(unknown).reshape(unknown.shape) - 1
    y, x = np.nonzero(unknown)
    index = np.arange(y.size)
    entries, right = [(index, index, np.full(y.size, 4.0))], np.zeros((y.size, len(fields)))
    for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ny, nx = _mirrored(y + dy, rows), _mirrored(x + dx, columns)
        inside = unknown[ny, nx]
        entries.append((index[inside], number[ny[inside], nx[inside]], np.full(int(inside.sum()), -1.0)))
        right[~inside] += fields[:, ny[~inside], nx[~inside]].T
    i, j, weight = (np.concatenate(part) for part in zip(*entries, strict=True))
    solved = splu(csc_matrix((weight, (i, j)), shape=(y.size, y.size))).solve(right)
    filled = fields.copy()
    filled[:, y, x] = solved.T
    return filled


def _mirrored(index: np.ndarray, n: int) -> np.ndarray:
    if n == 1:
        return np.zeros_like(index)
    return np.where(index < 0, 1, np.where(index >= n, n - 2, index))


def regrid(maps: xr.DataArray, grid: xr.DataArray) -> xr.DataArray:
    """Interpolate maps linearly to the times, latitudes and longitudes of a grid, NaN outside the maps.

    Coordinates that differ by rounding alone, below a thousandth of a cell, are those of the same cells. Longitudes may
    differ by 360 degrees.

    Parameters
    ----------
    maps, grid : xr.DataArray
        Fields on (time, lat, lon), in any order.

    Raises
    ------
    ValueError
        The maps do not cover all times of the grid, or are outside its region.
    """
    dims = ("time", "lat", "lon")
    if missing := [d for d in dims if d not in maps.dims]:
        raise ValueError(f"the maps have dimensions {maps.dims} without {missing}: expected {dims}. Rename them.")
    maps = _on_branch_of(grid["lon"], maps.transpose(*dims)).sortby(list(dims))
    first, last = (maps["time"].values[i] for i in (0, -1))
    times = grid["time"].values
    if first > times.min() or last < times.max():
        raise ValueError(
            f"the maps cover {first!s:.16} to {last!s:.16}: expected {times.min()!s:.16} to {times.max()!s:.16}. Pass "
            "maps of all scored times."
        )
    for dim in dims:
        cells = match_centres(cell_centres(maps, dim), cell_centres(grid, dim), tolerance=1e-3)
        if (cells >= 0).all():
            maps = maps.isel({dim: cells}).assign_coords({dim: grid[dim]})
        else:
            maps = maps.interp({dim: grid[dim].values}, method="linear")
    if not bool(maps.notnull().any()):
        raise ValueError(
            f"the maps have no value in the scored region: expected latitudes {_span(grid, 'lat')}, longitudes "
            f"{_span(grid, 'lon')}. Pass maps of that region."
        )
    return maps.assign_coords({d: grid[d] for d in dims})


def _on_branch_of(longitude: xr.DataArray, maps: xr.DataArray) -> xr.DataArray:
    """Return maps with longitudes within 180 degrees of the middle of others."""
    west = 0.5 * float(longitude.min() + longitude.max()) - 180
    own = maps["lon"]
    # Multiples of 360 are exact, a remainder is not.
    return maps.assign_coords(lon=own - 360 * np.floor((own.values - west) / 360))


def _span(grid: xr.DataArray, dim: str) -> str:
    return f"{float(grid[dim].min()):g} to {float(grid[dim].max()):g}"
