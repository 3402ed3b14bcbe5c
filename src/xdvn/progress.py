"""Long work shows itself, and an interrupted run keeps what it had.

A bar says "compiling" until the first update is made, counts updates, shows both losses and the time left, and tells
once, after the first few, how long the whole will take; ``keep_best`` consumes a training run and returns the epoch
that did best on days it was not trained on.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from tqdm.auto import tqdm

from xdvn.core.training import Progress

__all__ = ["Keeper", "SolvingBar", "TrainingBar", "keep_best"]


class TrainingBar:
    """A progress bar that counts updates and shows the losses.

    Parameters
    ----------
    total : int
        Updates of the whole run.
    show : bool
        Whether anything is shown.
    """

    def __init__(self, total: int, show: bool) -> None:
        self._total, self._show = total, show
        self._done, self._compiled = 0, time.monotonic()
        self._bar = tqdm(total=total, desc="compiling", unit="step", disable=not show, mininterval=0.5)
        self._recent: list[float] = []
        self._validation = float("nan")

    def after_step(self, loss: float) -> None:
        """Count one update."""
        self._recent = [*self._recent[-49:], loss]
        self._bar.set_description("training", refresh=False)
        told = {"loss": float(np.mean(self._recent)), "validation": self._validation}
        self._bar.set_postfix({k: f"{v:.4f}" for k, v in told.items() if np.isfinite(v)}, refresh=False)
        self._bar.update()
        self._done += 1
        if self._done == 1:
            self._compiled = time.monotonic()
        elif self._done == 1 + _TIMED:
            self._estimate((time.monotonic() - self._compiled) / _TIMED)

    def _estimate(self, each: float) -> None:
        """Tell how long a long run will take, from the first updates after the one that compiled."""
        seconds = each * (self._total - self._done)
        if self._show and seconds > _LONG:
            self._bar.write(
                f"about {seconds / 60:.0f} min for {self._total} updates of {each:.2f} s each; "
                "Ctrl-C keeps the best epoch so far"
            )

    def after_epoch(self, validation_loss: float) -> None:
        """Show a new validation loss."""
        self._validation = validation_loss

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


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


_TIMED = 5
_LONG = 60.0
