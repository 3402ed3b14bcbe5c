"""Duplicate measurements, found in bounded memory.

Files of consecutive days often share passes. The filter stores 64-bit hashes of the position and time of recent points;
a point with a stored hash is a duplicate.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import pandas as pd

__all__ = ["DuplicateFilter"]

_PER_STEP = 1e5  # resolution of positions per step: metres, and a second of a day


class DuplicateFilter:
    """Filter of points that duplicate recent ones.

    Parameters
    ----------
    dedup_window : int
        Smallest number of points of earlier calls that are stored. If 0, earlier calls are ignored.
    """

    def __init__(self, dedup_window: int) -> None:
        self._dedup_window = dedup_window
        self._recent: deque[np.ndarray] = deque()

    def first_seen(self, positions: np.ndarray) -> np.ndarray:
        """Return whether points are new, in this call and among the stored ones, and store them.

        Parameters
        ----------
        positions : array, (dimension, point)
            Positions in steps of a grid.
        """
        rounded = np.round(positions * _PER_STEP).astype(np.int64)
        hashes = pd.util.hash_pandas_object(pd.DataFrame(rounded.T), index=False).to_numpy()
        unique, first = np.unique(hashes, return_index=True)
        is_new = np.zeros(hashes.shape, bool)
        is_new[first] = True
        for earlier in self._recent:
            is_new[first[np.isin(unique, earlier, assume_unique=True)]] = False
        self._recent.append(unique)
        while self._recent and sum(map(len, self._recent)) - len(self._recent[0]) >= self._dedup_window:
            self._recent.popleft()
        return is_new
