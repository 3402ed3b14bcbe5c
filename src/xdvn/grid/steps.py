"""The step between the cells of an axis, and positions of points in steps.

Windows and patches count cells, so that an axis needs a step: even within a tenth of a cell (rounded coordinates,
jitter, months), or the step of a calendar that restarts (8-day means of each year, ten-day periods of each month).
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.grid.axes import cell_centres, holds_dates, is_longitude

__all__ = ["axis_step", "fractional_index", "own_step", "point_positions"]

_TOLERANCE = 0.1  # largest distance of a cell from its place on an even axis [cells]


def axis_step(da: xr.Dataset | xr.DataArray, dim: str, *, is_time: bool) -> float:
    """Return the distance between the cells of an axis [days or units of the coordinate].

    Parameters
    ----------
    da : xr.Dataset or xr.DataArray
        Data with the axis.
    dim : str
        Its dimension.
    is_time : bool
        Whether it is the time, which must increase and may follow a calendar.

    Raises
    ------
    ValueError
        The axis has gaps, repeated or unsorted cells, or cells more than a tenth of a step from an even axis.

    Examples
    --------
    >>> months = xr.Dataset(coords={"time": xr.date_range("2001-01-01", periods=24, freq="MS")})
    >>> round(axis_step(months, "time", is_time=True), 1)
    30.4
    """
    at = cell_centres(da, dim)
    if at.size < 2:
        return 1.0
    steps = np.diff(at)
    if not np.isfinite(at).all():
        raise ValueError(f"{dim!r} has {int((~np.isfinite(at)).sum())} missing values. Use ds.dropna({dim!r})")
    if is_time and not (steps > 0).all():
        raise ValueError(_unordered(at, dim))
    step = (at[-1] - at[0]) / steps.size
    if step and _distance_from_even(at) <= _TOLERANCE:
        return float(abs(step))
    if is_time and _follows_a_calendar(da, dim, steps):
        return float(np.median(steps))
    raise ValueError(_uneven_in_time(da, dim, steps) if is_time else _uneven_in_space(at, dim))


def own_step(at: np.ndarray) -> float:
    """Return the step of an axis whose cells may be unordered or missing: the typical distance of next neighbours."""
    gaps = np.diff(np.unique(at))
    return float(np.median(gaps[gaps <= 1.5 * gaps.min()])) if gaps.size else 1.0


def fractional_index(grid: xr.Dataset | xr.DataArray, dim: str, points: xr.Dataset | xr.DataArray) -> np.ndarray:
    """Return the positions of points along one dimension of a grid, in steps from its first cell.

    Raises
    ------
    ValueError
        The axis has one cell only, or no step (see ``axis_step``).
    """
    centres = cell_centres(grid, dim)
    if centres.size < 2:
        raise ValueError(f"{dim!r} has {centres.size} values: expected 2 or more, whose distance is a step")
    axis_step(grid, dim, is_time=dim in grid.coords and holds_dates(grid[dim]))
    at = point_positions(grid, dim, points)
    if _distance_from_even(centres) < 1e-3:
        return (at - centres[0]) * ((centres.size - 1) / (centres[-1] - centres[0]))
    # Between the centres, and with the last step beyond them.
    direction = np.sign(centres[-1] - centres[0])
    inner = np.interp(direction * at, direction * centres, np.arange(centres.size))
    before = np.minimum(direction * (at - centres[0]), 0) / abs(centres[1] - centres[0])
    after = np.maximum(direction * (at - centres[-1]), 0) / abs(centres[-1] - centres[-2])
    positions: np.ndarray = inner + before + after
    return positions


def point_positions(grid: xr.Dataset | xr.DataArray, dim: str, points: xr.Dataset | xr.DataArray) -> np.ndarray:
    """Return the coordinates of points along one dimension of a grid, with longitudes in the convention of the grid.

    Longitudes are moved to within 180 degrees of the middle of the grid.
    """
    at = cell_centres(points, dim)
    if not is_longitude(grid, dim):
        return at
    centres = cell_centres(grid, dim)
    west = 0.5 * (centres.min() + centres.max()) - 180
    moved: np.ndarray = at - 360 * np.floor((at - west) / 360)
    return moved


def _distance_from_even(at: np.ndarray) -> float:
    """Return the largest distance of a cell from its place on the even axis that fits best [cells]."""
    cells = np.arange(at.size) - 0.5 * (at.size - 1)
    step = float(cells @ at / (cells @ cells))
    return float(np.abs(at - at.mean() - step * cells).max() / abs(step)) if step else np.inf


def _follows_a_calendar(da: xr.Dataset | xr.DataArray, dim: str, steps: np.ndarray) -> bool:
    """Return whether periods restart every year or every month, and none is missing."""
    usual = float(np.median(steps))
    if dim not in da.coords or not holds_dates(da[dim]) or steps.min() < 0.35 * usual or steps.max() > 1.45 * usual:
        return False
    new_year = np.diff(da[dim].dt.year.values) > 0
    days = np.unique(da[dim].dt.day.values)
    of_months = days.size <= 6 and steps.size >= 2 * days.size
    return of_months or bool((new_year | (np.abs(steps - usual) <= _TOLERANCE * usual)).all())


def _unordered(at: np.ndarray, dim: str) -> str:
    repeated = at.size - np.unique(at).size
    if repeated:
        return (
            f"{dim!r} has {repeated} repeated times: expected each once, in increasing order. Average them with "
            f"ds.groupby({dim!r}).mean(keep_attrs=True)"
        )
    return f"{dim!r} does not increase from step to step: expected increasing times. Use ds.sortby({dim!r})"


def _uneven_in_time(da: xr.Dataset | xr.DataArray, dim: str, steps: np.ndarray) -> str:
    step = own_step(np.concatenate([[0.0], np.cumsum(steps)]))
    multiples = np.round(steps / step)
    dated = dim in da.coords and holds_dates(da[dim])
    got = f"{dim!r} has steps of {steps.min():g} to {steps.max():g} days"
    if not ((multiples >= 1).all() and (np.abs(steps / step - multiples) <= _TOLERANCE).all()):
        usual = float(np.median(steps))
        usual = 1.0 if 0.75 <= usual <= 1.5 else usual
        means = f"ds.resample({dim}={_frequency(usual)!r}).mean()"
        means = means if dated else f"ds.groupby_bins({dim!r}, ...).mean()"
        return f"{got}: expected even steps. Average the observations of each step with {means}"
    missing = int(multiples.sum()) - steps.size
    first, last = (f"ds.{dim}.values[{i}]" for i in (0, -1))
    if not dated:
        places = f"np.arange({first}, {last} + {step / 2:g}, {step:g})"
    elif da[dim].dtype.kind == "M":
        places = f"xr.date_range({first}, {last}, freq={_frequency(step)!r}), method='nearest', "
        places += f"tolerance='{6 * step:.6g}h'"
    else:
        start, end = (da[dim].values[i] for i in (0, -1))
        places = f"xr.date_range({start.isoformat()!r}, {end.isoformat()!r}, freq={_frequency(step)!r}, "
        places += f"calendar={start.calendar!r}, use_cftime=True)"
    return f"{got}, {missing} missing: expected even steps. Insert gaps with ds.reindex({dim}={places})"


def _frequency(step: float) -> str:
    return "D" if step == 1 else f"{24 * step:.6g}h"


def _uneven_in_space(at: np.ndarray, dim: str) -> str:
    steps = np.diff(at)
    if not ((steps > 0).all() or (steps < 0).all()):
        repeated = at.size - np.unique(at).size
        cure = f"ds.groupby({dim!r}).mean()" if repeated else f"ds.sortby({dim!r})"
        return f"{dim!r} is not in order ({repeated} repeated): expected one direction, each once. Use {cure}"
    sizes = np.abs(steps)
    if sizes.min() < 0.01 * sizes.max():
        return (
            f"{dim!r} has steps of {sizes.min():g} to {sizes.max():g}: two axes that differ by rounding were merged. "
            f"Merge again with join='override', or after a.assign_coords({dim}=b[{dim!r}])"
        )
    step, half = float(np.sign(steps[0]) * sizes.min()), sizes.min() / 2
    return (
        f"{dim!r} has steps of {sizes.min():g} to {sizes.max():g}: expected even steps. Move cells to an even axis, as "
        f"with ds.reindex({dim}=np.arange({at[0]:.8g}, {at[-1] + step / 2:.8g}, {step:.8g}), method='nearest', "
        f"tolerance={half:.6g})"
    )
