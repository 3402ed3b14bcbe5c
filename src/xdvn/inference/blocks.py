"""A field as blocks: one block in memory, or many that dask computes on threads or on a cluster's workers.

Each block of a lazy map is one task. It receives the part of the observations that its windows read, and the network,
which is the result of a separate task and so reaches every worker once. If a worker dies, its blocks are computed
again elsewhere; a block depends on nothing but its input.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import dask
import dask.array
import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.grid.blocks import Block, blocks
from xdvn.grid.coordinates import is_descending
from xdvn.inference.prepare import PreparedField
from xdvn.inference.solve import WindowSolver

__all__ = ["SolvingBar", "reconstruct_blocks", "slice_block"]


def reconstruct_blocks(field: PreparedField, sizes: Sequence[int], progress: bool = True) -> Any:
    """Return the maps of a field, computed if it is in memory, lazy if it is dask-backed.

    Parameters
    ----------
    field : PreparedField
        The field and its network.
    sizes : sequence of int
        Steps of (time, *space) that a block of a lazy field maps.
    progress : bool
        Show a bar for a field in memory.

    Returns
    -------
    numpy.ndarray or dask.array.Array
        (field, time, *space) float32, one chunk for each block; fields as of ``WindowSolver.map_block``.
    """
    solver = field.solver
    if not field.is_lazy:
        block = Block.whole(field.patcher)
        with SolvingBar(len(block.starts), progress) as bar:
            return solver.map_block(field.ds, field.first_guess, block, bar.update)
    counts, parts = blocks(field.patcher, sizes)
    ds, guess = _needed(solver, field.ds), field.first_guess_maps()
    # A unique name for every call: on a cluster, equal names mean equal results.
    worker = dask.delayed(solver, name=f"xdvn-solver-{uuid.uuid4().hex}", traverse=False)
    n = solver.n_fields()
    solved = []
    for block in parts:
        own = slice_block(ds, solver, block)
        first = None if guess is None else slice_block(guess, solver, block)
        task = dask.delayed(_map_block, pure=False)(worker, own, first, _Whole(block))
        solved.append(dask.array.from_delayed(task, (n, *block.shape), np.float32))
    return dask.array.block(_nested(solved, counts))


def slice_block(ds: xr.Dataset, solver: WindowSolver, block: Block) -> xr.Dataset:
    """Return the part of ``ds`` that a block reads; rows may continue over the end of a periodic axis."""
    template = ds[solver.spec.variables[0].obs] if solver.spec.variables[0].obs in ds else ds
    picked: dict[str, Any] = {}
    for dim, index in zip(solver.spec.axes.dims, block.reads, strict=True):
        if dim != solver.spec.axes.time and is_descending(template, dim):
            index = ds.sizes[dim] - 1 - index[::-1]
        even = index[-1] - index[0] == index.size - 1
        picked[dim] = slice(int(index[0]), int(index[-1]) + 1) if even else index
    return ds.isel(picked)


class SolvingBar:
    """A progress bar that counts windows, for a ``with`` statement.

    Parameters
    ----------
    total : int
        Windows in all.
    show : bool
        Whether anything is shown.
    """

    def __init__(self, total: int, show: bool) -> None:
        self._bar = tqdm(total=total, desc="compiling", unit="window", disable=not show, leave=False)

    def __enter__(self) -> SolvingBar:
        return self

    def __exit__(self, *stopped: object) -> None:
        self._bar.close()

    def update(self, n: int) -> None:
        """Count ``n`` windows."""
        self._bar.set_description("reconstruct", refresh=False)
        self._bar.update(n)


class _Whole:
    """A block in which dask does not search for tasks."""

    def __init__(self, block: Block) -> None:
        self.block = block


def _map_block(solver: WindowSolver, ds: xr.Dataset, guess: xr.Dataset | None, whole: _Whole) -> np.ndarray:
    return solver.map_block(ds, guess, whole.block)


def _needed(solver: WindowSolver, ds: xr.Dataset) -> xr.Dataset:
    """Return ``ds`` without fields on all its axes that no block is packed from."""
    spec = solver.spec
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
