"""Gaps of real data, including edited points and outages: the sampling of real tracks, the masks of real clouds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["replay_cloud_masks", "replay_track_sampling"]


def replay_track_sampling(
    points: xr.Dataset, start: str | np.datetime64 | pd.Timestamp, days: int, *, period: int | None = None
) -> xr.Dataset:
    """Repeat the sampling of real measurements over another period.

    The first calendar day of the measurements becomes ``start``. They repeat after ``period`` days and keep their time
    of day.

    Parameters
    ----------
    points : xr.Dataset
        Measurements with the coordinates ``time``, ``lat``, ``lon`` on one dimension, such as tracks from
        ``xdvn.readers.read``. Their values are not used.
    start : datetime-like
        First day.
    days : int
        Number of days of the result.
    period : int, optional
        Days after which the measurements repeat. If None, the number of their calendar days. Pass the cycle of the
        satellite for an exact repeat of its tracks.

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
        raise ValueError("points is empty: expected one measurement or more. Check its box and period.")
    first = time.min().astype("datetime64[D]")
    day = (time.astype("datetime64[D]") - first).astype(int)
    period = int(day.max()) + 1 if period is None else period
    if period < 1 or days < 1:
        raise ValueError(f"days={days}, period={period}: expected positive whole numbers. Pass e.g. days=30.")
    begin = np.datetime64(pd.Timestamp(start).normalize(), "ns")
    times, indices = [], []
    for cycle in range(-(-days // period)):
        selected = np.flatnonzero((day < period) & (day + cycle * period < days))
        times.append(begin + (time[selected] - first) + np.timedelta64(cycle * period, "D"))
        indices.append(selected)
    new_time, index = np.concatenate(times), np.concatenate(indices)
    order = np.argsort(new_time, kind="stable")
    coords = {str(c): np.asarray(points[c].values).ravel()[index[order]] for c in points.coords if points[c].ndim}
    return xr.Dataset(coords={c: ("point", v) for c, v in (coords | {"time": new_time[order]}).items()})


def replay_cloud_masks(
    field: xr.DataArray, observed: xr.DataArray, seed: int, *, ocean_mask: xr.DataArray | None = None
) -> xr.DataArray:
    """Mask each time step of a field with the observed mask of a random day, as in the validation of DINCAE.

    If the field has the size of the masks, masks keep their position. Otherwise a window of the size of the field is
    selected from them, at a random position without land.

    Parameters
    ----------
    field : xr.DataArray
        Field on (time, y, x).
    observed : xr.DataArray
        True where the real images have data, on (time, y, x).
    seed : int
        Seed of the random numbers.
    ocean_mask : xr.DataArray, optional
        True at the ocean cells of the real images, on (y, x). If None, the cells observed at any time.

    Returns
    -------
    xr.DataArray
        The field, NaN where it is masked.

    Raises
    ------
    ValueError
        If the field or the masks do not have three dimensions, or no window of the size of the field is without land.

    References
    ----------
    Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
    """
    if field.ndim != 3 or observed.ndim != 3:
        raise ValueError(
            f"the field has the dimensions {field.dims}, the masks {observed.dims}: expected (time, y, x) for both. "
            "Use expand_dims(...)."
        )
    random = np.random.default_rng(seed)
    days = random.integers(0, observed.shape[0], field.shape[0])
    masks: np.ndarray = observed.values.astype(bool)
    rows, columns = field.shape[1:]
    if masks.shape[1:] == (rows, columns):
        visible = masks[days]
    else:
        ocean: np.ndarray = np.asarray(masks.any(axis=0) if ocean_mask is None else ocean_mask.values, dtype=bool)
        corners = _windows(ocean, rows, columns)
        if len(corners) == 0:
            raise ValueError(
                f"no window of {rows} x {columns} cells of the masks ({masks.shape[1]} x {masks.shape[2]}) is without "
                f"land: expected one; the largest square has {_largest_square(ocean)} cells a side. Use a smaller "
                "field."
            )
        top, left = corners[random.integers(len(corners))]
        visible = masks[days, top : top + rows, left : left + columns]
    return field.where(xr.DataArray(visible, dims=field.dims))


def _windows(ocean: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return the upper left corners of all windows without land."""
    if rows > ocean.shape[0] or columns > ocean.shape[1]:
        return np.zeros((0, 2), int)
    land = np.pad(np.cumsum(np.cumsum(~ocean, axis=0), axis=1), ((1, 0), (1, 0)))
    inside = land[rows:, columns:] - land[:-rows, columns:] - land[rows:, :-columns] + land[:-rows, :-columns]
    return np.argwhere(inside == 0)


def _largest_square(ocean: np.ndarray) -> int:
    low, high = 0, min(ocean.shape)
    while low < high:
        side = (low + high + 1) // 2
        low, high = (side, high) if len(_windows(ocean, side, side)) else (low, side - 1)
    return low
