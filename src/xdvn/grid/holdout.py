"""Which days train and which days choose: validation is a slice of time, kept apart from training.

The ocean remembers for weeks; a validation day next to a training day would be half known. Days are kept 16 apart
where the data allow it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions

__all__ = ["Holdout"]


@dataclass(frozen=True)
class Holdout:
    """Indices of days in which windows of either kind may lie.

    Parameters
    ----------
    train : slice
        Days to learn from.
    validation : slice, optional
        Days that choose the best epoch.
    """

    train: slice
    validation: slice | None

    @classmethod
    def of(cls, ds: xr.Dataset, axes: Axes, validation: slice | float, patch: int) -> Holdout:
        """Split the days of ``ds``; ``validation`` is a slice of time labels or the last share of days.

        Raises
        ------
        ValueError
            When there are too few days for windows of ``patch`` in both parts.
        """
        n = ds.sizes[axes.time]
        held = _held(ds, axes, validation, patch)
        if held.stop <= held.start:
            return cls(slice(0, n), None)
        if held.stop - held.start < patch:
            raise ValueError(
                f"validation has {held.stop - held.start} steps, fewer than a window of {patch}; choose a longer slice"
            )
        days = positions(ds, axes.time)
        before = slice(0, int(np.searchsorted(days, days[held.start] - _APART_DAYS)))
        after = slice(int(np.searchsorted(days, days[held.stop - 1] + _APART_DAYS, side="right")), n)
        longest = max((before, after), key=lambda part: part.stop - part.start)
        if longest.stop - longest.start >= 2 * patch:
            return cls(longest, held)
        if held.start >= patch:
            warnings.warn(
                f"too few days to keep training and validation {_APART_DAYS:g} days apart; they adjoin, so the "
                "validation loss is optimistic. Give more days, or validation=0 to keep the last epoch",
                stacklevel=4,
            )
            return cls(slice(0, held.start), held)
        raise ValueError(
            f"{n} steps are too few for windows of {patch} and validation on {held.stop - held.start}; "
            "give more days, a smaller patch, or validation=0"
        )


_APART_DAYS = 16.0


def _held(ds: xr.Dataset, axes: Axes, validation: slice | float, patch: int) -> slice:
    n = ds.sizes[axes.time]
    if isinstance(validation, slice):
        found = ds[axes.time].to_index().slice_indexer(validation.start, validation.stop)
        return slice(found.start, found.stop)
    if not 0 <= validation < 1:
        raise ValueError(f"validation={validation} is not a share of the days; give 0 to below 1, or a slice of times")
    return slice(n - max(patch, round(validation * n)) if validation else n, n)
