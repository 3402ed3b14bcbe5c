"""Distance from every grid cell to the nearest observation, in space and in time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import cell_centres, find_axes
from xdvn.grid.coordinates import RADIUS, points_in_space

__all__ = ["distance_to_observations"]


def distance_to_observations(
    observed: xr.DataArray,
    *,
    within_days: float = 0.0,
    within_km: float = 0.0,
    dims: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Return the distance of every grid cell and time to the nearest observation.

    The distance in space is measured along the surface of the Earth, to the nearest cell observed at the same time; a
    k-d tree (Bentley 1975, doi:10.1145/361002.361007) finds it exactly. The distance in time is measured to the
    nearest time at which the same cell was observed.

    Parameters
    ----------
    observed : xr.DataArray
        Booleans, True where observed, such as ``ds.ssh_obs.notnull()``, on time and one or two horizontal dimensions.
        Coordinates are in degrees, m or km.
    within_days : float
        Maximum separation in time [days] of the observations in ``distance_in_space``. Default: 0, same time only.
    within_km : float
        Maximum separation in space [km] of the observations in ``distance_in_time``. Default: 0, same cell only.
    dims : mapping, optional
        Names of axes that cannot be identified.

    Returns
    -------
    xr.Dataset
        ``distance_in_space`` [km] and ``distance_in_time`` [days], float32, laid out as ``observed``; 0 where
        observed, NaN where no observation is near enough.

    Raises
    ------
    ValueError
        The values are not booleans, or the coordinates have unknown units.

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
        raise ValueError(f"observed has dtype {observed.dtype}: expected booleans. Use ds.ssh_obs.notnull().")
    if within_days < 0 or within_km < 0:
        raise ValueError(f"within_days={within_days:g}, within_km={within_km:g}: expected 0 or more.")
    axes = find_axes(observed, dims)
    ordered = observed.transpose(*axes.dims)
    flags = np.asarray(ordered.values)
    points = points_in_space(ordered, axes)
    points = points.reshape(-1, points.shape[-1])
    days = cell_centres(ordered, axes.time)

    space = np.empty(flags.shape, np.float32)
    near = np.empty(flags.shape, bool) if within_km else flags
    for i, day in enumerate(days):
        counted = flags[np.abs(days - day) <= within_days].any(axis=0)
        space[i] = _to_nearest(points, counted.ravel()).reshape(counted.shape)
        if within_km:
            same_time = space[i] if within_days == 0 else _to_nearest(points, flags[i].ravel()).reshape(counted.shape)
            near[i] = same_time <= within_km
    fields = {
        "distance_in_space": (space, "km", "distance to the nearest observation", within_days, "days"),
        # Not "days": xarray would read the variable back as a timedelta.
        "distance_in_time": (_in_time(near, days), "day", "time to the nearest observation", within_km, "km"),
    }
    result = {}
    for name, (values, units, long_name, within, unit) in fields.items():
        reach = f" within {within:g} {unit}" if within else ""
        attrs = {"units": units, "long_name": long_name + reach}
        result[name] = ordered.copy(data=values).transpose(*observed.dims).rename(name)
        result[name].attrs = attrs
    return xr.Dataset(result)


def _to_nearest(points: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the distance [km] from every point to the nearest counted one, NaN if none is counted."""
    distance = np.full(len(points), np.nan, np.float32)
    if not counted.any():
        return distance
    distance[counted] = 0
    straight, _ = scipy.spatial.cKDTree(points[counted]).query(points[~counted])
    on_sphere = points.shape[-1] == 3
    # On the sphere the chord is converted to the distance along the surface.
    distance[~counted] = 2 * RADIUS * np.arcsin(np.minimum(straight / (2 * RADIUS), 1)) if on_sphere else straight
    return distance


def _in_time(near: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return the days from every cell and time to its nearest observed time, by a forward and a backward pass."""
    best = np.full(near.shape, np.inf, np.float32)
    for order in (np.argsort(days), np.argsort(days)[::-1]):
        last = np.full(near.shape[1:], np.nan)
        for i in order:
            last = np.where(near[i], days[i], last)
            best[i] = np.fmin(best[i], np.abs(days[i] - last))
    return np.where(np.isfinite(best), best, np.float32(np.nan))
