"""Absolute dynamic topography, sea level anomaly, and the currents of a Dataset.

    ADT = SLA + MDT

Altimeters measure the sea level anomaly (SLA). Currents need the absolute dynamic topography (ADT), and thus a mean
dynamic topography (MDT). The CF standard_name distinguishes SLA and ADT. MDT: Mulet et al. 2021,
doi:10.5194/os-17-789-2021.
"""

from __future__ import annotations

import xarray as xr

from xdvn.grid.ancillary import add_ancillary
from xdvn.grid.axes import find_axes, require_variable
from xdvn.grid.matching import on_grid_of
from xdvn.grid.sea_level import ABSOLUTE, ANOMALIES, is_height
from xdvn.ocean.currents import geostrophic_currents

__all__ = ["absolute_topography", "add_absolute_topography", "sea_level_anomaly", "surface_currents"]


def absolute_topography(sla: xr.DataArray, mdt: xr.DataArray) -> xr.DataArray:
    """Return the sum of sea level anomaly and mean dynamic topography.

    Parameters
    ----------
    sla : xr.DataArray
        Sea level anomaly.
    mdt : xr.DataArray
        Mean dynamic topography on the same latitudes and longitudes, in the same units, NaN on land.

    Returns
    -------
    xr.DataArray
        Absolute dynamic topography, named ``adt``, with the dimensions of the anomaly.

    Raises
    ------
    ValueError
        If the anomaly is an absolute height, or grids or units differ.

    Examples
    --------
    >>> import numpy as np
    >>> coords = {"time": [0, 1], "lat": [30.0, 31.0], "lon": [0.0, 1.0]}
    >>> sla = xr.DataArray(np.full((2, 2, 2), 0.1), coords, ("time", "lat", "lon"), attrs={"units": "m"})
    >>> mdt = xr.DataArray(np.full((2, 2), 0.5), dims=("lat", "lon"), attrs={"units": "m"},
    ...                    coords={"lat": [30.0, 31.0], "lon": [0.0, 1.0]})
    >>> adt = absolute_topography(sla, mdt)
    >>> float(adt.max()), adt.attrs["standard_name"]
    (0.6, 'sea_surface_height_above_geoid')
    """
    if sla.attrs.get("standard_name") == ABSOLUTE:
        raise ValueError(
            f"{sla.name!r} has the standard_name of an absolute height: expected an anomaly. Leave mdt out, or "
            f"set standard_name to {ANOMALIES[0]!r}"
        )
    adt = sla + _on_grid_of(sla, mdt)
    name = {"standard_name": ABSOLUTE, "long_name": "absolute dynamic topography"}
    return adt.transpose(*sla.dims).rename("adt").assign_attrs(_common_attrs(sla) | name)


def sea_level_anomaly(adt: xr.DataArray, mdt: xr.DataArray) -> xr.DataArray:
    """Return absolute minus mean dynamic topography, as truth for observed anomalies.

    Parameters
    ----------
    adt : xr.DataArray
        Absolute dynamic topography, such as the sea surface height of an ocean model.
    mdt : xr.DataArray
        Mean dynamic topography on the same latitudes and longitudes, in the same units, NaN on land.

    Returns
    -------
    xr.DataArray
        Sea level anomaly, named ``sla``, with the dimensions of the topography.

    Raises
    ------
    ValueError
        If the topography is an anomaly, or grids or units differ.

    Examples
    --------
    >>> import numpy as np
    >>> coords = {"time": [0, 1], "lat": [30.0, 31.0], "lon": [0.0, 1.0]}
    >>> adt = xr.DataArray(np.full((2, 2, 2), 0.6), coords, ("time", "lat", "lon"), attrs={"units": "m"})
    >>> mdt = xr.DataArray(np.full((2, 2), 0.5), {k: coords[k] for k in ("lat", "lon")}, attrs={"units": "m"})
    >>> sla = sea_level_anomaly(adt, mdt)
    >>> round(float(sla.max()), 3), sla.attrs["standard_name"]
    (0.1, 'sea_surface_height_above_sea_level')
    """
    if adt.attrs.get("standard_name") in ANOMALIES:
        raise ValueError(
            f"{adt.name!r} has the standard_name of an anomaly: expected an absolute height. Use it "
            f"unchanged, or set standard_name to {ABSOLUTE!r}"
        )
    sla = adt - _on_grid_of(adt, mdt)
    name = {"standard_name": ANOMALIES[0], "long_name": "sea level anomaly"}
    return sla.transpose(*adt.dims).rename("sla").assign_attrs(_common_attrs(adt) | name)


def add_absolute_topography(ds: xr.Dataset, mdt: xr.DataArray, name: str | None = None) -> xr.Dataset:
    """Add ``adt`` to maps of sea level anomaly, with the ancillary variables of the anomaly.

    Parameters
    ----------
    ds : xr.Dataset
        Maps of sea level anomaly, such as a reconstruction.
    mdt : xr.DataArray
        Mean dynamic topography, as in ``absolute_topography``.
    name : str, optional
        Variable. If None, the one with the CF standard_name of a sea surface height.
    """
    height = require_variable(ds, name or _height_name(ds), "sea surface height")
    adt = absolute_topography(height, mdt)
    adt.attrs = {k: v for k, v in adt.attrs.items() if k != "ancillary_variables"}
    ds = ds.assign(adt=adt)
    names = str(height.attrs.get("ancillary_variables", "")).split()
    return add_ancillary(ds, "adt", {other: ds[other] for other in names if other in ds}) if names else ds


def surface_currents(ds: xr.Dataset, name: str | None = None, mdt: xr.DataArray | None = None) -> xr.Dataset:
    """Return the geostrophic currents of a Dataset's sea surface height.

    Parameters
    ----------
    ds : xr.Dataset
        Maps of sea surface height, such as a reconstruction.
    name : str, optional
        Variable. If None, the one with the CF standard_name of a sea surface height.
    mdt : xr.DataArray, optional
        Mean dynamic topography, if the heights are anomalies. Adds ``adt``; the currents are then absolute and ``eke``
        is that of the anomalies.

    Returns
    -------
    xr.Dataset
        ``u``, ``v``, ``speed``, ``vorticity``, ``vorticity_over_f``, ``strain``, ``eke`` as in
        ``geostrophic_currents``, and ``adt`` if there is an ``mdt``.

    Raises
    ------
    KeyError
        If there is no variable of that name.
    ValueError
        If not exactly one variable is a sea surface height, or as in ``absolute_topography`` and
        ``geostrophic_currents``.

    Examples
    --------
    >>> import numpy as np, xarray as xr, xdvn
    >>> coords = {"time": [0, 1], "lat": [30.0, 31.0, 32.0], "lon": [0.0, 1.0, 2.0]}
    >>> attrs = {"units": "m", "standard_name": "sea_surface_height_above_geoid"}
    >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), np.zeros((2, 3, 3)), attrs)}, coords)
    >>> sorted(ds.dvn.currents())
    ['eke', 'speed', 'strain', 'u', 'v', 'vorticity', 'vorticity_over_f']
    """
    height = require_variable(ds, name or _height_name(ds), "sea surface height")
    if mdt is None:
        return geostrophic_currents(height)
    adt = absolute_topography(height, mdt)
    mean = _on_grid_of(height, mdt)
    return geostrophic_currents(adt, mean=mean).assign(adt=adt)


def _on_grid_of(height: xr.DataArray, mdt: xr.DataArray) -> xr.DataArray:
    """Return the mean dynamic topography on the coordinates of the heights."""
    if height.attrs.get("units") != mdt.attrs.get("units"):
        raise ValueError(
            f"the heights {height.name!r} are in {height.attrs.get('units')!r}, the mean dynamic topography in "
            f"{mdt.attrs.get('units')!r}. Convert one and set its units attribute"
        )
    axes = find_axes(height)
    if set(mdt.dims) != set(axes.space):
        y, x = axes.space[0], axes.space[-1]
        name = height.name or "height"
        raise ValueError(
            f"mdt has the sizes {dict(mdt.sizes)}: expected the grid of the heights, {axes.space}. Use "
            f"mdt.interp({y}={name}[{y!r}], {x}={name}[{x!r}])"
        )
    return on_grid_of(mdt, height, axes.space, ("mdt", str(height.name or "height")))


def _common_attrs(height: xr.DataArray) -> dict[str, str]:
    return {k: v for k, v in height.attrs.items() if k in ("units", "grid_mapping")}


def _height_name(ds: xr.Dataset) -> str:
    heights = [str(n) for n, da in ds.data_vars.items() if is_height(da.attrs)]
    if len(heights) != 1:
        raise ValueError(
            f"expected one variable with the standard_name of a sea surface height, got {heights}. Choose one of "
            f"{sorted(map(str, ds))} with name="
        )
    return heights[0]
