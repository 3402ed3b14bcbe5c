"""Variable names of all readers: one name per quantity, with its CF standard name and units.

The attribute ``original_name`` is the name in the file. Standard names: the CF table, https://cfconventions.org.
"""

from __future__ import annotations

import xarray as xr

__all__ = ["COORDINATES", "describe", "standard_units"]

_QUANTITIES = {
    "ssh": ("sea_surface_height_above_geoid", "m", "sea surface height"),
    "ssh_obs": ("sea_surface_height_above_geoid", "m", "sea surface height, observed"),
    "adt": ("sea_surface_height_above_geoid", "m", "absolute dynamic topography"),
    "sla": ("sea_surface_height_above_sea_level", "m", "sea level anomaly"),
    "mdt": ("", "m", "mean dynamic topography"),
    "u": ("surface_eastward_sea_water_velocity", "m s-1", "eastward surface current"),
    "v": ("surface_northward_sea_water_velocity", "m s-1", "northward surface current"),
    "ugos": ("surface_geostrophic_eastward_sea_water_velocity", "m s-1", "eastward geostrophic current"),
    "vgos": ("surface_geostrophic_northward_sea_water_velocity", "m s-1", "northward geostrophic current"),
    "sst": ("sea_surface_temperature", "degree_Celsius", "sea surface temperature"),
    "sst_error": ("sea_surface_temperature standard_error", "K", "standard deviation of the temperature's error"),
    "chl": ("mass_concentration_of_chlorophyll_a_in_sea_water", "mg m-3", "chlorophyll-a concentration"),
    "cross_track_distance": ("", "km", "distance from the ground track, positive to the right of the flight"),
    "altitude": ("height_above_reference_ellipsoid", "m", "altitude of the satellite"),
}

COORDINATES = {
    "time": {"standard_name": "time", "long_name": "time", "axis": "T"},
    "lat": {"standard_name": "latitude", "long_name": "latitude", "units": "degrees_north"},
    "lon": {"standard_name": "longitude", "long_name": "longitude", "units": "degrees_east"},
}
"""CF attributes of the three coordinates of every Dataset."""

_UNITS = {
    "kelvin": "K",
    "degree celsius": "degree_Celsius",
    "degrees celsius": "degree_Celsius",
    "degree_c": "degree_Celsius",
    "celsius": "degree_Celsius",
    "m/s": "m s-1",
    "m.s-1": "m s-1",
    "meters": "m",
    "metres": "m",
    "mg m^-3": "mg m-3",
    "milligram m-3": "mg m-3",
}


def standard_units(units: str) -> str:
    """Return units in CF spelling; unknown units are unchanged.

    Examples
    --------
    >>> standard_units("degree Celsius"), standard_units("m/s"), standard_units("m")
    ('degree_Celsius', 'm s-1', 'm')
    """
    return _UNITS.get(units.strip().lower(), units)


def describe(array: xr.DataArray, name: str) -> xr.DataArray:
    """Rename an array and set its CF attributes; temperatures in kelvin become degrees Celsius.

    Attributes of the file have precedence if they follow CF. A variable without known units keeps none.

    Parameters
    ----------
    array : xr.DataArray
        The variable with its name in the file.
    name : str
        Its new name.
    """
    attrs = {k: v for k, v in array.attrs.items() if k not in ("coordinates", "_ChunkSizes", "valid_min", "valid_max")}
    standard_name, units, long_name = _QUANTITIES.get(name, ("", "", ""))
    found = standard_units(str(attrs.pop("units", "") or units))
    if found:
        attrs["units"] = found
    if standard_name:
        attrs["standard_name"] = standard_name
    attrs.setdefault("long_name", long_name or str(array.name))
    if array.name != name:
        attrs["original_name"] = str(array.name)
    if name == "sst" and attrs.get("units") == "K":
        array, attrs["units"] = array - 273.15, "degree_Celsius"
    array = array.rename(name)
    array.attrs = attrs
    return array
