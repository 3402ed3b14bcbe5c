"""Progress of a training: a bar with both losses and the time left, and the best epoch of a run.

The bar reads "compiling" until the first update. After a few updates it prints the expected duration of a long run.
An interrupted run returns its best epoch so far.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from tqdm.auto import tqdm

from xdvn.core.training import Progress

__all__ = ["CheckpointCallback", "TrainingBar", "run_and_keep_best"]


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
        values = {"loss": float(np.mean(self._recent)), "validation": self._validation}
        self._bar.set_postfix({k: f"{v:.4f}" for k, v in values.items() if np.isfinite(v)}, refresh=False)
        self._bar.update()
        self._done += 1
        if self._done == 1:
            self._compiled = time.monotonic()
        elif self._done == 1 + _TIMED:
            self._estimate((time.monotonic() - self._compiled) / _TIMED)

    def _estimate(self, each: float) -> None:
        """Print the expected duration of a long run, estimated without the update that compiled."""
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
        """Close the bar and leave its last state on the screen."""
        self._bar.close()


@runtime_checkable
class CheckpointCallback(Protocol):
    """A store of training states, such as ``checkpoint.Checkpoint``."""

    def save(self, best: Progress, now: Progress, losses: Sequence[float], validated: Sequence[float]) -> None:
        """Store the state after an epoch."""


def run_and_keep_best(
    run: Iterator[Progress],
    bar: TrainingBar,
    callback: CheckpointCallback | None = None,
    before: Sequence[Progress] = (),
) -> tuple[Progress, list[float], list[float]]:
    """Run a training and return its best epoch; Ctrl-C ends it early.

    Parameters
    ----------
    run : iterator of Progress
        One for each epoch.
    bar : TrainingBar
        Updated after each epoch; closed at the end.
    callback : CheckpointCallback, optional
        Stores the state after each epoch.
    before : sequence of Progress
        Epochs of the earlier run that this one continues.

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

    for earlier in before:
        best = note(earlier)
    try:
        for now in run:
            best = note(now)
            bar.after_epoch(now.validation_loss)
            if callback is not None:
                callback.save(best, now, losses, validated)
    except KeyboardInterrupt:
        if best is None:
            raise
        warnings.warn(
            f"training was interrupted; this model is the best of {len(losses)} epochs. Continue with "
            "fit(init_from=model)",
            stacklevel=3,
        )
    finally:
        bar.close()
    if best is None:
        raise ValueError("epochs must be at least 1")
    return best, losses, validated


_TIMED = 5
_LONG = 60.0
