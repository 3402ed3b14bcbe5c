"""Sums over the cells of a grid, from which means, offsets, counts and variances follow.

A cell extends half a step to either side of its coordinate; in time, a wider window may be set, so that windows of
neighbouring times overlap. Points are added in portions of any size, and only the sums are stored: five double
precision numbers and a count for each cell of a (time, y, x) grid.
"""

from __future__ import annotations

import numpy as np

__all__ = ["CellSums"]


class CellSums:
    """Sums of the points in each cell; ``add`` adds more points.

    Parameters
    ----------
    shape : tuple of int
        Numbers of cells along each dimension.
    time_dim : int, optional
        Which dimension is time, if windows there may be wider than a cell.
    half_window : float
        Points count for a time up to this many steps before it, and less than that after it.
    """

    def __init__(self, shape: tuple[int, ...], time_dim: int | None = None, half_window: float = 0.5) -> None:
        self.shape = shape
        self.time_dim = time_dim
        self.half_window = half_window
        size = int(np.prod(shape))
        self.count = np.zeros(size, np.int64)
        self._reference: float | None = None
        self._value = np.zeros(size)
        self._square = np.zeros(size)
        self._offset = np.zeros((len(shape), size))

    def covers(self, where: np.ndarray) -> np.ndarray:
        """Return which positions (dimension, point) lie on the grid, windows in time included."""
        margin = np.full(len(self.shape), 0.5)
        if self.time_dim is not None:
            margin[self.time_dim] = self.half_window
        end = np.array(self.shape) - 1 + margin
        return np.all((where >= -margin[:, None]) & (where < end[:, None]), axis=0)

    def add(self, where: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Add points and return which of them lie in any cell.

        Parameters
        ----------
        where : array, (dimension, point)
            Positions in steps from the first cell's centre.
        values : array, (point,)
            Measurements, without NaN.
        """
        if self._reference is None and values.size:
            self._reference = float(values[0])  # squares of deviations from it lose no digits to a large mean
        nearest = np.floor(where + 0.5).astype(np.int64)
        used = np.zeros(values.shape, bool)
        reach = 0 if self.time_dim is None else int(np.ceil(self.half_window - 0.5))
        for shift in range(-reach, reach + 1):
            cell = nearest.copy()
            inside = np.ones(values.shape, bool)
            if self.time_dim is not None:
                cell[self.time_dim] += shift
                distance = where[self.time_dim] - cell[self.time_dim]
                inside = (distance >= -self.half_window) & (distance < self.half_window)
            inside &= np.all((cell >= 0) & (cell < np.array(self.shape)[:, None]), axis=0)
            self._add_to(cell[:, inside], where[:, inside], values[inside])
            used |= inside
        return used

    def _add_to(self, cell: np.ndarray, where: np.ndarray, values: np.ndarray) -> None:
        flat = np.ravel_multi_index(tuple(cell), self.shape)
        np.add.at(self.count, flat, 1)
        np.add.at(self._value, flat, values)
        np.add.at(self._square, flat, (values - (self._reference or 0.0)) ** 2)
        for total, offset in zip(self._offset, where - cell, strict=True):
            np.add.at(total, flat, offset)

    def mean(self) -> np.ndarray:
        """Return the mean of the values in each cell, NaN where there are none."""
        return self._per_point(self._value)

    def offset(self, dim: int) -> np.ndarray:
        """Return the mean position along a dimension relative to the cell's centre [steps]."""
        return self._per_point(self._offset[dim])

    def variance_within(self) -> float:
        """Return the variance of single values about their cell's mean, pooled over all cells with two or more."""
        several = self.count > 1
        n = self.count[several]
        if n.size == 0:
            return float("nan")
        deviation = self._value[several] / n - (self._reference or 0.0)
        return float((self._square[several] - n * deviation**2).sum() / (n - 1).sum())

    def _per_point(self, total: np.ndarray) -> np.ndarray:
        mean = np.divide(total, self.count, out=np.full(total.size, np.nan), where=self.count > 0)
        return mean.reshape(self.shape)
