"""Geostrophic surface currents and derived quantities.

    u = -(g/f) d eta/dy,   v = (g/f) d eta/dx,   f = 2 Omega sin(lat)
    zeta = dv/dx - du/dy + u tan(lat) / R,   strain = hypot(u_x - v_y, v_x + u_y),   EKE = (u'^2 + v'^2) / 2

by central differences, on the sphere or in a plane. Near the equator f vanishes and geostrophy does not hold: the
currents are NaN there. Geostrophy and its limits: Lagerloef et al. 1999, doi:10.1029/1999JC900197.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, find_axes
from xdvn.grid.coordinates import RADIUS, coriolis, in_degrees, kilometres_per_unit

__all__ = ["geostrophic_currents"]

_GRAVITY = 9.81
_METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "cm": 1e-2, "mm": 1e-3}
_ATTRS = {
    "u": ("m s-1", "eastward geostrophic velocity"),
    "v": ("m s-1", "northward geostrophic velocity"),
    "speed": ("m s-1", "geostrophic speed"),
    "vorticity": ("s-1", "relative vorticity of the geostrophic velocity"),
    "vorticity_over_f": ("1", "relative over planetary vorticity of the geostrophic velocity"),
    "strain": ("s-1", "strain rate of the geostrophic velocity"),
    "eke": ("m2 s-2", "eddy kinetic energy of the geostrophic velocity"),
}
_ANOMALY = {"sea_surface_height_above_sea_level": "_assuming_mean_sea_level_for_geoid"}
_ANOMALY["sea_surface_height_above_mean_sea_level"] = _ANOMALY["sea_surface_height_above_sea_level"]
_CF = {"u": "surface_geostrophic_eastward_sea_water_velocity", "v": "surface_geostrophic_northward_sea_water_velocity"}


def geostrophic_currents(
    ssh: xr.DataArray,
    *,
    mean: xr.DataArray | None = None,
    latitude: float | None = None,
    equator: float = 5.0,
    dims: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Return the geostrophic currents of sea surface height.

    Parameters
    ----------
    ssh : xr.DataArray
        Height on two horizontal dimensions, with or without time and others, NaN on land; units m, cm or mm. Rows and
        columns may run either way. Of sea level anomalies it gives anomalies of the currents; of absolute dynamic
        topography the currents.
    mean : xr.DataArray, optional
        Mean height whose currents the eddies are counted from, on the same grid; by default the mean over the times
        of ``ssh``. Zero (``0 * ssh.isel(time=0)``) for heights that are anomalies already.
    latitude : float, optional
        Latitude [degrees] of a plane whose coordinates are lengths (m, km).
    equator : float
        Nothing is computed less than this far from the equator [degrees].
    dims : mapping, optional
        Names of the axes where they cannot be guessed: ``{"T": ..., "Y": ..., "X": ...}``.

    Returns
    -------
    xr.Dataset
        ``u``, ``v``, ``speed`` [m s-1], ``vorticity`` [s-1] and ``vorticity_over_f`` [1], ``strain`` [s-1], ``eke``
        [m2 s-2], laid out as ``ssh``; lazy if that is. NaN next to land, too, where no central difference exists, one
        cell wide for velocities and two for their derivatives. The outermost rows and columns are one-sided
        differences. Terms of the sphere's curvature are kept in the vorticity and left out of the strain (under 1 %).

    Raises
    ------
    ValueError
        Units of the height or of the coordinates are unknown, coordinates do not run one way or are two-dimensional,
        there are fewer than 3 rows or columns, or all is too near the equator.

    Examples
    --------
    A slope of 1 cm in 10 km makes a current of about 10 cm/s at 43 degrees.

    >>> y, x = 1e4 * np.arange(5.0), 1e4 * np.arange(4.0)
    >>> ssh = xr.DataArray(np.tile(0.01 * np.arange(5.0)[:, None], 4), dims=("y", "x"), attrs={"units": "m"},
    ...                    coords={"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})})
    >>> currents = geostrophic_currents(ssh, latitude=43.0)
    >>> currents.u.values.round(3)[2].tolist(), bool(abs(currents.v).max() < 1e-12)
    ([-0.099, -0.099, -0.099, -0.099], True)
    """
    height = ssh * _metres(ssh)
    axes, has_time = _axes(ssh, dims)
    grid = _Grid.of(ssh, axes, latitude, equator)
    u, v = grid.velocity(height)
    if mean is not None:
        _check_mean(mean, ssh, axes)
        rest = grid.velocity(mean * _metres(mean))
    elif has_time:
        rest = u.mean(axes.time), v.mean(axes.time)
    else:
        rest = u * np.nan, v * np.nan
    u_x, u_y, v_x, v_y = grid.d_dx(u), grid.d_dy(u), grid.d_dx(v), grid.d_dy(v)
    vorticity = v_x - u_y + u * grid.curvature
    currents: dict[str, xr.DataArray] = {
        "u": u,
        "v": v,
        "speed": xr.DataArray(np.hypot(u, v)),
        "vorticity": vorticity,
        "vorticity_over_f": vorticity / grid.f,
        "strain": xr.DataArray(np.hypot(u_x - v_y, v_x + u_y)),
        "eke": ((u - rest[0]) ** 2 + (v - rest[1]) ** 2) / 2,
    }
    result = xr.Dataset({name: da.transpose(*ssh.dims) for name, da in currents.items()})
    near = bool(np.isnan(grid.f).any())
    for name, (units, what) in _ATTRS.items():
        attrs = {"units": units, "long_name": what}
        if name in _CF and grid.geographic:
            attrs["standard_name"] = _CF[name] + _ANOMALY.get(str(ssh.attrs.get("standard_name")), "")
        if near:
            attrs["comment"] = f"NaN within {equator:g} degrees of the equator, where geostrophy does not hold"
        if name == "eke" and mean is None and not has_time:
            attrs["reason"] = "one map has no mean to count eddies from: pass mean="
        result[name].attrs = attrs
    return result


@dataclass(frozen=True)
class _Grid:
    """Derivatives per metre, f [s-1] (NaN near the equator) and the curvature tan(lat)/R [m-1] of one grid."""

    axes: Axes
    metres_y: float
    metres_x: xr.DataArray | float
    f: xr.DataArray
    curvature: xr.DataArray | float
    geographic: bool

    @classmethod
    def of(cls, ssh: xr.DataArray, axes: Axes, latitude: float | None, equator: float) -> _Grid:
        y, x = axes.space
        for dim in axes.space:
            _check_coordinate(ssh, dim)
        if not in_degrees(ssh, axes):
            metres = [1e3 * kilometres_per_unit(ssh, d) for d in axes.space]
            if latitude is None:
                raise ValueError(
                    f"the coordinates {axes.space} are lengths, so f is unknown: pass latitude= [degrees] of the plane"
                )
            if abs(latitude) < equator:
                raise ValueError(_TOO_NEAR.format(latitude, latitude, equator))
            return cls(axes, metres[0], metres[1], xr.DataArray(coriolis(latitude)), 0.0, False)
        at = xr.DataArray(cell_centres(ssh, y), dims=y, coords={y: ssh[y]})
        if float(abs(at).max()) > 90:
            raise ValueError(f"{y!r} goes up to {float(abs(at).max()):g} degrees, which is no latitude; check dims=")
        if not bool((abs(at) >= equator).any()):
            raise ValueError(_TOO_NEAR.format(float(at.min()), float(at.max()), equator))
        degree = 1e3 * RADIUS * np.deg2rad(1.0)
        cosine = xr.DataArray(np.cos(np.deg2rad(at))).where(abs(at) < 89.999)
        f = xr.DataArray(coriolis(at)).where(abs(at) >= equator)
        return cls(axes, degree, degree * cosine, f, xr.DataArray(np.tan(np.deg2rad(at))) / (1e3 * RADIUS), True)

    def d_dy(self, da: xr.DataArray) -> xr.DataArray:
        return _slope(da, self.axes.space[0]) / self.metres_y

    def d_dx(self, da: xr.DataArray) -> xr.DataArray:
        return _slope(da, self.axes.space[1]) / self.metres_x

    def velocity(self, height: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
        return -_GRAVITY / self.f * self.d_dy(height), _GRAVITY / self.f * self.d_dx(height)


def _slope(da: xr.DataArray, dim: str) -> xr.DataArray:
    # Differences at the end of a chunk need its neighbours.
    whole = da.chunk({dim: -1}) if da.chunks is not None else da
    # A central difference passes over its own cell: on land it would be a number.
    return whole.differentiate(dim, edge_order=2).where(whole.notnull())


def _metres(ssh: xr.DataArray) -> float:
    units = ssh.attrs.get("units")
    if units not in _METRES:
        raise ValueError(
            f"the height {ssh.name!r} has units {units!r}; expected m, cm or mm. Say which, as in "
            "ssh.assign_attrs(units='m')"
        )
    return _METRES[units]


def _axes(ssh: xr.DataArray, dims: Mapping[str, str] | None) -> tuple[Axes, bool]:
    """Return the axes of maps with or without time, and whether there are times to average over."""
    alone = ssh.ndim == 2 and "time" not in ssh.dims
    axes = find_axes(ssh.drop_vars("time", errors="ignore").expand_dims(time=[0]) if alone else ssh, dims)
    if len(axes.space) != 2:
        raise ValueError(f"currents need two horizontal dimensions, found {axes.space} of {ssh.dims}; see dims=")
    return axes, not alone and ssh.sizes[axes.time] > 1


def _check_mean(mean: xr.DataArray, ssh: xr.DataArray, axes: Axes) -> None:
    if set(mean.dims) != set(axes.space) or not all(mean[d].equals(ssh[d]) for d in axes.space):
        raise ValueError(
            f"mean= has the dimensions {mean.dims}; expected {axes.space} with the coordinates of the height, as from "
            f"mean.interp({axes.space[0]}=ssh.{axes.space[0]}, {axes.space[1]}=ssh.{axes.space[1]})"
        )


def _check_coordinate(ssh: xr.DataArray, dim: str) -> None:
    if dim not in ssh.coords:
        raise ValueError(
            f"{dim!r} has no one-dimensional coordinate, so distances are unknown; give it one with "
            f"ssh.assign_coords({dim}=...), or regrid curvilinear data first"
        )
    steps = np.diff(cell_centres(ssh, dim))
    if steps.size < 2:
        raise ValueError(f"{dim!r} has {steps.size + 1} values; central differences need at least 3")
    if not ((steps > 0).all() or (steps < 0).all()):
        cure = f"ssh.sortby({dim!r})"
        if np.abs(steps).max() > 180:
            cure = f"ssh.assign_coords({dim}=(ssh[{dim!r}] + 180) % 360 - 180), then {cure}"
        raise ValueError(f"{dim!r} does not run one way (steps {steps.min():g} to {steps.max():g}); sort it: {cure}")


_TOO_NEAR = "all of it ({:g} to {:g} degrees) is less than {:g} degrees from the equator: no geostrophic balance there"
