"""Duplicate measurements, found in bounded memory.

Files of neighbouring days often share passes. Each point becomes a 64-bit hash of its position and time; the hashes of
the most recent points are stored, and a point whose hash is among them is a duplicate.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import pandas as pd

__all__ = ["DuplicateFilter"]

_PER_STEP = 1e5  # positions are compared to this part of a cell: metres, and a second of a day


class DuplicateFilter:
    """A memory of recent points.

    Parameters
    ----------
    dedup_window : int
        How many points of earlier calls are kept at least, as long as there are so many; 0 forgets at once.
    """

    def __init__(self, dedup_window: int) -> None:
        self._remember = dedup_window
        self._recent: deque[np.ndarray] = deque()

    def first_seen(self, where: np.ndarray) -> np.ndarray:
        """Return which points are new, in this call and among those remembered, and remember them.

        Parameters
        ----------
        where : array, (dimension, point)
            Positions in steps of a grid.
        """
        rounded = np.round(where * _PER_STEP).astype(np.int64)
        hashes = pd.util.hash_pandas_object(pd.DataFrame(rounded.T), index=False).to_numpy()
        unique, first = np.unique(hashes, return_index=True)
        fresh = np.zeros(hashes.shape, bool)
        fresh[first] = True
        for earlier in self._recent:
            fresh[first[np.isin(unique, earlier, assume_unique=True)]] = False
        self._recent.append(unique)
        while self._recent and sum(map(len, self._recent)) - len(self._recent[0]) >= self._remember:
            self._recent.popleft()
        return fresh
