"""Reading a record piece by piece, so that one larger than memory can be measured.

What is in memory already is one piece, so that statistics of it do not depend on this file. Called for the mean, the
spread and the coast of training data.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes

__all__ = ["pieces", "slabs"]

_CELLS = 4_000_000


def pieces(da: xr.DataArray, axes: Axes, cells: int = _CELLS) -> Iterator[np.ndarray]:
    """Yield ``da`` as float64 (time, *space), some days at a time where dask holds it, else whole.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((5, 2)), dims=("time", "x"))
    >>> [p.shape for p in pieces(da, Axes("time", ("x",)))]
    [(5, 2)]
    >>> [p.shape for p in pieces(da.chunk(time=1), Axes("time", ("x",)), cells=4)]
    [(2, 2), (2, 2), (1, 2)]
    """
    da = da.transpose(*axes.dims)
    days = slabs(da.sizes[axes.time], da.size // max(1, da.sizes[axes.time]), cells) if da.chunks else [slice(None)]
    for part in days:
        yield np.asarray(da.isel({axes.time: part}).values, np.float64)


def slabs(n: int, space: int, cells: int = _CELLS, least: int = 1, overlap: int = 0) -> list[slice]:
    """Cut ``n`` steps of ``space`` cells into slices of at most ``cells``, but no shorter than ``least`` steps.

    Examples
    --------
    >>> slabs(10, 100, 500)
    [slice(0, 5, None), slice(5, 10, None)]
    >>> slabs(10, 100, 500, overlap=2)
    [slice(0, 5, None), slice(3, 8, None), slice(6, 10, None)]
    """
    length = max(least, cells // max(1, space), 1 + overlap)
    firsts = range(0, max(1, n - overlap), length - overlap)
    return [slice(first, min(first + length, n)) for first in firsts]
