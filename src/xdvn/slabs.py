"""Training on a record that does not fit into memory: some weeks of it at a time.

An epoch goes through slabs of days in a new order, and through the windows of each in a new order; only one slab is in
memory. Neighbouring slabs share the days of a window less one, so that no window is left out. Windows that are never
seen together in memory are not mixed within a batch, which is all that differs from a record in memory. Called by
``fit`` for dask-backed Datasets that are large.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from xdvn.batching import TrainingWindows
from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.losses import Sample
from xdvn.grid.familiar import Familiar
from xdvn.grid.holdout import Holdout
from xdvn.grid.numbers import check_finite
from xdvn.grid.packed import Packed
from xdvn.grid.spec import GridSpec
from xdvn.grid.streaming import slabs

__all__ = ["Slabs", "fits_in_memory", "in_memory"]

_CELLS = 4_000_000
"""Cells of a slab: at about 60 bytes a cell, observations and truth, a quarter of a gigabyte."""


def fits_in_memory(ds: xr.Dataset, names: Sequence[tuple[str, str]], cells: int = 4 * _CELLS) -> bool:
    """Whether a record is small, or in memory already."""
    known = [ds[n] for pair in names for n in pair if n in ds.variables]
    return not any(da.chunks and da.size > cells for da in known)


def in_memory(ds: xr.Dataset, names: Sequence[tuple[str, str]]) -> xr.Dataset:
    """Return a record that fits in memory as NumPy arrays, and a longer one as it is."""
    lazy = any(da.chunks for da in ds.variables.values())
    return ds.compute() if lazy and fits_in_memory(ds, names) else ds


@dataclass
class Slabs:
    """The windows of a long record, slab by slab.

    Parameters
    ----------
    ds : xr.Dataset
        Observations, truth and covariates on dask arrays.
    names : sequence of (str, str)
        Observed variable and truth, one pair for each variable.
    spec : GridSpec
        Windows and statistics.
    split : Holdout
        Days that train and days that validate.
    batch_size : int
        Windows in a batch.
    augmentation : AbstractAugmentation, optional
        Transformation of training samples.
    valid : xr.DataArray, optional
        Booleans, True at sea.
    cells : int
        Cells of a slab.
    """

    ds: xr.Dataset
    names: Sequence[tuple[str, str]]
    spec: GridSpec
    split: Holdout
    batch_size: int
    augmentation: AbstractAugmentation | None = None
    valid: xr.DataArray | None = None
    cells: int = _CELLS
    familiar: Familiar = field(init=False)
    sample: Packed = field(init=False)

    def __post_init__(self) -> None:
        self._train: list[slice] = []
        self._counts: list[int] = []
        seen: list[Familiar] = []
        for days in self._cut(self.split.train):
            part, packed, target = self._load(days)
            try:
                windows = self._windows(packed, target)
            except ValueError:  # not one observation in these days
                continue
            names = [v.obs for v in self.spec.variables]
            seen.append(Familiar.measure(part, names, packed, target, self.spec.axes, self.spec.patch[0]))
            self.sample = packed if not self._train else self.sample
            self._train.append(days)
            self._counts.append(windows.batches_per_epoch)
        if not seen:
            raise ValueError("no training window holds an observation; check the mask and the period")
        self.familiar = Familiar.together(seen)

    def default_epochs(self, updates: int) -> int:
        """Return how many epochs make about so many updates."""
        return max(1, round(updates / sum(self._counts)))

    def updates(self, epochs: int) -> int:
        """Return how many batches so many epochs have."""
        return epochs * sum(self._counts)

    def training(self, epochs: int, rng: np.random.Generator) -> Iterator[Iterator[Sample]]:
        """Yield the batches of each epoch: slabs shuffled, and the windows in each."""
        # Drawn before anything is read, so that skipping an epoch costs nothing.
        return (self._epoch(rng.permutation(len(self._train)), rng.integers(2**31, size=2)) for _ in range(epochs))

    def validation(self) -> Iterator[Sample]:
        """Yield the validation batches in order."""
        if self.split.validation is not None:
            for days in self._cut(self.split.validation, overlap=0):
                _, packed, target = self._load(days)
                if packed.days.any():
                    yield from self._windows(packed, target, validates=True).validation()

    def _epoch(self, order: np.ndarray, seeds: np.ndarray) -> Iterator[Sample]:
        for i in order:
            _, packed, target = self._load(self._train[i])
            rng = np.random.default_rng([*seeds.tolist(), int(i)])
            yield from self._windows(packed, target).training(rng)

    def _cut(self, days: slice, overlap: int | None = None) -> list[slice]:
        patch, n = self.spec.patch[0], days.stop - days.start
        space = int(np.prod([self.ds.sizes[d] for d in self.spec.axes.space])) * len(self.names)
        shared = patch - 1 if overlap is None else overlap
        cut = slabs(n, space, self.cells, 2 * patch, shared)
        # The last one reaches back, so that it holds a window.
        return [slice(days.start + max(0, min(s.start, s.stop - patch)), days.start + s.stop) for s in cut]

    def _load(self, days: slice) -> tuple[xr.Dataset, Packed, np.ndarray]:
        part = self.ds.isel({self.spec.axes.time: days}).compute()
        self.spec.check_values(part)
        for _, true in self.names:
            check_finite(part[true], "truth")
        return part, self.spec.pack(part, self.valid), self.spec.normalised(part, [true for _, true in self.names])

    def _windows(self, packed: Packed, target: np.ndarray, validates: bool = False) -> TrainingWindows:
        every = slice(0, packed.values.shape[1])
        split = Holdout(every, every if validates else None)
        return TrainingWindows(packed, target, None, split, self.spec.patch, self.batch_size, self.augmentation)
