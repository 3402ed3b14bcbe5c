"""The published scores: mean squared errors over all values, over the observed and the unobserved ones, and inside.

All = share R + (1 - share) I, where share is the part of the values that is observed. The interior leaves out the first
and the last 20 times, which lie outside the observations or close to their end: there chaos decides, and it decides
most of All.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from xdvn.experiments.windows import Windows

__all__ = ["Errors"]

_RIM = 20


@dataclass(frozen=True)
class Errors:
    """Mean squared errors in the squared units of the system.

    Parameters
    ----------
    everywhere, observed, unobserved : float
        Over all values (published as All), over observed (R) and unobserved ones (I).
    interior : float
        Over all values but for the first and the last 20 times.
    median : float
        Median over windows of their mean squared error: what a few lost windows do not move.
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
            ``x`` has not the shape of the windows.
        """
        if x.shape != windows.truth.shape:
            raise ValueError(f"states of shape {x.shape} for windows of shape {windows.truth.shape}; give one for each")
        squares = (np.asarray(x, np.float64) - windows.truth) ** 2
        return cls(
            float(squares.mean()),
            float(squares[:, windows.mask].mean()),
            float(squares[:, ~windows.mask].mean()),
            float(squares[..., _RIM:-_RIM, :].mean()),
            float(np.median(squares.mean(tuple(range(1, squares.ndim))))),
        )
