"""Land mask of the training grid. Land is excluded from cost, gradient, loss and scores, and NaN in every map.

A cell is land if the training truth has no value there at any time, or by the ``ocean_mask`` argument. Masks are
matched by position; outside the training region all cells are sea unless ``ocean_mask`` is passed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres
from xdvn.grid.coordinates import contiguous

__all__ = ["LandMask"]


@dataclass(frozen=True)
class LandMask:
    """Sea and land of the training grid.

    Parameters
    ----------
    sea : numpy.ndarray
        Booleans (*space), True at sea.
    coords : tuple of numpy.ndarray
        Ascending cell centres.

    Examples
    --------
    >>> coast = LandMask(np.array([False, True]), (np.array([0.0, 1.0]),))
    >>> coast.sea_on([np.array([0.0, 1.0, 2.0])]).tolist()
    [False, True, True]
    """

    sea: np.ndarray
    coords: tuple[np.ndarray, ...]

    @classmethod
    def from_data(cls, da: xr.DataArray, axes: Axes) -> LandMask:
        """Return the mask in which cells where ``da`` (time and space, in any order) is always NaN are land."""
        da = contiguous(da, axes)
        sea = da.notnull().any(axes.time).transpose(*axes.space).values
        coords = [cell_centres(da, d) for d in axes.space]
        order = [np.argsort(c) for c in coords]
        return cls(sea[np.ix_(*order)], tuple(c[o] for c, o in zip(coords, order, strict=True)))

    def sea_on(self, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Return True at sea for the cells at ``coords``; beyond half a cell of the training grid, all are sea."""
        picked, inside = [], []
        for own, requested in zip(self.coords, coords, strict=True):
            half = 0.5 * (np.diff(own).min() if own.size > 1 else 1.0) * (1 + 1e-6)
            nearest = np.abs(requested[:, None] - own[None, :]).argmin(1)
            picked.append(nearest)
            inside.append(np.abs(requested - own[nearest]) <= half)
        covered = functools.reduce(np.logical_and.outer, inside)
        return np.where(covered, self.sea[np.ix_(*picked)], True)
