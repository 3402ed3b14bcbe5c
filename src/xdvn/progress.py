"""Long work shows itself, and an interrupted run keeps what it had.

A bar counts updates, shows both losses and the time left; ``keep_best`` consumes a training run and returns the epoch
that did best on days it was not trained on.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from tqdm.auto import tqdm

from xdvn.core.training import Progress

__all__ = ["TrainingBar", "keep_best"]


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


def keep_best(run: Iterator[Progress], bar: TrainingBar) -> tuple[Progress, list[float], list[float]]:
    """Consume a training run; Ctrl-C ends it early and keeps what there is."""
    best: Progress | None = None
    losses: list[float] = []
    validated: list[float] = []
    try:
        for now in run:
            losses.append(now.loss)
            validated.append(now.validation_loss)
            bar.after_epoch(now.validation_loss)
            if best is None or not now.validation_loss >= best.validation_loss:
                best = now
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
