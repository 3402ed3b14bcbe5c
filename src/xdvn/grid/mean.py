"""Time-mean field that is subtracted before training or interpolation.

Methods estimate the anomaly x' = x - mean(y, x). The network and the baselines use the same mean, so that their scores
compare anomalies alone. Outside its grid, the mean has the value at the nearest edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres
from xdvn.grid.coordinates import contiguous
from xdvn.grid.matching import match_centres
from xdvn.grid.time_chunks import iter_time_chunks

__all__ = ["MeanField"]


@dataclass(frozen=True)
class MeanField:
    """A time mean on a grid, which can be evaluated on other grids.

    Parameters
    ----------
    values : numpy.ndarray
        float64, one value per cell of ``coords``, in the unit of the variable, without NaN.
    coords : tuple of numpy.ndarray
        Strictly increasing cell centres of each space dimension.

    Examples
    --------
    >>> mean = MeanField(np.array([1.0, 3.0]), (np.array([10.0, 11.0]),))
    >>> mean.on([np.array([9.0, 10.5, 11.0])]).tolist()
    [1.0, 2.0, 3.0]
    """

    values: np.ndarray
    coords: tuple[np.ndarray, ...]

    @classmethod
    def from_data(cls, da: xr.DataArray, axes: Axes) -> MeanField:
        """Average ``da`` over time without NaN; cells that are always NaN get the mean of the nearest other cell.

        Raises
        ------
        ValueError
            ``da`` has no finite value.
        """
        da = contiguous(da, axes)
        total, count = np.float64(0), np.int64(0)
        for data in iter_time_chunks(da, axes):
            finite = np.isfinite(data)
            total, count = total + np.where(finite, data, 0.0).sum(0), count + finite.sum(0)
        if not np.any(count):
            raise ValueError(f"{da.name!r} has no finite value: nothing to average. Check fill values and the mask.")
        mean = total / np.maximum(count, 1)
        return cls.from_cells(np.where(count > 0, mean, np.nan), [cell_centres(da, d) for d in axes.space])

    @classmethod
    def from_cells(cls, values: np.ndarray, coords: Sequence[np.ndarray]) -> MeanField:
        """Return a given mean, with axes in either direction; NaN cells get the value of the nearest other cell."""
        return cls._sorted(_nearest_fill(values, np.isfinite(values)), coords)

    @classmethod
    def plane(cls, da: xr.DataArray, axes: Axes) -> MeanField:
        """Fit a least-squares plane to all finite values, for cells with few observations.

        The average of a few satellite passes over a cell would contain the eddies of those days.
        """
        da = contiguous(da, axes)
        data = np.asarray(da.transpose(*axes.dims).values, dtype=np.float64)
        coords = [cell_centres(da, d) for d in axes.space]
        count = np.isfinite(data).sum(0)
        if not count.any():
            raise ValueError(f"{da.name!r} has no finite value: nothing to average. Check fill values and the mask.")
        mesh = np.meshgrid(*[_unit(c) for c in coords], indexing="ij")
        design = np.stack([np.ones_like(mesh[0]), *mesh], -1).reshape(-1, 1 + len(coords))
        weight = np.sqrt(count.ravel())
        mean = (np.where(np.isfinite(data), data, 0.0).sum(0) / np.maximum(count, 1)).ravel()
        slope, *_ = np.linalg.lstsq(design * weight[:, None], mean * weight, rcond=None)
        return cls._sorted((design @ slope).reshape(count.shape), coords)

    @classmethod
    def _sorted(cls, values: np.ndarray, coords: Sequence[np.ndarray]) -> MeanField:
        for axis, c in enumerate(coords):
            if c.size > 1 and c[0] > c[-1]:
                values = np.flip(values, axis)
        return cls(np.ascontiguousarray(values), tuple(np.sort(c) for c in coords))

    def on(self, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Evaluate on the outer product of ``coords``, each in any order: linear inside, constant outside.

        Returns
        -------
        numpy.ndarray
            float64, one value per cell of the outer product.
        """
        # A thousandth of a cell: coordinates that were rounded to float32 are those of the same cells.
        cells = [match_centres(own, c, tolerance=1e-3) for own, c in zip(self.coords, coords, strict=True)]
        if all((index >= 0).all() for index in cells):
            return self.values[np.ix_(*cells)].astype(np.float64)
        return self.at(np.meshgrid(*coords, indexing="ij"))

    def at(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Evaluate at scattered positions: one array per dimension, all of one shape.

        Returns
        -------
        numpy.ndarray
            float64, of that shape.
        """
        axes = [i for i, c in enumerate(self.coords) if c.size > 1]
        if not axes:
            return np.full(np.shape(places[0]), self.values.item())
        values = self.values.reshape([self.coords[i].size for i in axes])
        inside = np.stack([np.clip(places[i], self.coords[i][0], self.coords[i][-1]) for i in axes], -1)
        return scipy.interpolate.RegularGridInterpolator([self.coords[i] for i in axes], values)(inside)


def _unit(c: np.ndarray) -> np.ndarray:
    span = np.ptp(c)
    return (c - c.mean()) / (span if span > 0 else 1.0)


def _nearest_fill(field: np.ndarray, finite: np.ndarray) -> np.ndarray:
    if finite.all():
        return field
    index = scipy.ndimage.distance_transform_edt(~finite, return_distances=False, return_indices=True)
    return field[tuple(index)]
