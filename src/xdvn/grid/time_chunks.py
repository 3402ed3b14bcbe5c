"""Chunks of data larger than memory. Data in memory are read as one chunk."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes

__all__ = ["iter_time_chunks", "split_time", "with_one_chunking"]

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


def with_one_chunking(ds: xr.Dataset) -> xr.Dataset:
    """Return ``ds`` with the chunks of its first lazy variable in all lazy variables, as ``ds.chunks`` requires.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros(6), dims="time")
    >>> ds = with_one_chunking(xr.Dataset({"ssh": da.chunk(time=3), "flag": da.chunk(time=2), "bare": da}))
    >>> dict(ds.chunks), ds.bare.chunks
    ({'time': (3, 3)}, None)
    """
    lazy = {name: v for name, v in ds.variables.items() if v.chunks}
    sizes: dict[Hashable, tuple[int, ...]] = {}
    for name in sorted(lazy, key=lambda n: n not in ds.data_vars):
        sizes = {**lazy[name].chunksizes, **sizes}
    changed = {n: {d: sizes[d] for d in v.dims if v.chunksizes[d] != sizes[d]} for n, v in lazy.items()}
    changed = {n: chunks for n, chunks in changed.items() if chunks}
    coords = {n: ds[n].chunk(chunks) for n, chunks in changed.items() if n in ds.coords}
    ds = ds.assign_coords(coords) if coords else ds
    return ds.assign({n: ds[n].chunk(chunks) for n, chunks in changed.items() if n not in ds.coords})
