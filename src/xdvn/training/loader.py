"""Batches of training and validation windows, from data in memory or read from disk in pieces."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.compilation import inference_jit
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.grid.arrays import EncodedFields, FirstGuess
from xdvn.grid.domain_check import TrainingDomain
from xdvn.grid.patches import Patcher, Target
from xdvn.grid.spec import GridSpec
from xdvn.grid.time_chunks import split_time
from xdvn.grid.time_split import TimeSplit
from xdvn.grid.validation import check_finite
from xdvn.inference.batches import append_covariates, channels_last, make_batch
from xdvn.inference.first_guess import first_guess_from_mapper
from xdvn.mapper import AbstractMapper
from xdvn.training.resampling import AbstractResampling, ObservationSplit, WithholdObservations
from xdvn.training.settings import Training

__all__ = ["WindowLoader", "fits_in_memory", "load_if_small"]

Pairs = Sequence[tuple[str, str]]

_NOTHING_OBSERVED = "no training window has an observation: expected one or more. Check the mask and the period."

_CELLS = 4_000_000
"""Cells of a piece: at about 60 bytes per cell, observations and truth, a quarter of a gigabyte."""


def fits_in_memory(ds: xr.Dataset, pairs: Pairs, cells: int = 4 * _CELLS) -> bool:
    """Return True if the training data are in memory, or small enough to be loaded."""
    variables = [ds[n] for pair in pairs for n in pair if n in ds.variables]
    return not any(da.chunks and da.size > cells for da in variables)


def load_if_small(ds: xr.Dataset, pairs: Pairs) -> xr.Dataset:
    """Return small dask-backed data as NumPy arrays, and larger ones unchanged."""
    lazy = any(da.chunks for da in ds.variables.values())
    return ds.compute() if lazy and fits_in_memory(ds, pairs) else ds


class WindowLoader:
    """Training and validation batches of one Dataset.

    Training data are a list of *realisations* of the observations, each a list of *pieces*: ranges of days whose
    windows are in memory together. Data in memory are one piece. A long dask-backed record has many, loaded one at a
    time.

    An epoch uses the pieces of one realisation, and the windows of each piece, in random order. Neighbouring pieces
    overlap, so that they contain every window. A batch contains windows of one piece.

    Parameters
    ----------
    realisations : sequence of sequence of _Piece
        Pieces of each realisation; epochs cycle through the realisations.
    validation : sequence of callable
        Functions that return validation windows.
    training_domain : TrainingDomain
        Statistics of the training data.
    example : EncodedFields
        Arrays of the data, or of their first piece.
    """

    def __init__(
        self,
        realisations: Sequence[Sequence[_Piece]],
        validation: Sequence[Callable[[], _PieceWindows | None]],
        training_domain: TrainingDomain,
        example: EncodedFields,
    ) -> None:
        self._realisations, self._validation = realisations, validation
        self.training_domain, self.example = training_domain, example

    @classmethod
    def of(
        cls,
        ds: xr.Dataset,
        pairs: Pairs,
        spec: GridSpec,
        split: TimeSplit,
        settings: Training,
        *,
        supervised: bool = True,
        ocean_mask: xr.DataArray | None = None,
        tracks: xr.Dataset | None = None,
        first_guess: AbstractMapper | None = None,
        resampling: AbstractResampling | None = None,
        progress: bool = False,
        cells: int | None = None,
    ) -> WindowLoader:
        """Return the loader for the arguments of ``fit``.

        Raises
        ------
        ValueError
            If no training window has an observation, or an option requires data in memory.
        """
        if cells is None and fits_in_memory(ds, pairs):
            return cls._in_memory(
                ds, pairs, spec, split, settings, supervised, ocean_mask, tracks, first_guess, resampling, progress
            )
        options = {"first_guess=": first_guess, "tracks=": tracks, "resampling=": resampling}
        needs_memory = [name for name, value in options.items() if value is not None]
        if not supervised:
            needs_memory.append("no truth")
        if needs_memory:
            raise ValueError(
                f"{', '.join(needs_memory)}: expected data in memory, got a dask-backed record that is too large. "
                "Load fewer days, as in ds.isel(time=slice(365)).load(), or pass a truth alone."
            )
        return cls._streamed(ds, pairs, spec, split, settings, ocean_mask, _CELLS if cells is None else cells)

    @classmethod
    def _in_memory(
        cls,
        ds: xr.Dataset,
        pairs: Pairs,
        spec: GridSpec,
        split: TimeSplit,
        settings: Training,
        supervised: bool,
        ocean_mask: xr.DataArray | None,
        tracks: xr.Dataset | None,
        first_guess: AbstractMapper | None,
        resampling: AbstractResampling | None,
        progress: bool,
    ) -> WindowLoader:
        seed = settings.seed
        if resampling is None and not supervised:
            resampling = WithholdObservations()
        if resampling is None:
            splits = [ObservationSplit(ds, tracks=tracks)]
        else:
            splits = resampling.realisations(ds, pairs, spec.axes, seed)
            if tracks is not None:
                splits = [
                    resampling.draw_tracks(each, tracks, pairs, spec.axes, seed + i) for i, each in enumerate(splits)
                ]
        target = spec.normalised(ds, [true for _, true in pairs]) if supervised else None
        encode = partial(spec.encode, ocean_mask=ocean_mask)
        # Every other window ends its record, or all of them for near-real-time maps. They are divided among the
        # realisations, because their first guesses are the most expensive part.
        ending = 2 * len(splits) if spec.target is Target.CENTRE else 1
        windows = []
        for each in splits:
            make_guess = None
            if first_guess is not None:
                make_guess = partial(first_guess_from_mapper, first_guess, each.observed, spec, progress=progress)
            observed = encode(each.observed, tracks=each.tracks)
            withheld = None if each.withheld is None else encode(each.withheld, tracks=each.withheld_tracks)
            windows.append(
                _PieceWindows(
                    observed,
                    target,
                    split,
                    spec.patch,
                    settings,
                    first_guess=make_guess,
                    withheld=withheld,
                    ending=ending,
                )
            )
        # One hold-out has few observations; all of them reduce the sampling error of the validation loss.
        validating = windows if splits[0].withheld is not None else windows[:1]
        example = encode(splits[0].observed, tracks=splits[0].tracks)
        names = [v.obs for v in spec.variables]
        domain = TrainingDomain.measure(ds, names, example, target, spec.axes, spec.patch[0])
        pieces = [[_Piece(partial(_unchanged, w), w.batches_per_epoch)] for w in windows]
        return cls(pieces, [partial(_unchanged, w) for w in validating], domain, example)

    @classmethod
    def _streamed(
        cls,
        ds: xr.Dataset,
        pairs: Pairs,
        spec: GridSpec,
        split: TimeSplit,
        settings: Training,
        ocean_mask: xr.DataArray | None,
        cells: int,
    ) -> WindowLoader:
        names = [v.obs for v in spec.variables]
        truths = [true for _, true in pairs]
        space = int(np.prod([ds.sizes[d] for d in spec.axes.space])) * len(pairs)

        def cut(days: slice, shared: int) -> list[slice]:
            patch = spec.patch[0]
            parts = split_time(days.stop - days.start, space, cells, 2 * patch, shared)
            # The last part is extended backwards, so that it holds a window.
            return [slice(days.start + max(0, min(s.start, s.stop - patch)), days.start + s.stop) for s in parts]

        def read(days: slice) -> tuple[xr.Dataset, EncodedFields, np.ndarray]:
            part = ds.isel({spec.axes.time: days}).compute()
            spec.check_values(part)
            for true in truths:
                check_finite(part[true], "truth")
            return part, spec.encode(part, ocean_mask), spec.normalised(part, truths)

        def windows_of(encoded: EncodedFields, target: np.ndarray, validates: bool = False) -> _PieceWindows:
            every = slice(0, encoded.values.shape[1])
            return _PieceWindows(encoded, target, TimeSplit(every, every if validates else None), spec.patch, settings)

        def load(days: slice) -> _PieceWindows:
            _, encoded, target = read(days)
            return windows_of(encoded, target)

        def load_validation(days: slice) -> _PieceWindows | None:
            _, encoded, target = read(days)
            return windows_of(encoded, target, validates=True) if encoded.days.any() else None

        pieces: list[_Piece] = []
        domains: list[TrainingDomain] = []
        example: EncodedFields | None = None
        for days in cut(split.train, spec.patch[0] - 1):
            part, encoded, target = read(days)
            try:
                n_batches = windows_of(encoded, target).batches_per_epoch
            except ValueError:  # not one observation in these days
                continue
            domains.append(TrainingDomain.measure(part, names, encoded, target, spec.axes, spec.patch[0]))
            example = encoded if example is None else example
            pieces.append(_Piece(partial(load, days), n_batches))
        if example is None:
            raise ValueError(_NOTHING_OBSERVED)
        validation = [] if split.validation is None else cut(split.validation, 0)
        return cls(
            [pieces], [partial(load_validation, days) for days in validation], TrainingDomain.together(domains), example
        )

    @property
    def batches_per_epoch(self) -> int:
        """Batches of the first epoch."""
        return sum(piece.n_batches for piece in self._pieces(0))

    def n_batches(self, epochs: int) -> int:
        """Return the number of batches in ``epochs`` epochs."""
        return sum(piece.n_batches for epoch in range(epochs) for piece in self._pieces(epoch))

    def training(self, epochs: int, rng: np.random.Generator) -> Iterator[Iterator[Sample]]:
        """Yield the shuffled batches of each epoch."""
        return (self._epoch(self._pieces(epoch), rng) for epoch in range(epochs))

    def validation(self) -> Iterator[Sample]:
        """Yield the validation batches in order."""
        for load in self._validation:
            if (windows := load()) is not None:
                yield from windows.validation()

    def _pieces(self, epoch: int) -> Sequence[_Piece]:
        return self._realisations[epoch % len(self._realisations)]

    def _epoch(self, pieces: Sequence[_Piece], rng: np.random.Generator) -> Iterator[Sample]:
        if len(pieces) == 1:
            return pieces[0].load().training(rng)
        # Drawn before anything is read, so that skipping an epoch costs nothing.
        return _through(pieces, rng.permutation(len(pieces)), rng.integers(2**31, size=2))


def _unchanged(windows: _PieceWindows) -> _PieceWindows:
    return windows


def _through(pieces: Sequence[_Piece], order: np.ndarray, seeds: np.ndarray) -> Iterator[Sample]:
    for i in order:
        yield from pieces[i].load().training(np.random.default_rng([*seeds.tolist(), int(i)]))


@dataclass(frozen=True)
class _Piece:
    """Days whose training windows are in memory together: a function that loads them, and their number of batches."""

    load: Callable[[], _PieceWindows]
    n_batches: int


class _PieceWindows:
    """Training and validation windows of one piece, as batches of one size."""

    def __init__(
        self,
        encoded: EncodedFields,
        target: np.ndarray | None,
        split: TimeSplit,
        patch: tuple[int, ...],
        settings: Training,
        *,
        first_guess: Callable[[Sequence[int]], FirstGuess] | None = None,
        withheld: EncodedFields | None = None,
        ending: int = 2,
    ) -> None:
        self.batch_size, self._augmentation = settings.batch_size, settings.augmentation
        # Broadcast, not filled: data without a truth need no memory for one.
        truth = np.broadcast_to(np.float32(np.nan), encoded.values.shape) if target is None else target
        self._loss_mask = np.isfinite(truth) & encoded.sea[:, None]
        self._truth = np.where(self._loss_mask, truth, 0).astype(np.float32)
        shape = encoded.values.shape[1:]
        # Training windows start every day and every half window; validation windows do not repeat days.
        step = tuple(max(1, p // 2) for p in patch[1:])
        self._patcher = Patcher(shape, patch, (1, *step))
        days = encoded.days
        inside = _starts_within(split.train, shape, patch, (1, *step))
        self._train = [s for s in inside if days[s[0] : s[0] + patch[0]].any()]
        if not self._train:
            raise ValueError(_NOTHING_OBSERVED)
        validation, apart = split.validation, (max(1, patch[0] // 3), *patch[1:])
        self._validation = [] if validation is None else _starts_within(validation, shape, patch, apart)
        starts = [*self._train, *self._validation]
        encoded = encoded.padded(starts, patch)
        # Some windows end their record, so that the network is also trained for near-real-time maps.
        steps = sorted({s[0] for s in starts})
        self._encoded = encoded if first_guess is None else replace(encoded, first_guess=first_guess(steps[::ending]))
        self._withheld = None if withheld is None else withheld.padded(starts, patch)

    @property
    def batches_per_epoch(self) -> int:
        """Batches in one pass over the training windows."""
        return -(-len(self._train) // self.batch_size)

    def training(self, rng: np.random.Generator) -> Iterator[Sample]:
        """Yield every training window once, shuffled."""
        order = [self._train[i] for i in rng.permutation(len(self._train))]
        if self._augmentation is None:
            return self._batches(order)
        return self._batches(order, jax.random.split(jax.random.key(int(rng.integers(2**31))), self.batches_per_epoch))

    def validation(self) -> Iterator[Sample]:
        """Yield the validation windows in order."""
        return self._batches(self._validation)

    def _batches(self, starts: Sequence[tuple[int, ...]], keys: Iterable[Array | None] = ()) -> Iterator[Sample]:
        firsts = range(0, len(starts), self.batch_size)
        for i, key in itertools.zip_longest(firsts, keys):
            chosen = list(starts[i : i + self.batch_size])
            # The last batch is padded with repeats of weight 0, so that all batches have one shape and compilation.
            short = self.batch_size - len(chosen)
            filled = chosen + chosen[-1:] * short
            obs, guess = make_batch(self._encoded, self._patcher, filled)
            truth = np.stack([channels_last(self._patcher.take(self._truth, s)) for s in filled])
            loss_mask = np.stack([channels_last(self._patcher.take(self._loss_mask, s)) for s in filled])
            weight = np.array([1.0] * len(chosen) + [0.0] * short, np.float32)
            withheld = None if self._withheld is None else make_batch(self._withheld, self._patcher, filled)[0]
            batch = _samples(obs, truth, loss_mask, guess, weight, withheld)
            if self._augmentation is not None and key is not None:
                batch = _augmented(self._augmentation, batch, key)
            yield self._with_covariates(batch, filled)

    def _with_covariates(self, batch: Sample, starts: Sequence[tuple[int, ...]]) -> Sample:
        if not self._encoded.covariates:
            return batch
        obs, guess = append_covariates(batch.obs, batch.first_guess, self._encoded, starts, self._patcher)
        # Covariates are inputs only, with no loss.
        behind = [(0, 0)] * (batch.truth.ndim - 1) + [(0, obs.values.shape[-1] - batch.truth.shape[-1])]
        truth, loss_mask = jnp.pad(batch.truth, behind), jnp.pad(batch.loss_mask, behind)
        withheld = None if batch.withheld is None else _append_unobserved(batch.withheld, behind[-1][1])
        return jax.vmap(Sample)(obs, truth, loss_mask, guess, batch.sample_weight, withheld)


# One compiled program: single operations on NumPy arrays would take a tenth of the training time.
_samples = inference_jit(jax.vmap(Sample))


@eqx.filter_jit
def _augmented(augmentation: AbstractAugmentation, batch: Sample, key: Array) -> Sample:
    return jax.vmap(augmentation)(batch, jax.random.split(key, batch.sample_weight.shape[0]))


def _append_unobserved(obs: Observations, n: int) -> Observations:
    """Return the observations with ``n`` more channels without observations."""

    def pad(field: Array) -> Array:
        widths = [(0, 0)] * field.ndim
        widths[obs.mask.ndim - 1] = (0, n)
        return jnp.pad(field, widths)

    values, mask = pad(obs.values), pad(obs.mask)
    variance, ocean_mask, offsets = (
        None if field is None else pad(field) for field in (obs.error_variance, obs.ocean_mask, obs.offsets)
    )
    return jax.vmap(Observations)(values, mask, variance, ocean_mask, offsets, obs.points)


def _starts_within(
    days: slice, shape: tuple[int, ...], patch: tuple[int, ...], stride: tuple[int, ...]
) -> list[tuple[int, ...]]:
    inside = Patcher((days.stop - days.start, *shape[1:]), patch, stride)
    return [(s[0] + days.start, *s[1:]) for s in inside.starts]
