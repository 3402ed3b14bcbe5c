"""Static fields of a grid: the mean, its gradient and the ocean mask of each variable.

They are computed once for a whole field and cut into blocks with it, so that results do not depend on the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.coordinates import ascending_cell_centres, is_descending
from xdvn.grid.matching import on_grid_of
from xdvn.grid.variable import Variable

__all__ = ["StaticFields", "mask_on_grid_of"]


@dataclass(frozen=True)
class StaticFields:
    """Fields that do not change in time, on (variable, *space) with ascending axes.

    Parameters
    ----------
    mean : numpy.ndarray
        Training mean of each variable, float64, in the unit of the variable.
    slopes : numpy.ndarray
        (variable, *space, dim): change of the mean per grid cell along each dimension.
    sea : numpy.ndarray
        True where the variable has a value.
    """

    mean: np.ndarray
    slopes: np.ndarray
    sea: np.ndarray

    @classmethod
    def on_grid(
        cls, variables: Sequence[Variable], da: xr.DataArray, axes: Axes, ocean_mask: xr.DataArray | None
    ) -> StaticFields:
        """Evaluate means and land masks on the grid of ``da``; ``ocean_mask`` overrides the masks.

        Raises
        ------
        ValueError
            ``ocean_mask`` is not boolean, or not on the horizontal grid of ``da``.
        """
        coords = ascending_cell_centres(da, axes)
        mean = np.stack([v.normaliser.mean.on(coords) for v in variables])
        if ocean_mask is None:
            sea = np.stack([v.land.sea_on(coords) for v in variables])
        else:
            own = mask_on_grid_of(ocean_mask, da, axes)
            ascending = tuple(slice(None, None, -1 if is_descending(da, d) else 1) for d in axes.space)
            sea = np.broadcast_to(own.transpose(*axes.space).values[ascending], mean.shape)
        return cls(mean, np.stack([_slopes(m) for m in mean]), sea)

    def at(self, place: Sequence[np.ndarray]) -> StaticFields:
        """Return the part at the indices ``place`` along each space dimension."""
        index: tuple[Any, ...] = (slice(None), *np.ix_(*place))
        return StaticFields(*(field[index] for field in (self.mean, self.slopes, self.sea)))


def _slopes(mean: np.ndarray) -> np.ndarray:
    """Return the change of the mean per grid cell along each dimension, on the last axis."""
    return np.stack([np.gradient(mean, axis=d) if n > 1 else np.zeros_like(mean) for d, n in enumerate(mean.shape)], -1)


def mask_on_grid_of(ocean_mask: xr.DataArray, da: xr.DataArray, axes: Axes) -> xr.DataArray:
    """Return the ocean mask on the horizontal cells of ``da``, matched by coordinate.

    Raises
    ------
    ValueError
        The mask is not boolean, or not on the horizontal grid of ``da``.
    """
    expected = f"expected booleans (True at sea) on {axes.space}, such as ds['depth'] > 0."
    if set(ocean_mask.dims) != set(axes.space) or ocean_mask.dtype != bool:
        raise ValueError(f"ocean_mask= has the dimensions {ocean_mask.dims} and dtype {ocean_mask.dtype}; {expected}")
    sizes = {d: da.sizes[d] for d in axes.space}
    if dict(ocean_mask.sizes) != sizes:
        raise ValueError(
            f"ocean_mask= has the sizes {dict(ocean_mask.sizes)}, the field {sizes}; expected the same cells."
        )
    return on_grid_of(ocean_mask, da, axes.space, ("ocean_mask", "ds"))
