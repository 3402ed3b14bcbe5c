"""Cells that two grids share, matched by coordinate within a tenth of a cell.

Files of one grid differ in the last digits of their coordinates (float32 or float64), in the order of storage, by 360
degrees of longitude or in the type of their dates. xarray aligns labels that are equal bit for bit and drops all
others. Here, cells are the same if their centres are closer than a tenth of the distance to the next cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.grid.axes import cell_centres, holds_dates, is_longitude

__all__ = ["match_centres", "match_grids", "on_grid_of"]

TOLERANCE = 0.1
"""Largest distance between the centres of one cell in two grids [distance to the next cell]."""

_Pair = tuple[str, str]
F = TypeVar("F", xr.DataArray, xr.Dataset)
L = TypeVar("L", xr.DataArray, xr.Dataset)


def match_grids(
    field: F, like: L, dims: Sequence[str], names: _Pair = ("maps", "truth"), *, whole: bool = True, finer: bool = True
) -> tuple[F, L]:
    """Return two fields on the cells that they share, with equal coordinates in the order of ``like``.

    Longitudes may differ by 360 degrees, dates by their type, and both axes may ascend or descend. A dimension without
    coordinate is matched by position.

    Parameters
    ----------
    field, like : xr.DataArray or xr.Dataset
        Fields that have all of ``dims``; neither is changed.
    dims : sequence of str
        Dimensions to match.
    names : (str, str)
        Names of both in error messages.
    whole : bool
        Whether ``field`` must contain every cell of ``like``. If False, ``like`` may also cover a larger region or
        period, and the shared cells are returned. Default: True.
    finer : bool
        Whether coordinates of ``field`` that have more digits replace those of ``like``, so that spectra and areas do
        not depend on the digits of a file. Default: True.

    Returns
    -------
    (xr.DataArray or xr.Dataset, xr.DataArray or xr.Dataset)
        ``field`` and ``like`` on the same cells, with the coordinates of ``like``, or see ``finer``.

    Raises
    ------
    ValueError
        The grids share no cell; their cells lie between each other, such as half a cell apart; ``field`` lacks cells
        of ``like`` although ``whole``; or one time axis contains dates and the other numbers.

    Examples
    --------
    >>> maps = xr.DataArray([1.0, 2.0, 3.0], {"lon": [10.1, 10.2, 10.3]}, ("lon",))
    >>> truth = xr.DataArray([5.0, 4.0], {"lon": np.array([370.3, 370.2], "f4")}, ("lon",))
    >>> same_cells, _ = match_grids(maps, truth, ("lon",))
    >>> same_cells.values.tolist()
    [3.0, 2.0]
    """
    for dim in dims:
        index = _match(field, like, dim, names)
        found = index >= 0
        if not found.any() or (whole and not found.all()):
            raise ValueError(_message(field, like, dim, names, index))
        labels = _finer_labels(field, like, dim, index, found) if finer else None
        field = field.isel({dim: _as_slice(index[found])})
        like = like if found.all() else like.isel({dim: _as_slice(np.flatnonzero(found))})
        if labels is not None:
            like = like.assign_coords({dim: like[dim].copy(data=labels)})
        if dim in like.coords:
            field = field.assign_coords({dim: like[dim]})
    return field, like


def on_grid_of(field: F, like: L, dims: Sequence[str], names: _Pair) -> F:
    """Return ``field`` on all cells of ``like``, with its coordinates bit for bit; arguments as for ``match_grids``.

    Examples
    --------
    >>> mdt = xr.DataArray([1.0, 2.0, 3.0], {"lat": np.array([40.1, 40.2, 40.3], "f4")}, ("lat",))
    >>> sla = xr.DataArray([0.0, 0.0], {"lat": [40.2, 40.1]}, ("lat",))
    >>> (sla + on_grid_of(mdt, sla, ["lat"], ("mdt", "sla"))).values.tolist()
    [2.0, 1.0]
    """
    return match_grids(field, like, dims, names, finer=False)[0]


def match_centres(
    own: np.ndarray,
    requested: np.ndarray,
    *,
    tolerance: float = TOLERANCE,
    period: float | None = None,
    step: float = 1e-2,
) -> np.ndarray:
    """Return the index of the cell of ``own`` at each of the ``requested`` centres, -1 where there is none.

    Parameters
    ----------
    own, requested : numpy.ndarray
        Cell centres along one dimension, float64, in any order.
    tolerance : float
        Largest distance between centres, as a share of the distance to the next cell of either grid.
    period : float, optional
        Period of the coordinate: 360 for longitudes.
    step : float
        Distance to the next cell if both have one cell only.

    Examples
    --------
    >>> match_centres(np.array([10.0, 11.0, 12.0]), np.array([372.0, 11.04, 11.5]), period=360).tolist()
    [2, 1, -1]
    """
    if own.size == requested.size:
        # In the same order, so that repeated times, as of two satellites, keep their own values.
        apart = np.abs(own - requested)
        apart = apart if period is None else np.abs(apart - period * np.round(apart / period))
        steps = np.minimum(_steps(own), _steps(requested))
        if (apart <= tolerance * np.where(np.isfinite(steps), steps, step)).all():
            return np.arange(own.size)
    nearest, distance, spacing = _nearest(own, requested, period, step)
    return np.where(distance <= tolerance * spacing, nearest, -1)


def _nearest(
    own: np.ndarray, requested: np.ndarray, period: float | None, step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the nearest cell of ``own`` for each request, its distance, and the smaller step of both grids there."""
    if not own.size:
        return np.full(requested.size, -1), np.full(requested.size, np.inf), np.full(requested.size, step)
    if period is not None:
        own, requested = own % period, requested % period
    index, steps = np.argsort(own, kind="stable"), _steps(own)
    if period is not None:  # cells on both sides of the cut are neighbours
        own = np.concatenate([[own[index[-1]] - period], own[index], [own[index[0]] + period]])
        index = np.concatenate([index[-1:], index, index[:1]])
    else:
        own = own[index]
    right = np.clip(np.searchsorted(own, requested), 1, max(1, own.size - 1))
    left = right - 1
    right = np.minimum(right, own.size - 1)
    at = np.where(np.abs(own[right] - requested) < np.abs(requested - own[left]), right, left)
    spacing = np.minimum(steps[index[at]], _steps(requested))
    return index[at], np.abs(own[at] - requested), np.where(np.isfinite(spacing), spacing, step)


def _steps(centres: np.ndarray) -> np.ndarray:
    """Return the distance of each centre to the next one; infinite if there is one only."""
    order = np.argsort(centres, kind="stable")
    gaps = np.diff(centres[order])
    gaps = np.concatenate([[np.inf], np.where(gaps > 0, gaps, np.inf), [np.inf]])
    steps = np.empty(centres.size)
    steps[order] = np.minimum(gaps[:-1], gaps[1:])
    return steps


def _match(field: xr.DataArray | xr.Dataset, like: xr.DataArray | xr.Dataset, dim: str, names: _Pair) -> np.ndarray:
    """Return the index of the cell of ``field`` for each cell of ``like``, -1 where there is none."""
    numbers = _comparable(field, like, dim, names)
    if numbers is None:
        if np.array_equal(field[dim].values, like[dim].values):
            return np.arange(like.sizes[dim])
        return pd.Index(field[dim].values).get_indexer(pd.Index(like[dim].values))
    own, requested = numbers
    period, step = _period(field, like, dim), _default_step(like, dim)
    index = match_centres(own, requested, period=period, step=step)
    # Cells that lie between the cells of the other grid are on another grid, not outside the region or period.
    for a, b, missed in ((own, requested, index < 0), (requested, own, ~np.isin(np.arange(own.size), index))):
        _, distance, spacing = _nearest(a, b, period, step)
        if (missed & _lies_between(distance, spacing)).any():
            raise ValueError(_message(field, like, dim, names, index))
    return index


def _lies_between(distance: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Return whether centres are between those of the other grid, neither the same cell nor a next one."""
    return (distance > TOLERANCE * spacing) & (distance < (1 - TOLERANCE) * spacing)


def _comparable(
    field: xr.DataArray | xr.Dataset, like: xr.DataArray | xr.Dataset, dim: str, names: _Pair
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the coordinates of both as numbers in one unit, None if they are labels such as names."""
    if dim not in field.coords or dim not in like.coords:
        if field.sizes[dim] != like.sizes[dim]:
            raise ValueError(
                f"{dim!r} has no coordinate, {field.sizes[dim]} values in {names[0]} and {like.sizes[dim]} in "
                f"{names[1]}: expected the same cells. Use assign_coords({dim}=...) on both"
            )
        cells = np.arange(like.sizes[dim], dtype=np.float64)
        return cells, cells
    a, b = field[dim], like[dim]
    dated = [holds_dates(c) for c in (a, b)]
    if dated[0] != dated[1] and a.size and b.size:
        without = names[dated.index(False)]
        raise ValueError(
            f"{dim!r} has dtype {a.dtype} in {names[0]} and {b.dtype} in {names[1]}: expected dates in both. Use "
            f"xr.decode_cf on the file of {without}"
        )
    if all(dated):
        if _calendar(a) != _calendar(b):
            return _on_one_calendar(a, dim, names), _on_one_calendar(b, dim, names)
    elif not all(c.dtype.kind in "iufm" for c in (a, b)):
        return None
    return cell_centres(field, dim), cell_centres(like, dim)


def _calendar(times: xr.DataArray) -> str:
    if times.dtype.kind == "M":
        return "proleptic_gregorian"
    calendar = str(times.values[0].calendar)
    return "proleptic_gregorian" if calendar in ("standard", "gregorian") else calendar


def _on_one_calendar(times: xr.DataArray, dim: str, names: _Pair) -> np.ndarray:
    """Return the dates of any calendar in days since 1970, by year, month and day."""
    if times.dtype.kind == "M":
        return cell_centres(times, dim)
    try:
        dates = [np.datetime64(t.isoformat()) for t in times.values]
    except ValueError as error:
        raise ValueError(
            f"{dim!r} has the calendar {_calendar(times)!r} in {names[0]} or {names[1]} only ({error}): expected one "
            f"calendar. Use {names[0]}.convert_calendar('standard', align_on='year'), or the same for {names[1]}"
        ) from error
    return cell_centres(xr.DataArray(np.array(dates, "datetime64[us]"), dims=dim, coords={dim: dates}), dim)


def _period(field: xr.DataArray | xr.Dataset, like: xr.DataArray | xr.Dataset, dim: str) -> float | None:
    return 360.0 if is_longitude(field, dim) or is_longitude(like, dim) else None


def _default_step(like: xr.DataArray | xr.Dataset, dim: str) -> float:
    return 1.0 if dim in like.coords and holds_dates(like[dim]) else 1e-2


def _finer_labels(
    field: xr.DataArray | xr.Dataset, like: xr.DataArray | xr.Dataset, dim: str, index: np.ndarray, found: np.ndarray
) -> np.ndarray | None:
    """Return the labels of the shared cells from ``field``, if they have more digits, else None."""
    if dim not in field.coords or dim not in like.coords:
        return None
    own, labels = field[dim], like[dim]
    if own.dtype.kind != "f" or labels.dtype.kind != "f" or own.dtype.itemsize <= labels.dtype.itemsize:
        return None
    values = own.values[index[found]]
    if _period(field, like, dim) is not None:
        values = values + 360 * np.round((labels.values[found] - values) / 360)
    return values


def _as_slice(index: np.ndarray) -> slice | np.ndarray:
    """Return an evenly spaced index as a slice, which dask arrays and views read without a copy."""
    if index.size < 2:
        return index
    steps = np.diff(index)
    if steps[0] == 0 or not (steps == steps[0]).all():
        return index
    stop = int(index[-1] + steps[0])
    return slice(int(index[0]), None if stop < 0 else stop, int(steps[0]))


def _message(
    field: xr.DataArray | xr.Dataset, like: xr.DataArray | xr.Dataset, dim: str, names: _Pair, index: np.ndarray
) -> str:
    a, b = names
    got, expected = (_span(ds, dim) for ds in (field, like))
    share = "differ" if (index >= 0).any() else "share no coordinates"
    return f"{a} and {b} {share} along {dim!r}: got {got}, expected {expected}. {_cure(field, like, dim, names, index)}"


def _cure(
    field: xr.DataArray | xr.Dataset, like: xr.DataArray | xr.Dataset, dim: str, names: _Pair, index: np.ndarray
) -> str:
    a, b = names
    numbers = _comparable(field, like, dim, names)
    if numbers is None:
        return f"Rename the labels of {b}"
    _, distance, spacing = _nearest(*numbers, _period(field, like, dim), _default_step(like, dim))
    between = (index < 0) & _lies_between(distance, spacing)
    if not between.any():
        if np.isin(np.arange(field.sizes[dim]), index).all():
            return f"Select the shared cells with {b}.sel({dim}={a}[{dim!r}], method='nearest')"
        is_mask = isinstance(field, xr.DataArray) and field.dtype == bool
        return "Select the same cells of both" + ("" if is_mask else f", or use {a}.interp({dim}={b}[{dim!r}])")
    if isinstance(field, xr.DataArray) and field.dtype == bool:
        return f"Use {a}.reindex_like({b}, method='nearest')"
    if dim in like.coords and holds_dates(like[dim]) and float(np.median(spacing)) > 0.9:
        hours = 24 * float(np.median(distance[between]))
        return (
            f"Times are {hours:.3g} h apart: for daily means, use {a}.assign_coords({dim}={a}[{dim!r}].dt.floor('D')) "
            f"and the same for {b}; else {a}.interp({dim}={b}[{dim!r}])"
        )
    return f"Interpolate with {a}.interp({dim}={b}[{dim!r}])"


def _span(ds: xr.DataArray | xr.Dataset, dim: str) -> str:
    values = ds[dim].values
    if not values.size:
        return "no values"
    first, last = (
        str(v)[:16] if values.dtype.kind in "MO" else f"{v:g}" if values.dtype.kind in "iuf" else str(v)
        for v in (values[0], values[-1])
    )
    return f"{values.size} from {first} to {last}"
