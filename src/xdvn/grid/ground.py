"""What does not change in time on one grid: the mean of each variable, how steep it is, and where its sea lies.

Made once for a whole field and cut with it, so that a block of the field is packed and unpacked exactly as the whole
is. Called by ``GridSpec``, for eager and blockwise reconstructions alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions
from xdvn.grid.spacing import descending, grid_positions
from xdvn.grid.variable import Variable

__all__ = ["Ground"]


@dataclass(frozen=True)
class Ground:
    """Fields on (variable, *space), axes in the direction of growing coordinates.

    Parameters
    ----------
    mean : numpy.ndarray
        Training mean of each variable, float64, in its unit.
    slopes : numpy.ndarray
        (variable, *space, dim): its change from cell to cell along each dimension.
    sea : numpy.ndarray
        True where the variable has a value.
    """

    mean: np.ndarray
    slopes: np.ndarray
    sea: np.ndarray

    @classmethod
    def of(cls, variables: Sequence[Variable], da: xr.DataArray, axes: Axes, valid: xr.DataArray | None) -> Ground:
        """Evaluate means and land masks on the grid of ``da``; ``valid`` overrides the masks.

        Raises
        ------
        ValueError
            ``valid`` is not made of booleans on the horizontal dimensions and cells of ``da``.
        """
        coords = grid_positions(da, axes)
        mean = np.stack([v.normaliser.mean.on(coords) for v in variables])
        if valid is None:
            sea = np.stack([v.land.sea_on(coords) for v in variables])
        else:
            sea = np.broadcast_to(_sea(valid, da, axes), mean.shape)
        return cls(mean, np.stack([_slopes(m) for m in mean]), sea)

    def at(self, place: Sequence[np.ndarray]) -> Ground:
        """Return the part at some indices along each dimension of space."""
        index: tuple[Any, ...] = (slice(None), *np.ix_(*place))
        return Ground(*(field[index] for field in (self.mean, self.slopes, self.sea)))


def _slopes(mean: np.ndarray) -> np.ndarray:
    """Change of the mean from cell to cell along each dimension, on a last axis."""
    return np.stack([np.gradient(mean, axis=d) if n > 1 else np.zeros_like(mean) for d, n in enumerate(mean.shape)], -1)


def _sea(valid: xr.DataArray, da: xr.DataArray, axes: Axes) -> np.ndarray:
    expected = f"expected booleans (True at sea) on {axes.space}, such as ds['depth'] > 0"
    if set(valid.dims) != set(axes.space) or valid.dtype != bool:
        raise ValueError(f"valid= has the dimensions {valid.dims} and dtype {valid.dtype}; {expected}")
    sizes = {d: da.sizes[d] for d in axes.space}
    if dict(valid.sizes) != sizes:
        raise ValueError(f"valid= has the sizes {dict(valid.sizes)}, the field {sizes}; {expected}, of the same cells")
    for dim in axes.space:
        if dim not in valid.coords or dim not in da.coords:
            continue
        if not np.allclose(np.sort(positions(valid, dim)), np.sort(positions(da, dim))):
            raise ValueError(
                f"valid= lies at other {dim!r} than the field; bring it there, as in valid.reindex_like(ds, "
                "method='nearest')"
            )
    # By its own order: a mask may run the other way than the field.
    own = valid if all(d in valid.coords for d in axes.space) else valid.assign_coords({d: da[d] for d in axes.space})
    turned = tuple(slice(None, None, -1 if descending(own, d) else 1) for d in axes.space)
    return own.transpose(*axes.space).values[turned]
