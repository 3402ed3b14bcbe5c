"""Where there is no sea: kept out of cost, gradient, loss and scores, and NaN in every map.

Land is what is never known in the training truth, or what the caller says. It is looked up by position, so a model
trained on a region knows its coast; beyond that region everything is taken for sea until the caller says otherwise.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions

__all__ = ["LandMask"]


@dataclass(frozen=True)
class LandMask:
    """Sea and land on the training grid.

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
        """Take for land what ``da`` (time and space, in any order) never knows."""
        sea = da.notnull().any(axes.time).transpose(*axes.space).values
        coords = [positions(da, d) for d in axes.space]
        order = [np.argsort(c) for c in coords]
        return cls(sea[np.ix_(*order)], tuple(c[o] for c, o in zip(coords, order, strict=True)))

    def sea_on(self, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Return the nearest cell's state within half a cell, and sea beyond the known region."""
        picked, known = [], []
        for mine, wanted in zip(self.coords, coords, strict=True):
            half = 0.5 * (np.diff(mine).min() if mine.size > 1 else 1.0) * (1 + 1e-6)
            nearest = np.abs(wanted[:, None] - mine[None, :]).argmin(1)
            picked.append(nearest)
            known.append(np.abs(wanted - mine[nearest]) <= half)
        covered = functools.reduce(np.logical_and.outer, known)
        return np.where(covered, self.sea[np.ix_(*picked)], True)
