"""From packed fields to batches of samples: cut windows, stack them, always in one shape.

A window (variable, time, *space) becomes a sample "*space channel", channel = variable x time, with covariates behind
the variables; points are padded to the fullest window's. The last batch is filled up with repeats of weight 0, so that
a run compiles once. Training shuffles windows; validation does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.jit import every_core_jit
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.core.points import Points
from xdvn.first_guess import FirstGuess
from xdvn.grid.covariates import in_window
from xdvn.grid.holdout import Holdout
from xdvn.grid.patches import Patcher
from xdvn.grid.spec import Packed

__all__ = ["TrainingWindows", "channels_first", "channels_last", "windows_of", "with_covariates"]


class TrainingWindows:
    """Training and validation windows as batches of one size."""

    def __init__(
        self,
        packed: Packed,
        target: np.ndarray | None,
        first_guess: Callable[[Sequence[int]], FirstGuess] | None,
        split: Holdout,
        patch: tuple[int, ...],
        batch_size: int,
        augmentation: AbstractAugmentation | None = None,
        held: Packed | None = None,
        ending: int = 2,
    ) -> None:
        self.batch_size = batch_size
        # Broadcast, not filled: a record without a truth needs no memory for one.
        known = np.broadcast_to(np.float32(np.nan), packed.values.shape) if target is None else target
        self._scored = np.isfinite(known) & packed.sea[:, None]
        self._truth = np.where(self._scored, known, 0).astype(np.float32)
        self._augmentation = augmentation
        shape = packed.values.shape[1:]
        # Training slides day by day and by half windows; validation does not repeat days.
        step = tuple(max(1, p // 2) for p in patch[1:])
        self._patcher = Patcher(shape, patch, (1, *step))
        seen = packed.days
        self._train = [s for s in _within(split.train, shape, patch, (1, *step)) if seen[s[0] : s[0] + patch[0]].any()]
        if not self._train:
            raise ValueError("no training window holds an observation; check the mask and the period")
        kept = split.validation
        self._held = [] if kept is None else _within(kept, shape, patch, (max(1, patch[0] // 3), *patch[1:]))
        self._packed = packed.padded([*self._train, *self._held], patch)
        self._withheld = None if held is None else held.padded([*self._train, *self._held], patch)

        # Some windows end their record, so that the network learns to map today as well as yesterday.
        steps = sorted({s[0] for s in (*self._train, *self._held)})
        self._start = None if first_guess is None else first_guess(steps[::ending])

    @property
    def batches_per_epoch(self) -> int:
        """Updates in one pass over the training windows."""
        return -(-len(self._train) // self.batch_size)

    def training(self, rng: np.random.Generator) -> Iterator[Sample]:
        """Yield every training window once, shuffled."""
        order = [self._train[i] for i in rng.permutation(len(self._train))]
        if self._augmentation is None:
            return self._batches(order)
        return self._batches(order, jax.random.split(jax.random.key(int(rng.integers(2**31))), self.batches_per_epoch))

    def validation(self) -> Iterator[Sample]:
        """Yield the validation windows in order."""
        return self._batches(self._held)

    def _batches(self, starts: Sequence[tuple[int, ...]], keys: Iterable[Array | None] = ()) -> Iterator[Sample]:
        firsts = range(0, len(starts), self.batch_size)
        for i, key in itertools.zip_longest(firsts, keys):
            chosen = list(starts[i : i + self.batch_size])
            short = self.batch_size - len(chosen)
            filled = chosen + chosen[-1:] * short
            obs, guess = windows_of(self._packed, self._start, self._patcher, filled)
            truth = np.stack([channels_last(self._patcher.take(self._truth, s)) for s in filled])
            scored = np.stack([channels_last(self._patcher.take(self._scored, s)) for s in filled])
            weight = np.array([1.0] * len(chosen) + [0.0] * short, np.float32)
            held = None if self._withheld is None else windows_of(self._withheld, None, self._patcher, filled)[0]
            batch = _samples(obs, truth, scored, guess, weight, held)
            if self._augmentation is not None and key is not None:
                batch = _augmented(self._augmentation, batch, key)
            yield self._with_covariates(batch, filled)

    def _with_covariates(self, batch: Sample, starts: Sequence[tuple[int, ...]]) -> Sample:
        if not self._packed.covariates:
            return batch
        obs, guess = with_covariates(batch.obs, batch.first_guess, self._packed, starts, self._patcher)
        # What is known beforehand is neither wanted nor scored.
        behind = [(0, 0)] * (batch.truth.ndim - 1) + [(0, obs.values.shape[-1] - batch.truth.shape[-1])]
        truth, scored = jnp.pad(batch.truth, behind), jnp.pad(batch.scored, behind)
        held = None if batch.held is None else _extended(batch.held, behind[-1][1])
        return jax.vmap(Sample)(obs, truth, scored, guess, batch.weight, held)


@eqx.filter_jit
def _augmented(augmentation: AbstractAugmentation, batch: Sample, key: Array) -> Sample:
    return jax.vmap(augmentation)(batch, jax.random.split(key, batch.weight.shape[0]))


def windows_of(
    packed: Packed,
    start: FirstGuess | None,
    patcher: Patcher,
    starts: Sequence[tuple[int, ...]],
    sea_everywhere: bool | None = None,
) -> tuple[Observations, Array | None]:
    """Return the observations (and first guesses) of some windows with a leading batch axis, without covariates.

    Whether there is land at all is judged by ``packed``, unless ``sea_everywhere`` says so for a larger field.
    """

    def stacked(field: np.ndarray) -> np.ndarray:
        return np.stack([channels_last(patcher.take(field, s)) for s in starts])

    valid = None
    if not (packed.sea.all() if sea_everywhere is None else sea_everywhere):
        valid = stacked(np.broadcast_to(packed.sea[:, None], packed.values.shape))
    offsets = None
    if packed.offsets is not None:
        offsets = np.stack([stacked(each) for each in np.moveaxis(packed.offsets, -1, 0)], -1)
    variance = None if packed.error_variance is None else stacked(packed.error_variance)
    points = _points_of(packed, patcher, starts)
    obs = _observations(stacked(packed.values), stacked(packed.mask), variance, valid, offsets, points)
    if start is None:
        return obs, None
    return obs, jnp.asarray(np.stack([channels_last(start.at(s, patcher)) for s in starts]))


# In one program, from NumPy's arrays: op by op, what is around the solves would take a tenth of a reconstruction.
_observations = every_core_jit(jax.vmap(Observations))
_samples = every_core_jit(jax.vmap(Sample))


def with_covariates(
    obs: Observations, guess: Array | None, packed: Packed, starts: Sequence[tuple[int, ...]], patcher: Patcher
) -> tuple[Observations, Array | None]:
    """Put the covariates of some windows behind the variables, observed everywhere and the start of the solve.

    They are added last: a transformation of samples that is as likely for the sea would be wrong for its bottom.
    """
    if not packed.covariates:
        return obs, guess
    raw = np.stack([in_window(packed.covariates, s, patcher.patch) for s in starts])
    known = jnp.asarray(np.isfinite(raw))
    added = jnp.asarray(np.nan_to_num(raw))

    # Where a covariate is missing, such as depths on land, it is held at its mean.
    everywhere = all(bool(np.isfinite(c).all()) for c in packed.covariates)
    valid = obs.valid if obs.valid is not None or everywhere else jnp.ones_like(obs.mask)
    offsets = obs.offsets
    if offsets is not None:
        offsets = jnp.concatenate([offsets, jnp.zeros((*added.shape, offsets.shape[-1]))], -2)
    seen = jax.vmap(Observations)(
        _behind(obs.values, added),
        _behind(obs.mask, known),
        None if obs.error_variance is None else _behind(obs.error_variance, jnp.ones_like(added)),
        None if valid is None else _behind(valid, known),
        offsets,
        obs.points,
    )
    return seen, _behind(jnp.zeros_like(obs.values) if guess is None else guess, added)


def _behind(field: Array, more: Array) -> Array:
    return jnp.concatenate([field, more], -1)


def _extended(obs: Observations, n: int) -> Observations:
    """Return the observations with ``n`` channels more in which nothing was observed."""

    def pad(field: Array) -> Array:
        widths = [(0, 0)] * field.ndim
        widths[obs.mask.ndim - 1] = (0, n)
        return jnp.pad(field, widths)

    values, mask = pad(obs.values), pad(obs.mask)
    variance, valid, offsets = (
        None if field is None else pad(field) for field in (obs.error_variance, obs.valid, obs.offsets)
    )
    return jax.vmap(Observations)(values, mask, variance, valid, offsets, obs.points)


def _points_of(packed: Packed, patcher: Patcher, starts: Sequence[tuple[int, ...]]) -> Points | None:
    if packed.points is None:
        return None
    windows = [packed.points.window(s, patcher.patch) for s in starts]
    batch = jax.tree.map(lambda *each: jnp.asarray(np.stack(each)), *windows)
    return jax.vmap(lambda fields: Points(**fields, n_times=patcher.patch[0]))(batch)


def channels_last(window: np.ndarray) -> np.ndarray:
    """(variable, time, *space) -> (*space, channel), channel = variable x time."""
    flat = window.reshape(-1, *window.shape[2:])
    return np.moveaxis(flat, 0, -1)


def channels_first(state: np.ndarray, n_variables: int) -> np.ndarray:
    """(*space, channel) -> (variable, time, *space)."""
    flat = np.moveaxis(state, -1, 0)
    return flat.reshape(n_variables, -1, *flat.shape[1:])


def _within(
    days: slice, shape: tuple[int, ...], patch: tuple[int, ...], stride: tuple[int, ...]
) -> list[tuple[int, ...]]:
    inside = Patcher((days.stop - days.start, *shape[1:]), patch, stride)
    return [(s[0] + days.start, *s[1:]) for s in inside.starts]
