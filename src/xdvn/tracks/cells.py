"""Sums over the cells of a grid, for means, offsets, counts and variances.

A cell extends half a step to either side of its coordinate; a wider window in time makes the windows of consecutive
times overlap. Points are added in any number of calls. Only the sums are stored: five double precision numbers and a
count for each cell of a (time, y, x) grid.
"""

from __future__ import annotations

import numpy as np

__all__ = ["CellSums"]


class CellSums:
    """Sums of the points in each cell.

    Parameters
    ----------
    shape : tuple of int
        Numbers of cells along each dimension.
    time_dim : int, optional
        Index of the time dimension, for a window other than a cell. If None, windows are cells.
    half_window : float
        Half width of the window in time [steps]; its start is included, its end is not.
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

    def covers(self, positions: np.ndarray) -> np.ndarray:
        """Return whether positions (dimension, point) are on the grid or in its windows in time."""
        margin = np.full(len(self.shape), 0.5)
        if self.time_dim is not None:
            margin[self.time_dim] = self.half_window
        end = np.array(self.shape) - 1 + margin
        return np.all((positions >= -margin[:, None]) & (positions < end[:, None]), axis=0)

    def add(self, positions: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Add points and return whether they are in any cell.

        Parameters
        ----------
        positions : array, (dimension, point)
            Positions in steps from the centre of the first cell.
        values : array, (point,)
            Measurements, without NaN.
        """
        if self._reference is None and values.size:
            self._reference = float(values[0])  # deviations from it keep their digits if the mean is large
        nearest = np.floor(positions + 0.5).astype(np.int64)
        is_used = np.zeros(values.shape, bool)
        reach = 0 if self.time_dim is None else int(np.ceil(self.half_window - 0.5))
        for shift in range(-reach, reach + 1):
            cell = nearest.copy()
            inside = np.ones(values.shape, bool)
            if self.time_dim is not None:
                cell[self.time_dim] += shift
                distance = positions[self.time_dim] - cell[self.time_dim]
                inside = (distance >= -self.half_window) & (distance < self.half_window)
            inside &= np.all((cell >= 0) & (cell < np.array(self.shape)[:, None]), axis=0)
            self._add_to(cell[:, inside], positions[:, inside], values[inside])
            is_used |= inside
        return is_used

    def _add_to(self, cell: np.ndarray, positions: np.ndarray, values: np.ndarray) -> None:
        flat = np.ravel_multi_index(tuple(cell), self.shape)
        np.add.at(self.count, flat, 1)
        np.add.at(self._value, flat, values)
        np.add.at(self._square, flat, (values - (self._reference or 0.0)) ** 2)
        for total, offset in zip(self._offset, positions - cell, strict=True):
            np.add.at(total, flat, offset)

    def mean(self) -> np.ndarray:
        """Return the mean of the values in each cell, NaN without points."""
        return self._per_point(self._value)

    def offset(self, dim: int) -> np.ndarray:
        """Return the mean position along a dimension relative to the centre of the cell [steps]."""
        return self._per_point(self._offset[dim])

    def variance_within(self) -> float:
        """Return the variance of values about the mean of their cell, pooled over cells with two or more."""
        is_multiple = self.count > 1
        n = self.count[is_multiple]
        if n.size == 0:
            return float("nan")
        deviation = self._value[is_multiple] / n - (self._reference or 0.0)
        return float((self._square[is_multiple] - n * deviation**2).sum() / (n - 1).sum())

    def _per_point(self, total: np.ndarray) -> np.ndarray:
        mean = np.divide(total, self.count, out=np.full(total.size, np.nan), where=self.count > 0)
        return mean.reshape(self.shape)
