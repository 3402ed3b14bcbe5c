"""The split of days into training and validation.

The ocean is correlated over weeks, so validation days next to training days would not be independent. They are
separated by 16 days if there are enough data.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres

__all__ = ["TimeSplit"]

_APART_DAYS = 16.0


@dataclass(frozen=True)
class TimeSplit:
    """Time indices of training and validation windows.

    Parameters
    ----------
    train : slice
        Training days.
    validation : slice, optional
        Days that select the best epoch. If None, there is no validation.
    """

    train: slice
    validation: slice | None

    @classmethod
    def from_dataset(cls, ds: xr.Dataset, axes: Axes, validation: slice | float, patch: int) -> TimeSplit:
        """Split the days of ``ds``; ``validation`` is a slice of time labels or the last share of days.

        Raises
        ------
        ValueError
            There are too few days for windows of ``patch`` steps in both parts.
        """
        n = ds.sizes[axes.time]
        selected = _validation_slice(ds, axes, validation, patch)
        if selected.stop <= selected.start:
            return cls(slice(0, n), None)
        if selected.stop - selected.start < patch:
            raise ValueError(
                f"validation has {selected.stop - selected.start} steps, fewer than a window of {patch}. "
                "Use a longer slice."
            )
        days = cell_centres(ds, axes.time)
        before = slice(0, int(np.searchsorted(days, days[selected.start] - _APART_DAYS)))
        after = slice(int(np.searchsorted(days, days[selected.stop - 1] + _APART_DAYS, side="right")), n)
        longest = max((before, after), key=lambda part: part.stop - part.start)
        if longest.stop - longest.start >= 2 * patch:
            return cls(longest, selected)
        if selected.start >= patch:
            warnings.warn(
                f"too few days to keep training and validation {_APART_DAYS:g} days apart; they adjoin, so the "
                "validation loss is optimistic. Use more days, or validation=0 to return the last epoch",
                stacklevel=4,
            )
            return cls(slice(0, selected.start), selected)
        raise ValueError(
            f"{n} steps are too few for windows of {patch} and validation on {selected.stop - selected.start}. "
            "Use more days, smaller windows or validation=0."
        )


def _validation_slice(ds: xr.Dataset, axes: Axes, validation: slice | float, patch: int) -> slice:
    n = ds.sizes[axes.time]
    if isinstance(validation, slice):
        indices = ds[axes.time].to_index().slice_indexer(validation.start, validation.stop)
        return slice(indices.start, indices.stop)
    if not 0 <= validation < 1:
        raise ValueError(f"validation={validation}: expected a share from 0 to below 1, or a slice of times.")
    return slice(n - max(patch, round(validation * n)) if validation else n, n)
