"""How cells follow one another: ascending positions, even steps, sizes in kilometres.

Arrays inside run with growing coordinates, whichever way the caller stores them.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions

__all__ = ["descending", "grid_positions", "grid_spacing"]


def grid_positions(da: xr.DataArray, axes: Axes) -> list[np.ndarray]:
    """Return the cell centres of the space dimensions in the order of growing coordinates.

    Where a window crosses the end of a circle of longitudes (..., 179, -180, ...), they grow but for one step.
    """
    return [positions(da, d)[:: -1 if descending(da, d) else 1] for d in axes.space]


def grid_spacing(da: xr.DataArray, axes: Axes) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Distances between cells along (time, *space), and horizontally in km where coordinates are degrees.

    Raises
    ------
    ValueError
        An axis is not evenly spaced: the windows of a network mean nothing there.
    """
    spacing = [_even_step(positions(da, d), d, d == axes.time) for d in axes.dims]
    cell_size = []
    for dim, step in zip(axes.space, spacing[1:], strict=True):
        in_degrees = dim in da.coords and str(da[dim].attrs.get("units", "")).startswith("degree")
        shrink = np.cos(np.deg2rad(positions(da, axes.space[0]).mean())) if dim != axes.space[0] else 1.0
        cell_size.append(step * 111.195 * float(shrink) if in_degrees else step)
    return tuple(spacing), tuple(cell_size)


def _even_step(at: np.ndarray, dim: str, is_time: bool) -> float:
    if at.size < 2:
        return 1.0
    steps = np.diff(at)
    if is_time and not (steps > 0).all():
        raise ValueError(
            f"{dim!r} does not increase from step to step; sort it with ds.sortby({dim!r}) and drop repeats"
        )
    step = float(np.median(np.abs(steps)))
    if step == 0 or not (np.allclose(steps, step, rtol=0.01) or np.allclose(steps, -step, rtol=0.01)):
        cure = f"ds.resample({dim}='1D').mean()" if is_time else f"ds.interp({dim}=np.linspace(...))"
        raise ValueError(
            f"{dim!r} is not evenly spaced: steps from {steps.min():g} to {steps.max():g}; regrid it, as in {cure}"
        )
    return step


def descending(da: xr.Dataset | xr.DataArray, dim: str) -> bool:
    """Tell whether a dimension is stored against the growth of its coordinate."""
    at = positions(da, dim)
    return at.size > 1 and bool(np.median(np.diff(at)) < 0)
