"""The time-mean field that is taken away before anything is learned or interpolated.

A permanent front (the Gulf Stream, a seasonal thermal front) is known from the training days; what has to be
estimated is the anomaly x' = x - mean(y, x). The same ``MeanField`` serves the network and every baseline, so that
no method wins by having memorised the mean. Beyond the region it was made on, the mean keeps its edge value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import Axes, positions
from xdvn.grid.streaming import pieces

__all__ = ["MeanField"]


@dataclass(frozen=True)
class MeanField:
    """A mean over time on the grid it was made on, ready to be evaluated on any other.

    Parameters
    ----------
    values : numpy.ndarray
        float64, one value per cell of ``coords``, in the variable's unit; never NaN.
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
        """Average ``da`` over time, skipping NaN; cells never seen take the nearest seen cell's mean.

        Raises
        ------
        ValueError
            When there is not one finite value to average.
        """
        total, count = np.float64(0), np.int64(0)
        for data in pieces(da, axes):
            seen = np.isfinite(data)
            total, count = total + np.where(seen, data, 0.0).sum(0), count + seen.sum(0)
        if not np.any(count):
            raise ValueError(f"{da.name!r} has no finite value: nothing to average. Check fill values and the mask")
        mean = total / np.maximum(count, 1)
        return cls.from_cells(np.where(count > 0, mean, np.nan), [positions(da, d) for d in axes.space])

    @classmethod
    def from_cells(cls, values: np.ndarray, coords: Sequence[np.ndarray]) -> MeanField:
        """Take a field as it is, its axes in either direction; NaN cells get the nearest known one's value."""
        return cls._sorted(_nearest_fill(values, np.isfinite(values)), coords)

    @classmethod
    def plane(cls, da: xr.DataArray, axes: Axes) -> MeanField:
        """Least-squares plane through all finite values: the mean to use when each cell is seen too rarely.

        With no truth, a cell's own average over a few passes would be mostly the eddies that were there.
        """
        data = np.asarray(da.transpose(*axes.dims).values, dtype=np.float64)
        coords = [positions(da, d) for d in axes.space]
        count = np.isfinite(data).sum(0)
        if not count.any():
            raise ValueError(f"{da.name!r} has no finite value: nothing to average. Check fill values and the mask")
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
        """Evaluate on the outer product of ``coords`` (any order of each), linear inside and constant outside.

        Returns
        -------
        numpy.ndarray
            float64, one value per cell of the outer product.
        """
        if all(np.isin(wanted, own).all() for wanted, own in zip(coords, self.coords, strict=True)):
            places = [np.searchsorted(own, wanted) for wanted, own in zip(coords, self.coords, strict=True)]
            return self.values[np.ix_(*places)].astype(np.float64)
        return self.at(np.meshgrid(*coords, indexing="ij"))

    def at(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Evaluate at scattered places: one array for each dimension, all of one shape.

        Returns
        -------
        numpy.ndarray
            float64, of that shape.
        """
        keep = [i for i, c in enumerate(self.coords) if c.size > 1]
        if not keep:
            return np.full(np.shape(places[0]), self.values.item())
        values = self.values.reshape([self.coords[i].size for i in keep])
        inside = np.stack([np.clip(places[i], self.coords[i][0], self.coords[i][-1]) for i in keep], -1)
        return scipy.interpolate.RegularGridInterpolator([self.coords[i] for i in keep], values)(inside)


def _unit(c: np.ndarray) -> np.ndarray:
    span = np.ptp(c)
    return (c - c.mean()) / (span if span > 0 else 1.0)


def _nearest_fill(field: np.ndarray, known: np.ndarray) -> np.ndarray:
    if known.all():
        return field
    index = scipy.ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return field[tuple(index)]
