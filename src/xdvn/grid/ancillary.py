"""Ancillary variables of maps (observation flags, distances, standard errors) and the provenance of a Dataset.

The attribute ``ancillary_variables`` of a map names its ancillary variables. Global attributes and history follow the
input, so that a Dataset of maps can be written as a CF file.

CF conventions, sections 2.6, 3.4, 3.5, 5.6 and 7.1: doi:10.5281/zenodo.14275599.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.grid.distance import distance_to_observations

__all__ = ["add_ancillary", "add_distances", "add_observed_flag", "add_provenance", "add_samples", "add_std"]


def add_ancillary(maps: xr.Dataset, name: str, more: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Add ancillary variables of the map ``name``, and append their names to its ``ancillary_variables``.

    Examples
    --------
    >>> maps = xr.Dataset({"ssh": ("x", [0.5]), "ssh_std": ("x", [0.1])})
    >>> maps.ssh.attrs["ancillary_variables"] = "ssh_std"
    >>> add_ancillary(maps, "ssh", {"ssh_age": maps.ssh_std}).ssh.attrs["ancillary_variables"]
    'ssh_std ssh_age'
    """
    present = str(maps[name].attrs.get("ancillary_variables", "")).split()
    names = " ".join(dict.fromkeys([*present, *more]))
    return maps.assign({name: maps[name].assign_attrs(ancillary_variables=names), **more})


_FLAG = "_observed"


def add_observed_flag(maps: xr.Dataset, name: str, observations: xr.DataArray) -> xr.Dataset:
    """Add ``<name>_observed``: 1 where there is an observation, 0 where the map was filled in.

    Parameters
    ----------
    maps : xr.Dataset
        Dataset with the map ``name``.
    name : str
        Name of the map.
    observations : xr.DataArray
        Observations that the map was made from, NaN where nothing was observed.
    """
    flag = observations.notnull().astype("int8")
    flag.attrs = {
        "standard_name": "status_flag",
        "long_name": f"where {name} was observed",
        "flag_values": np.array([0, 1], "int8"),
        "flag_meanings": "filled observed",
    }
    return add_ancillary(maps, name, {f"{name}{_FLAG}": flag})


def add_distances(maps: xr.Dataset) -> xr.Dataset:
    """Add to every flagged map the distances to the nearest observation.

    Parameters
    ----------
    maps : xr.Dataset
        Maps with the flags of ``add_observed_flag``.

    Returns
    -------
    xr.Dataset
        With ``<name>_distance_in_space`` [km], to the nearest observation of the same time, and
        ``<name>_distance_in_time`` [days], to the nearest observation of the same grid cell. They are 0 where observed
        and NaN on land, or where that time or cell has no observation. ``grid.distance`` has more options.

    Raises
    ------
    ValueError
        No map has a flag, or coordinates have unknown units.
    """
    flags = {str(v).removesuffix(_FLAG): maps[v] for v in maps.data_vars if str(v).endswith(_FLAG)}
    flags = {name: flag for name, flag in flags.items() if name in maps}
    if not flags:
        raise ValueError(
            f"maps= has the variables {sorted(map(str, maps.data_vars))}: expected a flag <map>{_FLAG}. "
            "Add it with xdvn.grid.ancillary.add_observed_flag(maps, name, observations)."
        )
    for name, flag in flags.items():
        sea = maps[name].notnull()
        distances = distance_to_observations(flag == 1)
        more = {f"{name}_{kind}": da.where(sea).assign_attrs(da.attrs) for kind, da in distances.data_vars.items()}
        maps = add_ancillary(maps, name, more)
    return maps


def add_std(maps: xr.Dataset, name: str, std: xr.DataArray, **attrs: str) -> xr.Dataset:
    """Add ``<name>_std``, the standard deviation of the map's error, in its unit.

    CF conventions, section 3.3 (standard name modifiers), doi:10.5281/zenodo.14275599.

    Examples
    --------
    >>> maps = xr.Dataset({"ssh": ("x", [0.5], {"units": "m", "standard_name": "sea_surface_height"})})
    >>> add_std(maps, "ssh", maps.ssh * 0.1).ssh_std.attrs["standard_name"]
    'sea_surface_height standard_error'
    """
    of_map = {k: v for k, v in maps[name].attrs.items() if k in ("units", "standard_name")}
    if "standard_name" in of_map:
        of_map["standard_name"] += " standard_error"
    labelled = std.copy(deep=False)
    labelled.attrs = {**of_map, "long_name": f"standard error of {name}", **attrs}
    return add_ancillary(maps, name, {f"{name}_std": labelled})


def add_samples(maps: xr.Dataset, name: str, samples: xr.DataArray) -> xr.Dataset:
    """Add ``<name>_sample``, equally likely maps along ``sample``."""
    of_map = {k: v for k, v in maps[name].attrs.items() if k in ("units", "standard_name")}
    labelled = samples.transpose("sample", *maps[name].dims).assign_coords(sample=range(samples.sizes["sample"]))
    labelled.attrs = {**of_map, "long_name": f"equally likely maps of {name}"}
    labelled["sample"].attrs = {"long_name": "number of the sample", "units": "1"}
    return add_ancillary(maps, name, {f"{name}_sample": labelled})


_CONVENTIONS = "CF-1.11"


def add_provenance(maps: xr.Dataset, source: xr.Dataset, note: str) -> xr.Dataset:
    """Add the global attributes, coordinate bounds and grid mapping of ``source``, and a line of history.

    Parameters
    ----------
    maps : xr.Dataset
        Maps; their own attributes have precedence.
    source : xr.Dataset
        Dataset that the maps were made from; it is not changed.
    note : str
        One line on what was done. The date and time (UTC) are prepended.

    Examples
    --------
    >>> source = xr.Dataset(attrs={"title": "Sea level", "history": "2020-01-01: gridded"})
    >>> attrs = add_provenance(xr.Dataset(), source, "mapped").attrs
    >>> attrs["title"], attrs["Conventions"], attrs["history"].splitlines()[0], attrs["history"].split()[-1]
    ('Sea level', 'CF-1.11', '2020-01-01: gridded', 'mapped')
    """
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    history = [str(ds.attrs["history"]) for ds in (source, maps) if "history" in ds.attrs]
    attrs = {"Conventions": _CONVENTIONS} | source.attrs | maps.attrs
    maps = _with_grid_mapping(maps, source)
    return _with_bounds(maps, source).assign_attrs(attrs, history="\n".join([*history, f"{now}: {note}"]))


def _with_grid_mapping(maps: xr.Dataset, source: xr.Dataset) -> xr.Dataset:
    """Copy the grid mapping of the observations to the maps on the same dimensions."""
    for name, da in maps.data_vars.items():
        alike = [other for other in source.data_vars.values() if set(other.dims) == set(da.dims)]
        names = {str(o.attrs.get("grid_mapping") or o.encoding.get("grid_mapping") or "") for o in alike} - {""}
        if len(names) == 1 and (mapping := names.pop()) in source.variables:
            maps = maps.assign({name: da.assign_attrs(grid_mapping=mapping), mapping: source[mapping]})
            maps = maps.set_coords(mapping) if mapping in source.coords else maps
    return maps


def _with_bounds(maps: xr.Dataset, source: xr.Dataset) -> xr.Dataset:
    for coord in list(maps.coords.values()):
        bounds = coord.attrs.get("bounds") or coord.attrs.get("climatology")
        if bounds in source.variables and bounds not in maps.variables:
            maps = maps.assign({bounds: source[bounds]})
    return maps
