"""Along-track measurements in the cells of the grid too, where only the tracks are given.

A network is fed the measurements at their own places, but first guesses, flags and the search for sea look at cells.
``fit`` and ``Model.reconstruct`` call this, so that a Dataset need not hold what its tracks can tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.osse.gridding import grid_points

__all__ = ["with_cells"]


def with_cells(ds: xr.Dataset, tracks: xr.Dataset | None, names: Sequence[str], axes: Axes) -> xr.Dataset:
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
            ds = ds.assign(grid_points(tracks.set_coords(list(axes.dims))[name], grid).data_vars)
    return ds
