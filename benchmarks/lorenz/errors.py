"""The published scores: mean squared errors over all, observed, unobserved and interior values.

All = share R + (1 - share) I, where share is the observed fraction of the values. The interior excludes the first and
the last 20 times, which are outside the observations or close to their ends. Errors grow exponentially there and
dominate All.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from benchmarks.lorenz.windows import Windows

__all__ = ["Errors"]

_EDGE = 20


@dataclass(frozen=True)
class Errors:
    """Mean squared errors in the squared units of the system.

    Parameters
    ----------
    everywhere, observed, unobserved : float
        Error of all values (published as All), of observed (R) and of unobserved values (I).
    interior : float
        Error of all values except the first and the last 20 times.
    median : float
        Median over windows of their mean squared error, robust to a few diverged windows.
    """

    everywhere: float
    observed: float
    unobserved: float
    interior: float
    median: float

    @classmethod
    def of(cls, x: Float[np.ndarray, "window *space time variable"], windows: Windows) -> Errors:
        """Score states against the truth of their windows.

        Raises
        ------
        ValueError
            The shape of ``x`` differs from that of the windows.
        """
        if x.shape != windows.truth.shape:
            raise ValueError(f"x has shape {x.shape}: expected {windows.truth.shape}. Pass one state for each window.")
        squares = (np.asarray(x, np.float64) - windows.truth) ** 2
        return cls(
            float(squares.mean()),
            float(squares[:, windows.mask].mean()),
            float(squares[:, ~windows.mask].mean()),
            float(squares[..., _EDGE:-_EDGE, :].mean()),
            float(np.median(squares.mean(tuple(range(1, squares.ndim))))),
        )
