"""A record observed in several ways, which take turns in training: an epoch with the first, an epoch with the second.

Where observations are withheld, every turn has its own, and all of them together validate; else the record as it is
does. Called by ``fit``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from xdvn.batching import TrainingWindows
from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.losses import Sample
from xdvn.first_guess import FirstGuess
from xdvn.grid.holdout import Holdout
from xdvn.grid.patches import Target
from xdvn.grid.spec import GridSpec, Packed
from xdvn.mapper import AbstractMapper
from xdvn.retakes import Take

__all__ = ["Turns"]


class Turns:
    """The windows of several takes of one record.

    Parameters
    ----------
    takes : sequence of Take
        How the record is observed; the first validates, unless observations are withheld.
    pack : callable
        Makes arrays of a Dataset and of its ``tracks=``.
    target : numpy.ndarray, optional
        Normalised truth.
    mapper : AbstractMapper, optional
        Makes the first guess of each take, from what it shows.
    spec : GridSpec
        Windows.
    split : Holdout
        Days that train and days that validate.
    batch_size : int
        Windows in a batch.
    augmentation : AbstractAugmentation, optional
        Transformation of training samples.
    progress : bool
        Show bars of first guesses.
    """

    def __init__(
        self,
        takes: Sequence[Take],
        pack: Callable[..., Packed],
        target: np.ndarray | None,
        mapper: AbstractMapper | None,
        spec: GridSpec,
        split: Holdout,
        batch_size: int,
        augmentation: AbstractAugmentation | None = None,
        progress: bool = False,
    ) -> None:
        # Every other window ends its record, all of them where today is what counts. Each take has its part of these
        # ends, since a first guess for every one of them is most of what a take costs.
        ending = 2 * len(takes) if spec.target is Target.CENTRE else 1
        self._windows = []
        for take in takes:
            guess = (
                None if mapper is None else partial(FirstGuess.of_mapper, mapper, take.seen, spec, progress=progress)
            )
            held = None if take.held is None else pack(take.held, tracks=take.held_tracks)
            self._windows.append(
                TrainingWindows(
                    pack(take.seen, tracks=take.tracks),
                    target,
                    guess,
                    split,
                    spec.patch,
                    batch_size,
                    augmentation,
                    held,
                    ending,
                )
            )
        # What one take withholds is little: all of them together judge better.
        self._judges = self._windows if takes[0].held is not None else self._windows[:1]

    def default_epochs(self, updates: int) -> int:
        """Return how many epochs make about so many updates."""
        return max(1, round(updates / self._windows[0].batches_per_epoch))

    def updates(self, epochs: int) -> int:
        """Return how many batches so many epochs have."""
        return sum(self._of(epoch).batches_per_epoch for epoch in range(epochs))

    def training(self, epochs: int, rng: np.random.Generator) -> Iterator[Iterator[Sample]]:
        """Yield the batches of each epoch, shuffled."""
        return (self._of(epoch).training(rng) for epoch in range(epochs))

    def validation(self) -> Iterator[Sample]:
        """Yield the validation batches in order."""
        return itertools.chain.from_iterable(windows.validation() for windows in self._judges)

    def _of(self, epoch: int) -> TrainingWindows:
        return self._windows[epoch % len(self._windows)]
