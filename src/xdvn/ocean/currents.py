"""Geostrophic surface currents and derived quantities.

    u = -(g/f) d eta/dy,   v = (g/f) d eta/dx,   f = 2 Omega sin(lat)
    zeta = dv/dx - du/dy + u tan(lat) / R,   strain = hypot(u_x - v_y, v_x + u_y),   EKE = (u'^2 + v'^2) / 2

by central differences on the sphere or in a plane. Near the equator, where geostrophy does not hold, the currents are
NaN. Geostrophy and its limits: Lagerloef et al. 1999, doi:10.1029/1999JC900197.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, find_axes
from xdvn.grid.coordinates import (
    RADIUS,
    LongitudeShift,
    coriolis,
    in_degrees,
    is_global_longitude,
    kilometres_per_unit,
)
from xdvn.grid.matching import on_grid_of

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
        Sea surface height [m, cm or mm] on two horizontal dimensions and any others, NaN on land. Coordinates may
        increase or decrease, and longitudes may cross 180 or 360 degrees. Sea level anomalies give anomalies of the
        currents.
    mean : xr.DataArray, optional
        Mean height on the same grid, whose currents define the eddies (u', v'). If None, the time mean of ``ssh``.
        Pass zeros (``0 * ssh.isel(time=0)``) for sea level anomalies.
    latitude : float, optional
        Latitude of the plane if the coordinates are lengths [degrees].
    equator : float
        Currents closer than this to the equator are NaN [degrees].
    dims : mapping, optional
        Names of the axes that are not identified: ``{"T": ..., "Y": ..., "X": ...}``.

    Returns
    -------
    xr.Dataset
        ``u``, ``v``, ``speed`` [m s-1], ``vorticity`` [s-1] and ``vorticity_over_f`` [1], ``strain`` [s-1], ``eke``
        [m2 s-2], with the dimensions of ``ssh``; lazy if ``ssh`` is. Velocities are NaN within one cell of land, their
        derivatives within two. The outermost rows and columns use one-sided differences; a full circle of longitudes
        is periodic. The vorticity includes the
        curvature of the sphere; the strain omits it (under 1 %).

    Raises
    ------
    ValueError
        If units of the height or the coordinates are unknown, coordinates are not monotonic or are two-dimensional,
        there are fewer than 3 rows or columns, or all cells are too close to the equator.

    Examples
    --------
    A slope of 1 cm in 10 km causes a current of about 10 cm/s at 43 degrees.

    >>> y, x = 1e4 * np.arange(5.0), 1e4 * np.arange(4.0)
    >>> ssh = xr.DataArray(np.tile(0.01 * np.arange(5.0)[:, None], 4), dims=("y", "x"), attrs={"units": "m"},
    ...                    coords={"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})})
    >>> currents = geostrophic_currents(ssh, latitude=43.0)
    >>> currents.u.values.round(3)[2].tolist(), bool(abs(currents.v).max() < 1e-12)
    ([-0.099, -0.099, -0.099, -0.099], True)
    """
    axes, has_time = _axes(ssh, dims)
    shift = LongitudeShift.contiguous(ssh, axes.space[1])
    if shift is not None:
        if mean is not None:
            mean = shift.apply(_on_grid_of(ssh, mean, axes))
        currents = geostrophic_currents(shift.apply(ssh), mean=mean, latitude=latitude, equator=equator, dims=dims)
        return shift.undo(currents, ssh[axes.space[1]])
    height = ssh * _metres(ssh)
    grid = _Grid.of(ssh, axes, latitude, equator)
    u, v = grid.velocity(height)
    if mean is not None:
        mean_flow = grid.velocity(_on_grid_of(ssh, mean, axes) * _metres(mean))
    elif has_time:
        mean_flow = u.mean(axes.time), v.mean(axes.time)
    else:
        mean_flow = u * np.nan, v * np.nan
    u_x, u_y, v_x, v_y = grid.d_dx(u), grid.d_dy(u), grid.d_dx(v), grid.d_dy(v)
    vorticity = v_x - u_y + u * grid.curvature
    quantities: dict[str, xr.DataArray] = {
        "u": u,
        "v": v,
        "speed": xr.DataArray(np.hypot(u, v)),
        "vorticity": vorticity,
        "vorticity_over_f": vorticity / grid.f,
        "strain": xr.DataArray(np.hypot(u_x - v_y, v_x + u_y)),
        "eke": ((u - mean_flow[0]) ** 2 + (v - mean_flow[1]) ** 2) / 2,
    }
    result = xr.Dataset({name: da.transpose(*ssh.dims) for name, da in quantities.items()})
    near_equator = bool(np.isnan(grid.f).any())
    for name, (units, long_name) in _ATTRS.items():
        attrs = {"units": units, "long_name": long_name}
        if name in _CF and grid.geographic:
            attrs["standard_name"] = _CF[name] + _ANOMALY.get(str(ssh.attrs.get("standard_name")), "")
        if near_equator:
            attrs["comment"] = f"NaN within {equator:g} degrees of the equator, where geostrophy does not hold"
        if name == "eke" and mean is None and not has_time:
            attrs["reason"] = "a single map has no time mean. Pass mean="
        result[name].attrs = attrs
    return result


@dataclass(frozen=True)
class _Grid:
    """Spacing [m], f [s-1] (NaN near the equator) and the curvature tan(lat)/R [m-1] of a grid."""

    axes: Axes
    metres_y: float
    metres_x: xr.DataArray | float
    f: xr.DataArray
    curvature: xr.DataArray | float
    geographic: bool
    is_global: bool

    @classmethod
    def of(cls, ssh: xr.DataArray, axes: Axes, latitude: float | None, equator: float) -> _Grid:
        y, x = axes.space
        for dim in axes.space:
            _check_coordinate(ssh, dim)
        if not in_degrees(ssh, axes):
            metres = [1e3 * kilometres_per_unit(ssh, d) for d in axes.space]
            if latitude is None:
                raise ValueError(
                    f"the coordinates {axes.space} are lengths: expected the latitude of the plane. Pass latitude="
                )
            if abs(latitude) < equator:
                raise ValueError(_TOO_NEAR.format(latitude, latitude, equator))
            return cls(axes, metres[0], metres[1], xr.DataArray(coriolis(latitude)), 0.0, False, False)
        lat = xr.DataArray(cell_centres(ssh, y), dims=y, coords={y: ssh[y]})
        if float(abs(lat).max()) > 90:
            raise ValueError(f"{y!r} has values up to {float(abs(lat).max()):g}: expected latitudes. Check dims=")
        if not bool((abs(lat) >= equator).any()):
            raise ValueError(_TOO_NEAR.format(float(lat.min()), float(lat.max()), equator))
        degree = 1e3 * RADIUS * np.deg2rad(1.0)
        cosine = xr.DataArray(np.cos(np.deg2rad(lat))).where(abs(lat) < 89.999)
        f = xr.DataArray(coriolis(lat)).where(abs(lat) >= equator)
        curvature = xr.DataArray(np.tan(np.deg2rad(lat))) / (1e3 * RADIUS)
        return cls(axes, degree, degree * cosine, f, curvature, True, is_global_longitude(ssh, x))

    def d_dy(self, da: xr.DataArray) -> xr.DataArray:
        return _slope(da, self.axes.space[0]) / self.metres_y

    def d_dx(self, da: xr.DataArray) -> xr.DataArray:
        x = self.axes.space[1]
        if not self.is_global:
            return _slope(da, x) / self.metres_x
        turn = 360.0 * np.sign(float(da[x][-1] - da[x][0]))
        west = da.isel({x: [-1]}).assign_coords({x: da[x].values[-1:] - turn})
        east = da.isel({x: [0]}).assign_coords({x: da[x].values[:1] + turn})
        around = xr.concat([west, da, east], x, coords="minimal", compat="override", join="override")
        return _slope(around, x).isel({x: slice(1, -1)}) / self.metres_x

    def velocity(self, height: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
        return -_GRAVITY / self.f * self.d_dy(height), _GRAVITY / self.f * self.d_dx(height)


def _slope(da: xr.DataArray, dim: str) -> xr.DataArray:
    # Differences at the end of a chunk need the next chunk.
    whole = da.chunk({dim: -1}) if da.chunks is not None else da
    # A central difference does not use its own cell, so that it would be finite on land.
    return whole.differentiate(dim, edge_order=2).where(whole.notnull())


def _metres(ssh: xr.DataArray) -> float:
    units = ssh.attrs.get("units")
    if units not in _METRES:
        raise ValueError(
            f"the height {ssh.name!r} has units {units!r}: expected m, cm or mm. Use ssh.assign_attrs(units='m')"
        )
    return _METRES[units]


def _axes(ssh: xr.DataArray, dims: Mapping[str, str] | None) -> tuple[Axes, bool]:
    """Return the axes of maps with or without time, and whether there are several times."""
    single = ssh.ndim == 2 and "time" not in ssh.dims
    axes = find_axes(ssh.drop_vars("time", errors="ignore").expand_dims(time=[0]) if single else ssh, dims)
    if len(axes.space) != 2:
        raise ValueError(
            f"horizontal dimensions {axes.space} of {ssh.dims}: expected two for currents. Name them with dims="
        )
    return axes, not single and ssh.sizes[axes.time] > 1


def _on_grid_of(ssh: xr.DataArray, mean: xr.DataArray, axes: Axes) -> xr.DataArray:
    if set(mean.dims) != set(axes.space):
        raise ValueError(
            f"mean= has the dimensions {mean.dims}: expected {axes.space} with the coordinates of the height. Use "
            f"mean.interp({axes.space[0]}=ssh.{axes.space[0]}, {axes.space[1]}=ssh.{axes.space[1]})"
        )
    return on_grid_of(mean, ssh, axes.space, ("mean", "ssh"))


def _check_coordinate(ssh: xr.DataArray, dim: str) -> None:
    if dim not in ssh.coords:
        raise ValueError(
            f"{dim!r} has no coordinate: expected a one-dimensional one for distances. Use "
            f"ssh.assign_coords({dim}=...), or regrid curvilinear data"
        )
    steps = np.diff(cell_centres(ssh, dim))
    if steps.size < 2:
        raise ValueError(f"{dim!r} has {steps.size + 1} values: expected at least 3 for differences. Use a larger box")
    if not ((steps > 0).all() or (steps < 0).all()):
        raise ValueError(
            f"{dim!r} has steps of {steps.min():g} to {steps.max():g}: expected one sign. Use ssh.sortby({dim!r})"
        )


_TOO_NEAR = (
    "all latitudes ({:g} to {:g}) are within {:g} degrees of the equator: expected geostrophic balance. "
    "Use higher latitudes or a smaller equator="
)
