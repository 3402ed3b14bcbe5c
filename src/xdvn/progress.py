"""Long work shows itself, and an interrupted run keeps what it had.

A bar counts updates, shows both losses and the time left; ``keep_best`` consumes a training run and returns the epoch
that did best on days it was not trained on.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from tqdm.auto import tqdm

from xdvn.core.training import Progress

__all__ = ["Keeper", "TrainingBar", "keep_best"]


class TrainingBar:
    """A progress bar that counts updates and shows the losses."""

    def __init__(self, total: int, show: bool) -> None:
        self._bar = tqdm(total=total, desc="compiling", unit="step", disable=not show, mininterval=0.5)
        self._recent: list[float] = []
        self._validation = float("nan")

    def after_step(self, loss: float) -> None:
        """Count one update."""
        self._recent = [*self._recent[-49:], loss]
        self._bar.set_description("training", refresh=False)
        self._bar.set_postfix(
            {"loss": f"{np.mean(self._recent):.4f}", "validation": f"{self._validation:.4f}"}, refresh=False
        )
        self._bar.update()

    def after_epoch(self, validation_loss: float) -> None:
        """Show a new validation loss."""
        self._validation = validation_loss

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


@runtime_checkable
class Keeper(Protocol):
    """Something that keeps a training as it goes, such as ``checkpoint.Checkpoint``."""

    def save(self, best: Progress, now: Progress, losses: Sequence[float], validated: Sequence[float]) -> None:
        """Keep the state after an epoch."""


def keep_best(
    run: Iterator[Progress], bar: TrainingBar, keeper: Keeper | None = None, before: Sequence[Progress] = ()
) -> tuple[Progress, list[float], list[float]]:
    """Consume a training run; Ctrl-C ends it early and keeps what there is.

    Parameters
    ----------
    run : iterator of Progress
        One for each epoch.
    bar : TrainingBar
        Told of each epoch; closed at the end.
    keeper : Keeper, optional
        Keeps the state after each epoch.
    before : sequence of Progress
        Epochs of an earlier run that this one goes on from.

    Returns
    -------
    tuple of Progress, list of float, list of float
        The best epoch, the losses and the validation losses.
    """
    best: Progress | None = None
    losses: list[float] = []
    validated: list[float] = []

    def note(now: Progress) -> Progress:
        losses.append(now.loss)
        validated.append(now.validation_loss)
        return now if best is None or not now.validation_loss >= best.validation_loss else best

    for known in before:
        best = note(known)
    try:
        for now in run:
            best = note(now)
            bar.after_epoch(now.validation_loss)
            if keeper is not None:
                keeper.save(best, now, losses, validated)
    except KeyboardInterrupt:
        if best is None:
            raise
        warnings.warn(
            f"training was interrupted; this model is the best of {len(losses)} epochs. Continue with fit(model=...)",
            stacklevel=3,
        )
    finally:
        bar.close()
    if best is None:
        raise ValueError("epochs must be at least 1")
    return best, losses, validated
