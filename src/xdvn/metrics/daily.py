"""Sums by day, from which the scores of any set of days follow.

Most scores are functions of sums over points, such as mu = 1 - sqrt(sum e^2 / sum y^2). With sums by day, the score of
resampled days costs a few additions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import cell_centres, holds_dates

__all__ = ["DailySums", "days_of"]


@dataclass(frozen=True)
class DailySums:
    """Named sums by day.

    Parameters
    ----------
    days : numpy.ndarray
        (item,) whole numbers, the day of each item: one item per day (``of``) or one per map.
    sums : mapping
        Arrays (item, ...) by name; ``n``, the number of points, is one of them.

    Examples
    --------
    >>> sums = DailySums.of(np.array([5.1, 5.7, 8.0]), error=np.array([1.0, 2.0, 4.0]))
    >>> sums.days.tolist(), sums.total()["error"].item(), sums.total(np.array([0, 0]))["n"].item()
    ([5, 8], 7.0, 4.0)
    """

    days: np.ndarray
    sums: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, times: np.ndarray, **quantities: np.ndarray | Iterable[np.ndarray]) -> DailySums:
        """Sum quantities of points by day.

        Parameters
        ----------
        times : numpy.ndarray
            (point,) times [days], with any origin.
        **quantities
            Arrays (point,), or iterables of them. Sums of an iterable are stacked on a last axis.
        """
        days, index = np.unique(np.floor(times).astype(np.int64), return_inverse=True)

        def by_day(weights: np.ndarray | None) -> np.ndarray:
            return np.bincount(index, weights, days.size).astype(np.float64)

        sums = {"n": by_day(None)}
        for name, values in quantities.items():
            if isinstance(values, np.ndarray):
                sums[name] = by_day(values)
            else:
                sums[name] = np.stack([by_day(weights) for weights in values], axis=-1)
        return cls(days, sums)

    def total(self, drawn: np.ndarray | slice = slice(None)) -> dict[str, np.ndarray]:
        """Return the sums over all items, or over drawn indices with their repeats."""
        return {name: np.asarray(values[drawn].sum(axis=0)) for name, values in self.sums.items()}


def days_of(da: xr.DataArray) -> xr.DataArray:
    """Return the time of every point [days], on the dimension of its coordinate.

    Raises
    ------
    ValueError
        If there is no coordinate of dates, or more than one.
    """
    dated = [str(name) for name, coord in da.coords.items() if coord.ndim == 1 and holds_dates(coord)]
    if len(dated) != 1:
        raise ValueError(
            f"{da.name or 'the field'} has the coordinates of dates {dated}: expected exactly one. Use "
            "da.assign_coords(time=('point', times))"
        )
    return xr.DataArray(cell_centres(da, dated[0]), dims=da[dated[0]].dims)
