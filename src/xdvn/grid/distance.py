"""How far every cell is from the nearest observation, in space and in time.

In space: along the Earth's surface to the nearest observed cell of the same day (or of days nearby), exactly, by a
k-d tree of points on the sphere. In time: to the nearest day on which the same cell (or one close by) was observed.
An error of a map is best read against both. Called for ancillary variables of a reconstruction and by grouped scores.
k-d trees: Bentley 1975, doi:10.1145/361002.361007.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import find_axes, positions
from xdvn.grid.earth import RADIUS, points_in_space

__all__ = ["distance_to_observations"]


def distance_to_observations(
    observed: xr.DataArray,
    *,
    within_days: float = 0.0,
    within_km: float = 0.0,
    dims: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Return the distance of every cell and day to the nearest observation.

    Parameters
    ----------
    observed : xr.DataArray
        Booleans, True where observed, on time and one or two horizontal dimensions with coordinates in degrees, m or
        km: ``ds.ssh_obs.notnull()``.
    within_days : float
        For the distance in space, observations at most this far away in time count [days]; 0: of the same time only.
    within_km : float
        For the distance in time, observations at most this far away in space count [km]; 0: in the same cell only.
    dims : mapping, optional
        Names of the axes where they cannot be guessed.

    Returns
    -------
    xr.Dataset
        ``distance_in_space`` [km] and ``distance_in_time`` [days], float32, laid out as ``observed``; 0 where
        observed, NaN where no observation counts. One day is worked on at a time: memory is that of the result.

    Raises
    ------
    ValueError
        The values are no booleans, or the coordinates are in unknown units; the message tells what to do.

    Examples
    --------
    >>> observed = xr.DataArray(np.zeros((3, 1, 4), bool), dims=("time", "lat", "lon"),
    ...                         coords={"time": [0, 1, 2], "lat": [60.0], "lon": [0.0, 1.0, 2.0, 3.0]})
    >>> observed[0, 0, 0] = True
    >>> distance = distance_to_observations(observed)
    >>> distance.distance_in_space[0, 0].astype(float).round(1).values.tolist()
    [0.0, 55.6, 111.2, 166.8]
    >>> distance.distance_in_time[:, 0, 0].values.tolist()
    [0.0, 1.0, 2.0]
    """
    if observed.dtype != bool:
        raise ValueError(f"observed has dtype {observed.dtype}; expected booleans, such as ds.ssh_obs.notnull()")
    if within_days < 0 or within_km < 0:
        raise ValueError(f"within_days={within_days:g}, within_km={within_km:g}: expected 0 or more")
    axes = find_axes(observed, dims)
    ordered = observed.transpose(*axes.dims)
    seen = np.asarray(ordered.values)
    points = points_in_space(ordered, axes)
    points = points.reshape(-1, points.shape[-1])
    days = positions(ordered, axes.time)

    space = np.empty(seen.shape, np.float32)
    near = np.empty(seen.shape, bool) if within_km else seen
    for i, day in enumerate(days):
        counted = seen[np.abs(days - day) <= within_days].any(axis=0)
        space[i] = _to_nearest(points, counted.ravel()).reshape(counted.shape)
        if within_km:
            own = space[i] if within_days == 0 else _to_nearest(points, seen[i].ravel()).reshape(counted.shape)
            near[i] = own <= within_km
    fields = {
        "distance_in_space": (space, "km", "distance to the nearest observation", within_days, "days"),
        # Not "days": xarray would read the variable back as a timedelta.
        "distance_in_time": (_in_time(near, days), "day", "time to the nearest observation", within_km, "km"),
    }
    result = {}
    for name, (values, units, what, within, unit) in fields.items():
        reach = f" within {within:g} {unit}" if within else ""
        attrs = {"units": units, "long_name": what + reach}
        result[name] = ordered.copy(data=values).transpose(*observed.dims).rename(name)
        result[name].attrs = attrs
    return xr.Dataset(result)


def _to_nearest(points: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Distance [km] from every point to the nearest one that counts; NaN without any."""
    distance = np.full(len(points), np.nan, np.float32)
    if not counted.any():
        return distance
    distance[counted] = 0
    straight, _ = scipy.spatial.cKDTree(points[counted]).query(points[~counted])
    on_sphere = points.shape[-1] == 3
    # From chord to arc: the surface is followed, not the rock.
    distance[~counted] = 2 * RADIUS * np.arcsin(np.minimum(straight / (2 * RADIUS), 1)) if on_sphere else straight
    return distance


def _in_time(near: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Days from every cell and time to its nearest observed time, by one pass forwards and one backwards."""
    best = np.full(near.shape, np.inf, np.float32)
    for order in (np.argsort(days), np.argsort(days)[::-1]):
        last = np.full(near.shape[1:], np.nan)
        for i in order:
            last = np.where(near[i], days[i], last)
            best[i] = np.fmin(best[i], np.abs(days[i] - last))
    return np.where(np.isfinite(best), best, np.float32(np.nan))
