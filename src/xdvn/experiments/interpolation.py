"""The first guess of the experiments: each variable, interpolated linearly in time between its observations.

What stands before the first and after the last observation decides most of its error, so it has to be said.
"""

from __future__ import annotations

import enum

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["Edges", "interpolate"]


class Edges(enum.Enum):
    """What stands before the first and after the last observation of a series.

    ``ZERO`` is what the published notebooks do; ``HELD`` repeats the nearest observation.
    """

    ZERO = "zero"
    HELD = "held"


def interpolate(
    values: Float[np.ndarray, "window *space time variable"],
    mask: Bool[np.ndarray, "*space time variable"],
    edges: Edges,
) -> Float[np.ndarray, "window *space time variable"]:
    """Interpolate linearly in time.

    Parameters
    ----------
    values : np.ndarray
        Observations; what stands where ``mask`` is False is not looked at.
    mask : np.ndarray of bool
        True where observed, the same for all windows.
    edges : Edges
        What to do outside the observed times. A series without any observation is 0.

    Examples
    --------
    >>> values = np.array([[[0.0], [2.0], [0.0], [6.0]]])
    >>> mask = np.array([[False], [True], [False], [True]])
    >>> interpolate(values, mask, Edges.HELD)[0, :, 0].tolist()
    [2.0, 2.0, 4.0, 6.0]
    >>> interpolate(values, mask, Edges.ZERO)[0, :, 0].tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    n_times = mask.shape[-2]
    time = np.arange(n_times)[:, None]
    before = np.maximum.accumulate(np.where(mask, time, -1), -2)
    after = np.flip(np.minimum.accumulate(np.flip(np.where(mask, time, n_times), -2), -2), -2)
    left = np.take_along_axis(values, np.maximum(before, 0)[None], -2)
    right = np.take_along_axis(values, np.minimum(after, n_times - 1)[None], -2)
    share = (time - before) / np.maximum(after - before, 1)
    inside = (before >= 0) & (after < n_times)
    found = np.where(inside, (1 - share) * left + share * right, 0)
    if edges is Edges.HELD:
        found = np.where(~inside & (before >= 0), left, found)
        found = np.where(~inside & (after < n_times), right, found)
    return found.astype(values.dtype)
