"""Progress of a training: a bar with both losses and the remaining time, and the best epoch of a run."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from tqdm.auto import tqdm

from xdvn.core.training import Progress

__all__ = ["CheckpointCallback", "TrainingBar", "run_and_keep_best"]


_TIMED_UPDATES = 5
_MIN_ANNOUNCED = 60.0
"""Shortest remaining time that is printed [s]."""


class TrainingBar:
    """A progress bar that counts updates and shows the losses.

    Its label is "compiling" until the first update. After a few updates of a long run it prints the expected duration.

    Parameters
    ----------
    total : int
        Number of updates of the run.
    show : bool
        Whether to show the bar.
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
        values = {"loss": float(np.mean(self._recent)), "validation": self._validation}
        self._bar.set_postfix({k: f"{v:.4f}" for k, v in values.items() if np.isfinite(v)}, refresh=False)
        self._bar.update()
        self._done += 1
        if self._done == 1:
            self._compiled = time.monotonic()
        elif self._done == 1 + _TIMED_UPDATES:
            self._print_duration((time.monotonic() - self._compiled) / _TIMED_UPDATES)

    def _print_duration(self, each: float) -> None:
        """Print the expected duration of a long run, from ``each`` update without compilation [s]."""
        seconds = each * (self._total - self._done)
        if self._show and seconds > _MIN_ANNOUNCED:
            self._bar.write(
                f"about {seconds / 60:.0f} min for {self._total} updates of {each:.2f} s each; "
                "Ctrl-C keeps the best epoch so far"
            )

    def after_epoch(self, validation_loss: float) -> None:
        """Show the validation loss."""
        self._validation = validation_loss

    def close(self) -> None:
        """Close the bar; its last state remains on the screen."""
        self._bar.close()


@runtime_checkable
class CheckpointCallback(Protocol):
    """An object that stores training states, such as ``checkpoint.Checkpoint``."""

    def save(self, best: Progress, now: Progress, losses: Sequence[float], validated: Sequence[float]) -> None:
        """Store the state after an epoch."""


def run_and_keep_best(
    run: Iterator[Progress],
    bar: TrainingBar,
    callback: CheckpointCallback | None = None,
    before: Sequence[Progress] = (),
) -> tuple[Progress, list[float], list[float]]:
    """Run a training and return its best epoch; after Ctrl-C, the best epoch until then.

    Parameters
    ----------
    run : iterator of Progress
        Training, which yields after each epoch.
    bar : TrainingBar
        Progress bar, which is closed at the end.
    callback : CheckpointCallback, optional
        Object that stores the state after each epoch.
    before : sequence of Progress
        Epochs of the run that this one continues. Default: none.

    Returns
    -------
    tuple of Progress, list of float, list of float
        The best epoch, the losses and the validation losses.
    """
    best: Progress | None = None
    losses: list[float] = []
    validated: list[float] = []

    def record(now: Progress) -> Progress:
        losses.append(now.loss)
        validated.append(now.validation_loss)
        return now if best is None or not now.validation_loss >= best.validation_loss else best

    for earlier in before:
        best = record(earlier)
    try:
        for now in run:
            best = record(now)
            bar.after_epoch(now.validation_loss)
            if callback is not None:
                callback.save(best, now, losses, validated)
    except KeyboardInterrupt:
        if best is None:
            raise
        warnings.warn(
            f"training was interrupted; this model is the best of {len(losses)} epochs. Continue with "
            "fit(init_from=model).",
            stacklevel=3,
        )
    finally:
        bar.close()
    if best is None:
        raise ValueError("epochs=0: expected at least 1. Increase epochs.")
    return best, losses, validated
