"""The first guess of the experiments: linear interpolation of each variable in time.

The values before the first and after the last observation determine most of its error, so they are an argument.
"""

from __future__ import annotations

import enum

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["EdgeMode", "interpolate"]


class EdgeMode(enum.Enum):
    """Values before the first and after the last observation of a series.

    ``ZERO``: 0, as in the published notebooks. ``HELD``: the nearest observation.
    """

    ZERO = "zero"
    HELD = "held"


def interpolate(
    values: Float[np.ndarray, "window *space time variable"],
    mask: Bool[np.ndarray, "*space time variable"],
    edges: EdgeMode,
) -> Float[np.ndarray, "window *space time variable"]:
    """Interpolate linearly in time.

    Parameters
    ----------
    values : np.ndarray
        Observations; values where ``mask`` is False are not used.
    mask : np.ndarray of bool
        True where observed, the same for all windows.
    edges : EdgeMode
        Values outside the observed times. A series without any observation is 0.

    Examples
    --------
    >>> values = np.array([[[0.0], [2.0], [0.0], [6.0]]])
    >>> mask = np.array([[False], [True], [False], [True]])
    >>> interpolate(values, mask, EdgeMode.HELD)[0, :, 0].tolist()
    [2.0, 2.0, 4.0, 6.0]
    >>> interpolate(values, mask, EdgeMode.ZERO)[0, :, 0].tolist()
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
    result = np.where(inside, (1 - share) * left + share * right, 0)
    if edges is EdgeMode.HELD:
        result = np.where(~inside & (before >= 0), left, result)
        result = np.where(~inside & (after < n_times), right, result)
    return result.astype(values.dtype)
