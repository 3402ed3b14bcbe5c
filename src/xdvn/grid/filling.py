"""Filling NaN smoothly where something must stand: margins of maps to be scored, land under a spline.

Laplace's equation, in which each filled cell is the mean of its four neighbours and edges mirror; it is what the
Gauss-Seidel sweeps of the data challenge 2020a converge to (doi:10.24400/527896/a01-2020.002). Nothing is learned here:
for gaps that matter there are mappers. Called by ``xdvn.benchmark``.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

__all__ = ["fill_gaps"]


def fill_gaps(maps: xr.DataArray) -> xr.DataArray:
    """Fill NaN smoothly from the values around them, each time by itself.

    Parameters
    ----------
    maps : xr.DataArray
        On (time, y, x), with one value or more at each time.

    Raises
    ------
    ValueError
        If nothing is known at some time.

    Examples
    --------
    >>> plane = np.arange(5.0) + 10 * np.arange(4.0)[:, None]
    >>> holed = xr.DataArray(plane[None], dims=("time", "y", "x")).where(plane != 22)
    >>> round(float(fill_gaps(holed)[0, 2, 2]), 9)
    22.0
    """
    values = np.array(maps.values, np.float64)
    gaps = ~np.isfinite(values)
    if empty := np.flatnonzero(gaps.all(axis=(1, 2))).tolist():
        raise ValueError(f"the maps have no value at all at the times {empty[:5]}; nothing to fill them from")
    left = gaps.any(axis=(1, 2))
    while left.any():
        pattern = gaps[np.argmax(left)]
        alike = left & (gaps == pattern).all(axis=(1, 2))
        values[np.ix_(alike, *map(np.arange, pattern.shape))] = _harmonic(values[alike], pattern)
        left &= ~alike
    return maps.copy(data=values)


def _harmonic(fields: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Solve for the unknown cells of fields (time, y, x) that share them."""
    rows, columns = unknown.shape
    number = np.cumsum(unknown).reshape(unknown.shape) - 1
    y, x = np.nonzero(unknown)
    me = np.arange(y.size)
    entries, right = [(me, me, np.full(y.size, 4.0))], np.zeros((y.size, len(fields)))
    for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ny, nx = _mirrored(y + dy, rows), _mirrored(x + dx, columns)
        inside = unknown[ny, nx]
        entries.append((me[inside], number[ny[inside], nx[inside]], np.full(int(inside.sum()), -1.0)))
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
