"""Simulated measurements of a gridded truth, by cubic splines in space and linear interpolation in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy
import xarray as xr

from xdvn.grid.axes import Axes, find_axes
from xdvn.grid.coordinates import contiguous
from xdvn.grid.steps import fractional_index
from xdvn.osse.noise import AbstractNoise, WhiteNoise
from xdvn.osse.orbits import AbstractOrbit

__all__ = ["along_track", "instants", "resample", "sample"]


def along_track(
    missions: Sequence[AbstractOrbit],
    start: str | np.datetime64 | pd.Timestamp,
    days: float,
    lat: tuple[float, float],
    lon: tuple[float, float],
    *,
    epoch: float = 0.0,
) -> xr.Dataset:
    """Return the times and positions of the measurements of a constellation in a box.

    Parameters
    ----------
    missions : sequence of AbstractOrbit
        Altimeters: missions or ephemerides.
    start : datetime-like
        Start.
    days : float
        Duration [days].
    lat, lon : (float, float)
        Southern and northern, western and eastern edges [degrees].
    epoch : float
        Time of the missions at ``start`` [days]. Another epoch gives another realisation of the tracks.

    Returns
    -------
    xr.Dataset
        Coordinates ``time``, ``lat``, ``lon`` and ``mission`` (the name) on ``point``, in order of time.

    Raises
    ------
    ValueError
        If there is no mission.

    Examples
    --------
    >>> from xdvn.osse import JASON1
    >>> track = along_track([JASON1], "2012-10-01", days=10, lat=(33, 43), lon=(-65, -55))
    >>> list(track.coords)
    ['time', 'lat', 'lon', 'mission']
    """
    if not missions:
        raise ValueError("missions is empty: expected one altimeter or more. Use missions=(xdvn.osse.JASON1,).")
    tracks = [m.ground_track(epoch, epoch + days, lat, lon) for m in missions]
    time, y, x = (np.concatenate(parts) for parts in zip(*tracks, strict=True))
    name = np.repeat([m.name for m in missions], [len(t[0]) for t in tracks])
    order = np.argsort(time, kind="stable")
    coords = {
        "time": ("point", instants(start, time[order] - epoch)),
        "lat": ("point", y[order]),
        "lon": ("point", x[order]),
        "mission": ("point", name[order]),
    }
    return xr.Dataset(coords=coords)


def instants(start: str | np.datetime64 | pd.Timestamp, elapsed: np.ndarray) -> np.ndarray:
    """Return the times ``elapsed`` days after ``start``, in whole nanoseconds."""
    return np.datetime64(pd.Timestamp(start), "ns") + np.round(elapsed * 86400e9).astype("timedelta64[ns]")


_CHUNK = 2**17  # points interpolated at a time


def sample(
    field: xr.DataArray,
    points: xr.Dataset,
    *,
    periodic: bool = False,
    noise: float | AbstractNoise = 0.0,
    seed: int = 0,
) -> xr.DataArray:
    """Measure a field at scattered points, linearly in time and by cubic B-splines in space.

    Periodic fields wrap around; other fields are mirrored at their edges and less accurate in the outermost cells.

    Parameters
    ----------
    field : xr.DataArray
        Truth on evenly spaced (time, y, x), without gaps.
    points : xr.Dataset
        Coordinates of the points on one dimension, with the names of the dimensions of the field. Longitudes may
        differ by 360 degrees.
    periodic : bool
        Whether the field is periodic in both directions.
    noise : float or AbstractNoise
        Standard deviation of white noise [units of the field], or an error model such as
        ``WhiteNoise(0.02) + RollNoise(0.02)``. Default: 0.
    seed : int
        Seed of the noise.

    Returns
    -------
    xr.DataArray
        Measurements with the coordinates of ``points``; NaN outside the period and, if not periodic, the domain.

    Raises
    ------
    ValueError
        If the field has gaps or an unevenly spaced axis, ``noise`` is negative, or no point is inside the field.

    References
    ----------
    Unser 1999, doi:10.1109/79.799930.
    """
    if not isinstance(noise, AbstractNoise):
        if noise < 0:
            raise ValueError(
                f"noise={noise}: expected a standard deviation of 0 or more, such as 0.02 m for altimeters."
            )
        noise = WhiteNoise(float(noise))
    field = _require_complete(field)
    t_dim, y_dim, x_dim = map(str, field.dims)
    field = contiguous(field, Axes(t_dim, (y_dim, x_dim)))
    coefficients = _spline_coefficients(field, periodic)
    positions = np.stack([fractional_index(field, dim, points) for dim in (t_dim, y_dim, x_dim)])
    # In chunks, because each point needs sixteen coefficients at two times.
    chunks = [positions[:, i : i + _CHUNK] for i in range(0, positions.shape[1], _CHUNK)]
    values = np.concatenate([np.zeros(0), *(_interpolate(coefficients, chunk, periodic) for chunk in chunks)])
    if values.size and not np.isfinite(values).any():
        spans = ", ".join(f"{d} {_span(points[d])} (field: {_span(field[d])})" for d in (t_dim, y_dim, x_dim))
        raise ValueError(f"no point is inside the field: {spans}. Select points of its period and region")
    if noise != WhiteNoise(0.0):
        values = values + noise.draw(points, seed)
    point_dim = points[t_dim].dims
    return xr.DataArray(values, dims=point_dim, coords=points.coords, name=field.name, attrs=field.attrs)


def resample(field: xr.DataArray, coords: Mapping[str, np.ndarray], *, periodic: bool = False) -> xr.DataArray:
    """Interpolate a field to another horizontal grid by cubic splines.

    Parameters
    ----------
    field : xr.DataArray
        Evenly spaced (time, y, x), without gaps.
    coords : mapping
        New values of both horizontal dimensions, by name.
    periodic : bool
        Whether the field is periodic in both directions.

    Raises
    ------
    ValueError
        If the field has gaps or an unevenly spaced axis, or if ``coords`` names other dimensions.
    """
    field = _require_complete(field)
    if set(coords) != set(field.dims[1:]):
        raise ValueError(
            f"coords has {sorted(coords)}: expected values for {sorted(map(str, field.dims[1:]))}. Rename them."
        )
    target = xr.Dataset(coords={dim: coords[str(dim)] for dim in field.dims[1:]})
    operators = []
    for dim in map(str, field.dims[1:]):
        index, weight = _spline_weights(fractional_index(field, dim, target), field.sizes[dim], periodic)
        operator = np.zeros((len(index), field.sizes[dim]))
        np.add.at(operator, (np.arange(len(index))[:, None], index), weight)
        operators.append(operator)
    values = operators[0] @ _spline_coefficients(field, periodic) @ operators[1].T
    time = {field.dims[0]: field[field.dims[0]]} if field.dims[0] in field.coords else {}
    return xr.DataArray(values, dims=field.dims, coords={**time, **target.coords}, name=field.name, attrs=field.attrs)


def _span(coordinate: xr.DataArray) -> str:
    first, last = (f(coordinate.values) for f in (np.min, np.max))
    return f"{first!s:.16} to {last!s:.16}"


def _require_complete(field: xr.DataArray) -> xr.DataArray:
    field = field.transpose(*find_axes(field).dims)
    if bool(field.isnull().any()):
        raise ValueError(
            f"{field.name or 'the field'} has gaps (NaN): expected a complete field for splines. Use field.fillna(0) "
            "on land."
        )
    return field


def _spline_coefficients(field: xr.DataArray, periodic: bool) -> np.ndarray:
    mode = "grid-wrap" if periodic else "mirror"
    along_y = scipy.ndimage.spline_filter1d(field.values, order=3, axis=1, output=np.float64, mode=mode)
    return scipy.ndimage.spline_filter1d(along_y, order=3, axis=2, output=np.float64, mode=mode)


def _interpolate(coefficients: np.ndarray, positions: np.ndarray, periodic: bool) -> np.ndarray:
    """Return the field at positions (dimension, point), linear in time and cubic in space; NaN outside the grid."""
    n_times, rows, columns = coefficients.shape
    t = positions[0]
    y, wy = _spline_weights(positions[1], rows, periodic)
    x, wx = _spline_weights(positions[2], columns, periodic)
    first = np.clip(np.floor(t), 0, n_times - 2).astype(np.intp)
    later = np.where((t >= 0) & (t <= n_times - 1), t - first, np.nan)
    values = np.zeros(len(t))
    for step, weight in ((0, 1 - later), (1, later)):
        patch = coefficients[(first + step)[:, None, None], y[:, :, None], x[:, None, :]]
        values += weight * np.einsum("pyx,py,px->p", patch, wy, wx)
    return values


def _spline_weights(position: np.ndarray, n: int, periodic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices (point, 4) of the coefficients around each position and their weights; NaN outside."""
    cell = np.floor(position)
    s = position - cell
    weight = np.stack([(1 - s) ** 3, 4 - 6 * s**2 + 3 * s**3, 1 + 3 * s + 3 * s**2 - 3 * s**3, s**3], axis=1) / 6
    index = cell.astype(np.intp)[:, None] + np.arange(-1, 3)
    if periodic:
        return index % n, weight
    weight[(position < 0) | (position > n - 1)] = np.nan
    index = np.abs(index)  # mirrored at the first and last values, as the coefficients are
    return np.clip(np.where(index > n - 1, 2 * (n - 1) - index, index), 0, n - 1), weight
