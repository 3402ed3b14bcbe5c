"""A reconstruction that dask carries out: lazy, block by block, on threads here or on a cluster's workers.

Each block of the map is one task. It is given the part of the observations that its windows read, and the network,
which is a task's result of its own and so reaches every worker once. If a worker dies, its blocks are computed again
elsewhere; a block depends on nothing but its input. Called by ``Model.reconstruct`` for dask-backed Datasets.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import dask
import dask.array
import numpy as np
import xarray as xr

from xdvn.grid.blocks import Block, blocks
from xdvn.grid.patches import Patcher
from xdvn.grid.spacing import descending
from xdvn.solving import Solving

__all__ = ["in_blocks", "part_of"]


def in_blocks(
    solving: Solving, ds: xr.Dataset, guess: xr.Dataset | None, patcher: Patcher, sizes: Sequence[int]
) -> Any:
    """Return the lazy maps of ``ds``.

    Parameters
    ----------
    solving : Solving
        What every block needs.
    ds : xr.Dataset
        Observations and covariates, dask-backed.
    guess : xr.Dataset, optional
        First guesses.
    patcher : Patcher
        Windows of the whole field.
    sizes : sequence of int
        Steps of (time, *space) that a block maps.

    Returns
    -------
    dask.array.Array
        (field, time, *space) float32, one chunk for each block; fields as of ``Solving.solve``.
    """
    counts, parts = blocks(patcher, sizes)
    ds = _needed(solving, ds)
    # A name of its own for every call: on a cluster, equal names mean equal results.
    worker = dask.delayed(solving, name=f"xdvn-solving-{uuid.uuid4().hex}", traverse=False)
    n = solving.n_fields()
    solved = []
    for block in parts:
        mine = part_of(ds, solving, block)
        first = None if guess is None else part_of(guess, solving, block)
        task = dask.delayed(_map, pure=False)(worker, mine, first, _Whole(block))
        solved.append(dask.array.from_delayed(task, (n, *block.shape), np.float32))
    return dask.array.block(_nested(solved, counts))


def part_of(ds: xr.Dataset, solving: Solving, block: Block) -> xr.Dataset:
    """Return the part of ``ds`` that a block reads; rows may go on over the end of a circle."""
    template = ds[solving.spec.variables[0].obs] if solving.spec.variables[0].obs in ds else ds
    picked: dict[str, Any] = {}
    for dim, index in zip(solving.spec.axes.dims, block.reads, strict=True):
        if dim != solving.spec.axes.time and descending(template, dim):
            index = ds.sizes[dim] - 1 - index[::-1]
        even = index[-1] - index[0] == index.size - 1
        picked[dim] = slice(int(index[0]), int(index[-1]) + 1) if even else index
    return ds.isel(picked)


class _Whole:
    """Keeps dask from looking for tasks inside a block."""

    def __init__(self, block: Block) -> None:
        self.block = block


def _map(solving: Solving, ds: xr.Dataset, guess: xr.Dataset | None, whole: _Whole) -> np.ndarray:
    return solving.map(ds, guess, whole.block)


def _needed(solving: Solving, ds: xr.Dataset) -> xr.Dataset:
    """Return ``ds`` without fields on all its axes that no block is packed from."""
    spec = solving.spec
    names = {getattr(c, "name", None) for c in spec.covariates}
    for variable in spec.variables:
        names |= {variable.obs, variable.obs_error, *(f"{variable.obs}_offset_{d}" for d in spec.axes.space)}
    return ds[[v for v, da in ds.data_vars.items() if v in names or not set(spec.axes.dims) <= set(da.dims)]]


def _nested(solved: Sequence[Any], counts: Sequence[int]) -> list[Any]:
    """Return blocks in C order as the nested lists of ``dask.array.block``."""
    if len(counts) == 1:
        return list(solved)
    each = len(solved) // counts[0]
    return [_nested(solved[i : i + each], counts[1:]) for i in range(0, len(solved), each)]
