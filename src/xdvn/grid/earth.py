"""What horizontal coordinates mean in kilometres: degrees on a sphere, or lengths in a plane.

    dy = R dlat,  dx = R cos(lat) dlon,  R = 6371 km;  f = 2 Omega sin(lat)

The one place where units of coordinates are read for physics; called by currents, isotropic spectra and distances.
Coordinates that say neither degrees nor a length are refused, never guessed.
"""

from __future__ import annotations

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions

__all__ = ["RADIUS", "coriolis", "in_degrees", "kilometres_per_unit", "points_in_space"]

RADIUS = 6371.0
"""Mean radius of the Earth [km]."""

_OMEGA = 7.292115e-5
_LENGTHS = {"m": 1e-3, "metre": 1e-3, "metres": 1e-3, "meter": 1e-3, "meters": 1e-3, "km": 1.0, "kilometre": 1.0}
_LENGTHS |= {"kilometres": 1.0, "kilometer": 1.0, "kilometers": 1.0}


def coriolis(latitude: np.ndarray | xr.DataArray | float) -> np.ndarray | xr.DataArray | float:
    """Return f = 2 Omega sin(latitude) [s-1] from latitude [degrees]."""
    return 2 * _OMEGA * np.sin(np.deg2rad(latitude))


def in_degrees(da: xr.DataArray, axes: Axes) -> bool:
    """Whether the horizontal coordinates are latitude and longitude, by their units or, without any, their names.

    Raises
    ------
    ValueError
        When one is in degrees and the other is not.
    """
    answers = []
    for dim in axes.space:
        units = str(da[dim].attrs.get("units", "")) if dim in da.coords else ""
        answers.append(units.startswith("degree") if units else _is_called(da, dim, "latitude", "longitude"))
    if len(set(answers)) > 1:
        raise ValueError(
            f"one of {axes.space} is in degrees, the other is not; give both the same kind of units, as in "
            "da[dim].attrs['units'] = 'degrees_north'"
        )
    return answers[0]


def kilometres_per_unit(da: xr.DataArray, dim: str) -> float:
    """Return the length of one unit of a coordinate that is a length.

    Raises
    ------
    ValueError
        When its units are no length.
    """
    units = str(da[dim].attrs.get("units", "")) if dim in da.coords else ""
    if units not in _LENGTHS:
        raise ValueError(
            f"the coordinate {dim!r} has units {units or 'unknown'!r}; expected degrees, m or km. Say which, as in "
            f"da[{dim!r}].attrs['units'] = 'degrees_north'"
        )
    return _LENGTHS[units]


def points_in_space(da: xr.DataArray, axes: Axes) -> np.ndarray:
    """Return where the cells are [km], shape (*space, 2 or 3): in a plane, or around the centre of the Earth.

    Straight distances between the points on the sphere are chords c; along its surface they are
    2 R asin(c / 2 R).

    Raises
    ------
    ValueError
        When the units are unknown, or a section in degrees runs along longitude without a latitude.
    """
    curved = _two_dimensional(da, axes)
    if curved is None and not in_degrees(da, axes):
        planes = [positions(da, d) * kilometres_per_unit(da, d) for d in axes.space]
        return np.stack(np.meshgrid(*planes, indexing="ij"), axis=-1)
    latitude = np.deg2rad(positions(da, axes.space[0]))
    if curved is not None:
        latitude, longitude = (np.deg2rad(c) for c in curved)
    elif len(axes.space) == 2:
        longitude = np.deg2rad(positions(da, axes.space[1]))
        latitude, longitude = np.meshgrid(latitude, longitude, indexing="ij")
    elif not _is_called(da, axes.space[0], "latitude"):
        raise ValueError(
            f"{axes.space[0]!r} is a longitude alone; distances need a latitude: da.expand_dims(lat=[...]) adds one"
        )
    else:
        longitude = np.zeros_like(latitude)
    unit = [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    return RADIUS * np.stack(unit, axis=-1)


def _two_dimensional(da: xr.DataArray, axes: Axes) -> tuple[np.ndarray, np.ndarray] | None:
    """Latitudes and longitudes (*space) of a curvilinear grid or swath; None where each dimension has its own."""
    known = da.cf.guess_coord_axis().cf.coordinates
    found = [[n for n in known.get(k, []) if set(da[n].dims) == set(axes.space)] for k in ("latitude", "longitude")]
    if len(axes.space) != 2 or not all(found):
        return None
    latitude, longitude = (np.asarray(da[names[0]].transpose(*axes.space).values, np.float64) for names in found)
    return latitude, longitude


def _is_called(da: xr.DataArray, dim: str, *names: str) -> bool:
    guessed = da.cf.guess_coord_axis().cf.coordinates
    return any(dim in guessed.get(name, []) for name in names)
