"""Settings of a training: epochs, batches, optimiser, augmentation, checkpoint and seed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import optax

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.training import default_optimiser

__all__ = ["Training"]

_UPDATES = 1000


@dataclass(frozen=True)
class Training:
    """Settings of a training.

    Parameters
    ----------
    epochs : int, optional
        Number of passes over all training windows. If None, the number for about 1000 updates.
    batch_size : int
        Windows per batch. Default: 2, because many small updates train faster than few large ones.
    accumulation_steps : int
        Number of batches whose gradients are averaged before each update, for the effect of a larger batch in the
        memory of one. Default: 1.
    optimiser : optax.GradientTransformation, optional
        Optimiser. If None, Adam with warm-up, cosine decay and gradient clipping
        (``core.training.default_optimiser``).
    augmentation : AbstractAugmentation, optional
        Random transformation of training samples that preserves the data distribution, such as
        ``core.augmentation.QGParity()`` for sea level.
    checkpoint : path-like, optional
        Checkpoint file, written after every epoch. If it exists, training resumes from it.
    seed : int
        Seed of the initial weights, the order of windows and dropout. The same seed gives the same model.

    Raises
    ------
    ValueError
        If a number is below 1.

    Examples
    --------
    >>> Training(epochs=20, seed=1).epochs
    20
    """

    epochs: int | None = None
    batch_size: int = 2
    accumulation_steps: int = 1
    optimiser: optax.GradientTransformation | None = None
    augmentation: AbstractAugmentation | None = None
    checkpoint: str | os.PathLike[str] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        counts = {"epochs": self.epochs, "batch_size": self.batch_size, "accumulation_steps": self.accumulation_steps}
        for name, value in counts.items():
            if value is not None and value < 1:
                raise ValueError(f"{name}={value}: expected at least 1. Increase {name}.")

    @classmethod
    def of(cls, settings: Training | Mapping[str, Any] | None) -> Training:
        """Return the settings given as such, as a mapping or as None.

        Raises
        ------
        TypeError
            If a name in the mapping is not a setting.
        """
        if isinstance(settings, Training):
            return settings
        if settings is not None and not isinstance(settings, Mapping):
            raise TypeError(f"training={settings!r}: expected Training(...) or a mapping, such as {{'epochs': 20}}.")
        names = [f.name for f in fields(cls)]
        if unknown := [name for name in settings or {} if name not in names]:
            raise TypeError(f"training={{{unknown[0]!r}: ...}}: expected settings among {', '.join(names)}. Rename it.")
        return cls(**(settings or {}))

    def n_epochs(self, batches_per_epoch: int) -> int:
        """Return the number of epochs, about 1000 updates if it is not set."""
        return max(1, round(_UPDATES / batches_per_epoch)) if self.epochs is None else self.epochs

    def make_optimiser(self, n_batches: int) -> optax.GradientTransformation:
        """Return the optimiser for a training of ``n_batches`` batches."""
        steps = self.accumulation_steps
        optimiser = default_optimiser(-(-n_batches // steps)) if self.optimiser is None else self.optimiser
        return optax.MultiSteps(optimiser, steps).gradient_transformation() if steps > 1 else optimiser
