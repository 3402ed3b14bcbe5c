"""Time chunks of data larger than memory. Data in memory are read as one chunk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes

__all__ = ["iter_time_chunks", "split_time"]

_CELLS = 4_000_000


def iter_time_chunks(da: xr.DataArray, axes: Axes, cells: int = _CELLS) -> Iterator[np.ndarray]:
    """Yield ``da`` as float64 (time, *space): dask arrays in time chunks of at most ``cells`` cells, others whole.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((5, 2)), dims=("time", "x"))
    >>> [p.shape for p in iter_time_chunks(da, Axes("time", ("x",)))]
    [(5, 2)]
    >>> [p.shape for p in iter_time_chunks(da.chunk(time=1), Axes("time", ("x",)), cells=4)]
    [(2, 2), (2, 2), (1, 2)]
    """
    da = da.transpose(*axes.dims)
    days = (
        split_time(da.sizes[axes.time], da.size // max(1, da.sizes[axes.time]), cells) if da.chunks else [slice(None)]
    )
    for part in days:
        yield np.asarray(da.isel({axes.time: part}).values, np.float64)


def split_time(n: int, space: int, cells: int = _CELLS, least: int = 1, overlap: int = 0) -> list[slice]:
    """Return slices of ``n`` time steps of ``space`` cells, each with at most ``cells`` cells or ``least`` steps.

    Examples
    --------
    >>> split_time(10, 100, 500)
    [slice(0, 5, None), slice(5, 10, None)]
    >>> split_time(10, 100, 500, overlap=2)
    [slice(0, 5, None), slice(3, 8, None), slice(6, 10, None)]
    """
    length = max(least, cells // max(1, space), 1 + overlap)
    firsts = range(0, max(1, n - overlap), length - overlap)
    return [slice(first, min(first + length, n)) for first in firsts]
