"""From packed fields to batches of samples: cut windows, stack them, always in one shape.

A window (variable, time, *space) becomes a sample "*space channel", channel = variable x time. The last batch is
filled up with repeats of weight 0, so that a run compiles once. Training shuffles windows; validation does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.first_guess import FirstGuess
from xdvn.grid.holdout import Holdout
from xdvn.grid.patches import Patcher
from xdvn.grid.spec import Packed

__all__ = ["TrainingWindows", "channels_first", "channels_last", "windows_of"]


class TrainingWindows:
    """Training and validation windows as batches of one size."""

    def __init__(
        self,
        packed: Packed,
        target: np.ndarray,
        first_guess: Callable[[Sequence[int]], FirstGuess] | None,
        split: Holdout,
        patch: tuple[int, ...],
        batch_size: int,
        augmentation: AbstractAugmentation | None = None,
    ) -> None:
        self._packed, self._batch_size = packed, batch_size
        self._scored = np.isfinite(target) & packed.valid
        self._truth = np.where(self._scored, target, 0).astype(np.float32)
        self._augmentation = augmentation
        shape = packed.values.shape[1:]
        # Training slides day by day and by half windows; validation does not repeat days.
        step = tuple(max(1, p // 2) for p in patch[1:])
        self._patcher = Patcher(shape, patch, (1, *step))
        seen = np.any(packed.mask, axis=(0, *range(2, packed.mask.ndim)))
        self._train = [s for s in _within(split.train, shape, patch, (1, *step)) if seen[s[0] : s[0] + patch[0]].any()]
        if not self._train:
            raise ValueError("no training window holds an observation; check the mask and the period")
        held = split.validation
        self._held = [] if held is None else _within(held, shape, patch, (max(1, patch[0] // 3), *patch[1:]))

        # Every other window ends its record, so that the network learns to map today as well as yesterday.
        steps = sorted({s[0] for s in (*self._train, *self._held)})
        self._start = None if first_guess is None else first_guess(steps[::2])

    @property
    def batches_per_epoch(self) -> int:
        """Updates in one pass over the training windows."""
        return -(-len(self._train) // self._batch_size)

    def training(self, rng: np.random.Generator) -> Iterator[Sample]:
        """Yield every training window once, shuffled."""
        order = [self._train[i] for i in rng.permutation(len(self._train))]
        if self._augmentation is None:
            return self._batches(order)
        keys = jax.random.split(jax.random.key(int(rng.integers(2**31))), self.batches_per_epoch)
        batches = zip(self._batches(order), keys, strict=True)
        return (_augmented(self._augmentation, batch, key) for batch, key in batches)

    def validation(self) -> Iterator[Sample]:
        """Yield the validation windows in order."""
        return self._batches(self._held)

    def _batches(self, starts: Sequence[tuple[int, ...]]) -> Iterator[Sample]:
        for i in range(0, len(starts), self._batch_size):
            chosen = list(starts[i : i + self._batch_size])
            short = self._batch_size - len(chosen)
            filled = chosen + chosen[-1:] * short
            obs, guess = windows_of(self._packed, self._start, self._patcher, filled)
            truth = np.stack([channels_last(self._patcher.take(self._truth, s)) for s in filled])
            scored = np.stack([channels_last(self._patcher.take(self._scored, s)) for s in filled])
            weight = np.array([1.0] * len(chosen) + [0.0] * short, np.float32)
            yield jax.vmap(Sample)(obs, jnp.asarray(truth), jnp.asarray(scored), guess, jnp.asarray(weight))


@eqx.filter_jit
def _augmented(augmentation: AbstractAugmentation, batch: Sample, key: Array) -> Sample:
    return jax.vmap(augmentation)(batch, jax.random.split(key, batch.weight.shape[0]))


def windows_of(
    packed: Packed, start: FirstGuess | None, patcher: Patcher, starts: Sequence[tuple[int, ...]]
) -> tuple[Observations, Array | None]:
    """Return the observations (and first guesses) of some windows with a leading batch axis."""

    def stacked(field: np.ndarray) -> Array:
        return jnp.asarray(np.stack([channels_last(patcher.take(field, s)) for s in starts]))

    valid = None
    if not packed.valid.all():
        valid = stacked(np.broadcast_to(packed.valid, packed.values.shape))
    offsets = None
    if packed.offsets is not None:
        offsets = jnp.stack([stacked(each) for each in np.moveaxis(packed.offsets, -1, 0)], -1)
    obs = jax.vmap(Observations)(stacked(packed.values), stacked(packed.mask), None, valid, offsets)
    if start is None:
        return obs, None
    return obs, jnp.asarray(np.stack([channels_last(start.at(s, patcher)) for s in starts]))


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
