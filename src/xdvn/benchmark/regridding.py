"""Maps on whatever grid brought to the grid of a truth, as the data challenge 2020a does it: trilinearly.

What the maps do not reach, such as a margin of half a cell, stays NaN; ``AgainstTruth``, which calls this, fills it
with ``xdvn.grid.filling``. Challenge: doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["onto_grid"]


def onto_grid(maps: xr.DataArray, grid: xr.DataArray) -> xr.DataArray:
    """Interpolate maps linearly to the times, latitudes and longitudes of a grid, NaN where they do not reach.

    Parameters
    ----------
    maps, grid : xr.DataArray
        On (time, lat, lon), in any order.

    Raises
    ------
    ValueError
        If the maps do not cover all times of the grid, or none of its area.
    """
    dims = ("time", "lat", "lon")
    if missing := [d for d in dims if d not in maps.dims]:
        raise ValueError(f"the maps have the dimensions {maps.dims} and lack {missing}; expected {dims}")
    maps = maps.transpose(*dims).sortby(list(dims))
    first, last = (maps["time"].values[i] for i in (0, -1))
    wanted = grid["time"].values
    if first > wanted.min() or last < wanted.max():
        raise ValueError(
            f"the maps go from {first!s:.16} to {last!s:.16}, the scored times from {wanted.min()!s:.16} to "
            f"{wanted.max()!s:.16}: give maps of all of them"
        )
    for dim in dims:
        if not np.array_equal(maps[dim].values, grid[dim].values):
            maps = maps.interp({dim: grid[dim].values}, method="linear")
    if not bool(maps.notnull().any()):
        raise ValueError(
            f"no value of the maps lies in the scored area, latitudes {_span(grid, 'lat')} and longitudes "
            f"{_span(grid, 'lon')}; longitudes from 0 to 360: maps.assign_coords(lon=(maps.lon + 180) % 360 - 180)"
        )
    return maps.assign_coords({d: grid[d] for d in dims})


def _span(grid: xr.DataArray, dim: str) -> str:
    return f"{float(grid[dim].min()):g} to {float(grid[dim].max()):g}"
