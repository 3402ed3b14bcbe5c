"""Gaps borrowed from reality: where real satellites measured, and what real clouds left open.

Real sampling has what formulas have not: edited points, outages, clouds that know the coast. ``replay_track_sampling``
takes the places and times of real measurements, not their values, and repeats them over the period of a truth, which
``sample`` then reads; ``replay_cloud_masks`` lays real masks over other days or another sea, as DINCAE does to validate
itself: Barth et al. (2020), doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["replay_cloud_masks", "replay_track_sampling"]


def replay_track_sampling(
    points: xr.Dataset, start: str | np.datetime64 | pd.Timestamp, days: int, *, period: int | None = None
) -> xr.Dataset:
    """Repeat the sampling of real measurements over another time.

    The first calendar day of the measurements is laid on ``start``, and after ``period`` days they begin again; the
    time of day stays.

    Parameters
    ----------
    points : xr.Dataset
        Measurements with the coordinates ``time``, ``lat``, ``lon`` on one dimension, such as ``xdvn.readers.read``
        returns for tracks; their values are not used.
    start : datetime-like
        First day.
    days : int
        Number of days to cover.
    period : int, optional
        Days after which the measurements repeat, by default the calendar days that they touch. For an exact repeat of
        a satellite's pattern give its cycle.

    Returns
    -------
    xr.Dataset
        The coordinates on ``point``, in order of time.

    Raises
    ------
    ValueError
        If there are no points, or if days or period are not positive.

    Examples
    --------
    >>> time = np.array(["2014-05-15T06", "2014-05-16T18"], "datetime64[ns]")
    >>> places = {"time": ("point", time), "lat": ("point", [40.0, 41.0]), "lon": ("point", [5.0, 6.0])}
    >>> real = xr.Dataset(coords=places)
    >>> np.datetime_as_string(replay_track_sampling(real, "2005-04-01", days=3).time, "h").tolist()
    ['2005-04-01T06', '2005-04-02T18', '2005-04-03T06']
    """
    time = points["time"].values.astype("datetime64[ns]").ravel()
    if time.size == 0:
        raise ValueError("there are no points to borrow the sampling from")
    first = time.min().astype("datetime64[D]")
    day = (time.astype("datetime64[D]") - first).astype(int)
    period = int(day.max()) + 1 if period is None else period
    if period < 1 or days < 1:
        raise ValueError(f"days = {days}, period = {period}: both must be positive whole numbers")
    begin = np.datetime64(pd.Timestamp(start).normalize(), "ns")
    moved, which = [], []
    for cycle in range(-(-days // period)):
        taken = np.flatnonzero((day < period) & (day + cycle * period < days))
        moved.append(begin + (time[taken] - first) + np.timedelta64(cycle * period, "D"))
        which.append(taken)
    new_time, taken = np.concatenate(moved), np.concatenate(which)
    order = np.argsort(new_time, kind="stable")
    coords = {str(c): np.asarray(points[c].values).ravel()[taken[order]] for c in points.coords if points[c].ndim}
    return xr.Dataset(coords={c: ("point", v) for c, v in (coords | {"time": new_time[order]}).items()})


def replay_cloud_masks(
    field: xr.DataArray, observed: xr.DataArray, seed: int, *, sea: xr.DataArray | None = None
) -> xr.DataArray:
    """Hide a field where real images are hidden, each day by the mask of a day drawn at random.

    On the images' own grid masks keep their place; on any other, a window of the field's size is cut out of them, cell
    for cell, at a random place that is all sea.

    Parameters
    ----------
    field : xr.DataArray
        What to hide, on (time, y, x).
    observed : xr.DataArray
        True where the real images show the sea, on (time, y, x); not larger steps than you want the gaps to have.
    seed : int
        Seed of the randomness.
    sea : xr.DataArray, optional
        Where the real images are sea, on (y, x); by default where any of them shows it.

    Returns
    -------
    xr.DataArray
        The field, NaN where it is hidden.

    Raises
    ------
    ValueError
        If either has not three dimensions, or no window of the field's size is all sea.
    """
    if field.ndim != 3 or observed.ndim != 3:
        raise ValueError(
            f"the field has the dimensions {field.dims} and the masks {observed.dims}; expected (time, y, x) for both"
        )
    random = np.random.default_rng(seed)
    days = random.integers(0, observed.shape[0], field.shape[0])
    seen: np.ndarray = observed.values.astype(bool)
    rows, columns = field.shape[1:]
    if seen.shape[1:] == (rows, columns):
        keep = seen[days]
    else:
        open_sea: np.ndarray = np.asarray(seen.any(axis=0) if sea is None else sea.values, dtype=bool)
        corners = _windows(open_sea, rows, columns)
        if len(corners) == 0:
            raise ValueError(
                f"no window of {rows} x {columns} cells of the masks ({seen.shape[1]} x {seen.shape[2]}) is all sea; "
                f"the largest square one has {_largest_square(open_sea)} cells a side. Take a smaller field, or masks "
                "on the field's own grid"
            )
        top, left = corners[random.integers(len(corners))]
        keep = seen[days, top : top + rows, left : left + columns]
    return field.where(xr.DataArray(keep, dims=field.dims))


def _windows(sea: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return the upper left corners of all windows without land."""
    if rows > sea.shape[0] or columns > sea.shape[1]:
        return np.zeros((0, 2), int)
    land = np.pad(np.cumsum(np.cumsum(~sea, axis=0), axis=1), ((1, 0), (1, 0)))
    inside = land[rows:, columns:] - land[:-rows, columns:] - land[rows:, :-columns] + land[:-rows, :-columns]
    return np.argwhere(inside == 0)


def _largest_square(sea: np.ndarray) -> int:
    low, high = 0, min(sea.shape)
    while low < high:
        side = (low + high + 1) // 2
        low, high = (side, high) if len(_windows(sea, side, side)) else (low, side - 1)
    return low
