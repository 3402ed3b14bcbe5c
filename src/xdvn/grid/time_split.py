"""The split of days into training and validation.

The ocean is correlated over weeks, so validation days next to training days would not be independent. They are
separated by 16 days if there are enough data.
"""

from __future__ import annotations

import datetime
import warnings
from dataclasses import dataclass
from typing import Any

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
    def from_dataset(cls, ds: xr.Dataset, axes: Axes, validation: Any, patch: int) -> TimeSplit:
        """Split the days of ``ds``; ``validation`` is a slice of time labels or the last share of days (float).

        Raises
        ------
        ValueError
            There are too few days for windows of ``patch`` steps in both parts, or ``validation`` selects no time.
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


def _validation_slice(ds: xr.Dataset, axes: Axes, validation: Any, patch: int) -> slice:
    n = ds.sizes[axes.time]
    if isinstance(validation, slice):
        return _labelled(ds, axes, validation)
    if isinstance(validation, bool) or not isinstance(validation, int | float | np.integer | np.floating):
        cure = "Use validation=0 for no validation"
        if isinstance(validation, str | np.datetime64 | datetime.date):
            cure = f"Use slice({str(validation)!r}, None) for the days from then on"
        raise ValueError(f"validation={validation!r}: expected a slice of times or a share of the days. {cure}.")
    if not 0 <= validation < 1:
        raise ValueError(f"validation={validation}: expected a share from 0 to below 1, or a slice of times.")
    return slice(n - max(patch, round(float(validation) * n)) if validation else n, n)


def _labelled(ds: xr.Dataset, axes: Axes, validation: slice) -> slice:
    """Return the indices of the times between two labels.

    Raises
    ------
    ValueError
        The ends are no times, or there is no time between them.
    """
    if axes.time not in ds.coords:
        raise ValueError(
            f"validation={_text(validation)}: expected a share of the days, because {axes.time!r} has no coordinate. "
            f"Use a share, or ds.assign_coords({axes.time}=...)."
        )
    index = ds[axes.time].to_index()
    record = f"{index[0]!s:.16} to {index[-1]!s:.16}"
    try:
        indices = index.slice_indexer(validation.start, validation.stop)
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(
            f"validation={_text(validation)}: expected times as in {axes.time!r}, {record}. Use, for example, "
            f"slice({str(index[len(index) // 2])[:10]!r}, None)."
        ) from error
    if indices.stop <= indices.start:
        raise ValueError(
            f"validation={_text(validation)}: expected times of the record, {record}. Use validation=0 for no "
            "validation."
        )
    return slice(indices.start, indices.stop)


def _text(times: slice) -> str:
    return f"slice({times.start!r}, {times.stop!r})"
