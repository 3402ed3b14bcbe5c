"""Simulated measurements of a known, gridded truth.

A field on an evenly spaced (time, y, x) grid is read at any place by cubic B-splines in space and linearly between its
times; a periodic field wraps around, any other is mirrored at its edges, which costs accuracy in the outermost cells.
``sample`` serves scattered points, such as altimeter tracks, ``resample`` other grids; ``xdvn.osse.Twin`` uses both on
one and the same field, so that its truth and its observations agree. Splines: Unser (1999), doi:10.1109/79.799930.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy
import xarray as xr

from xdvn.grid.axes import find_axes, fractional_index
from xdvn.osse.noise import AbstractNoise, WhiteNoise
from xdvn.osse.orbits import AbstractOrbit

__all__ = ["along_track", "instants", "resample", "sample"]


_PORTION = 2**17  # points that are read at a time


def along_track(
    missions: Sequence[AbstractOrbit],
    start: str | np.datetime64 | pd.Timestamp,
    days: float,
    lat: tuple[float, float],
    lon: tuple[float, float],
    *,
    epoch: float = 0.0,
) -> xr.Dataset:
    """Return when and where a constellation measures in a box.

    Parameters
    ----------
    missions : sequence of AbstractOrbit
        The altimeters: missions, or ephemerides.
    start : datetime-like
        First instant.
    days : float
        Duration [days].
    lat, lon : (float, float)
        Southern and northern, western and eastern edges [degrees].
    epoch : float
        Time since the missions' time 0 at ``start`` [days]; another epoch is another, equally likely, set of tracks.

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
        raise ValueError("missions is empty; expected one altimeter or more, such as missions=(xdvn.osse.JASON1,)")
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
    """Return the instants that lie ``elapsed`` days after ``start``, in whole nanoseconds."""
    return np.datetime64(pd.Timestamp(start), "ns") + np.round(elapsed * 86400e9).astype("timedelta64[ns]")


def sample(
    field: xr.DataArray,
    points: xr.Dataset,
    *,
    periodic: bool = False,
    noise: float | AbstractNoise = 0.0,
    seed: int = 0,
) -> xr.DataArray:
    """Measure a field at scattered points: linear in time, cubic in space.

    Parameters
    ----------
    field : xr.DataArray
        The truth on evenly spaced (time, y, x), without gaps.
    points : xr.Dataset
        Coordinates of the points, on one dimension and named as the field's dimensions.
    periodic : bool
        Whether the field is periodic in both directions.
    noise : float or AbstractNoise
        Errors of the measurements: the standard deviation of white noise in the field's units, or a model such as
        ``WhiteNoise(0.02) + RollNoise(0.02)``.
    seed : int
        Seed of the noise.

    Returns
    -------
    xr.DataArray
        Measurements with the coordinates of ``points``; NaN outside the field's times (and places, if not periodic).

    Raises
    ------
    ValueError
        If the field has gaps or an unevenly spaced axis, or if ``noise`` is negative.
    """
    if not isinstance(noise, AbstractNoise):
        if noise < 0:
            raise ValueError(
                f"noise = {noise}: it is a standard deviation, so give 0 or more (altimeters: about 0.02 m)"
            )
        noise = WhiteNoise(float(noise))
    field = _ordered(field)
    t_dim, y_dim, x_dim = map(str, field.dims)
    coefficients = _spline_coefficients(field, periodic)
    where = np.stack([fractional_index(field, dim, points) for dim in (t_dim, y_dim, x_dim)])
    # In portions, because each point needs sixteen coefficients at two times.
    portions = [where[:, i : i + _PORTION] for i in range(0, where.shape[1], _PORTION)]
    values = np.concatenate([np.zeros(0), *(_read(coefficients, portion, periodic) for portion in portions)])
    if noise != WhiteNoise(0.0):
        values = values + noise.draw(points, seed)
    point_dim = points[t_dim].dims
    return xr.DataArray(values, dims=point_dim, coords=points.coords, name=field.name, attrs=field.attrs)


def resample(field: xr.DataArray, coords: Mapping[str, np.ndarray], *, periodic: bool = False) -> xr.DataArray:
    """Interpolate a field to another grid, cubic in space; times are kept.

    Parameters
    ----------
    field : xr.DataArray
        Evenly spaced (time, y, x), without gaps.
    coords : mapping
        New values of both spatial dimensions, by name.
    periodic : bool
        Whether the field is periodic in both directions.

    Raises
    ------
    ValueError
        If the field has gaps or an unevenly spaced axis, or if ``coords`` names other dimensions.
    """
    field = _ordered(field)
    if set(coords) != set(field.dims[1:]):
        raise ValueError(f"coords has {sorted(coords)}; expected new values for {sorted(map(str, field.dims[1:]))}")
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


def _ordered(field: xr.DataArray) -> xr.DataArray:
    field = field.transpose(*find_axes(field).dims)
    if bool(field.isnull().any()):
        raise ValueError(
            f"{field.name or 'the field'} has gaps (NaN), through which splines cannot be drawn; fill them first, "
            "for example with field.fillna(0) over land"
        )
    return field


def _spline_coefficients(field: xr.DataArray, periodic: bool) -> np.ndarray:
    mode = "grid-wrap" if periodic else "mirror"
    along_y = scipy.ndimage.spline_filter1d(field.values, order=3, axis=1, output=np.float64, mode=mode)
    return scipy.ndimage.spline_filter1d(along_y, order=3, axis=2, output=np.float64, mode=mode)


def _read(coefficients: np.ndarray, where: np.ndarray, periodic: bool) -> np.ndarray:
    """Return the field at positions (dimension, point), linear in time and cubic in space; NaN outside."""
    n_times, rows, columns = coefficients.shape
    t = where[0]
    y, wy = _spline_weights(where[1], rows, periodic)
    x, wx = _spline_weights(where[2], columns, periodic)
    first = np.clip(np.floor(t), 0, n_times - 2).astype(np.intp)
    later = np.where((t >= 0) & (t <= n_times - 1), t - first, np.nan)
    values = np.zeros(len(t))
    for step, weight in ((0, 1 - later), (1, later)):
        patch = coefficients[(first + step)[:, None, None], y[:, :, None], x[:, None, :]]
        values += weight * np.einsum("pyx,py,px->p", patch, wy, wx)
    return values


def _spline_weights(position: np.ndarray, n: int, periodic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers (point, 4) of the coefficients around each position and their weights; NaN outside."""
    cell = np.floor(position)
    s = position - cell
    weight = np.stack([(1 - s) ** 3, 4 - 6 * s**2 + 3 * s**3, 1 + 3 * s + 3 * s**2 - 3 * s**3, s**3], axis=1) / 6
    index = cell.astype(np.intp)[:, None] + np.arange(-1, 3)
    if periodic:
        return index % n, weight
    weight[(position < 0) | (position > n - 1)] = np.nan
    index = np.abs(index)  # mirrored at the first and last values, as the coefficients are
    return np.clip(np.where(index > n - 1, 2 * (n - 1) - index, index), 0, n - 1), weight
