"""What belongs to a map besides its values: where it was observed, and how far the nearest observation is.

Each such variable is laid out as its map and named in the map's attribute ``ancillary_variables``, which is how CF
says that one variable tells of another. Called by mappers (flags) and by ``xdvn.reconstruct`` (distances).
CF conventions, sections 3.4 and 3.5: doi:10.5281/zenodo.14275599.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.grid.distance import distance_to_observations

__all__ = ["attach", "with_distances", "with_flag", "with_samples", "with_std"]

_FLAG = "_observed"


def attach(maps: xr.Dataset, name: str, more: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Return a Dataset with more variables that tell of its variable ``name``, added to those it has.

    Examples
    --------
    >>> maps = xr.Dataset({"ssh": ("x", [0.5]), "ssh_std": ("x", [0.1])})
    >>> maps.ssh.attrs["ancillary_variables"] = "ssh_std"
    >>> attach(maps, "ssh", {"ssh_age": maps.ssh_std}).ssh.attrs["ancillary_variables"]
    'ssh_std ssh_age'
    """
    known = str(maps[name].attrs.get("ancillary_variables", "")).split()
    together = " ".join(dict.fromkeys([*known, *more]))
    return maps.assign({name: maps[name].assign_attrs(ancillary_variables=together), **more})


def with_flag(maps: xr.Dataset, name: str, observations: xr.DataArray) -> xr.Dataset:
    """Add ``<name>_observed``: 1 where there is an observation, 0 where the map was filled in.

    Parameters
    ----------
    maps : xr.Dataset
        Holds the map ``name``.
    name : str
        The map that the flag tells of.
    observations : xr.DataArray
        What it was made from, NaN where nothing was observed.
    """
    flag = observations.notnull().astype("int8")
    flag.attrs = {
        "standard_name": "status_flag",
        "long_name": f"where {name} was observed",
        "flag_values": np.array([0, 1], "int8"),
        "flag_meanings": "filled observed",
    }
    return attach(maps, name, {f"{name}{_FLAG}": flag})


def with_std(maps: xr.Dataset, name: str, std: xr.DataArray, **attrs: str) -> xr.Dataset:
    """Add ``<name>_std``, the standard deviation of the map's error, in its unit.

    CF conventions, section 3.3 (standard name modifiers), doi:10.5281/zenodo.14275599.

    Examples
    --------
    >>> maps = xr.Dataset({"ssh": ("x", [0.5], {"units": "m", "standard_name": "sea_surface_height"})})
    >>> with_std(maps, "ssh", maps.ssh * 0.1).ssh_std.attrs["standard_name"]
    'sea_surface_height standard_error'
    """
    told = {k: v for k, v in maps[name].attrs.items() if k in ("units", "standard_name")}
    if "standard_name" in told:
        told["standard_name"] += " standard_error"
    labelled = std.copy(deep=False)
    labelled.attrs = {**told, "long_name": f"standard error of {name}", **attrs}
    return attach(maps, name, {f"{name}_std": labelled})


def with_samples(maps: xr.Dataset, name: str, samples: xr.DataArray) -> xr.Dataset:
    """Add ``<name>_sample``, equally likely maps along ``sample``."""
    told = {k: v for k, v in maps[name].attrs.items() if k in ("units", "standard_name")}
    labelled = samples.transpose("sample", *maps[name].dims).assign_coords(sample=range(samples.sizes["sample"]))
    labelled.attrs = {**told, "long_name": f"equally likely maps of {name}"}
    labelled["sample"].attrs = {"long_name": "number of the sample", "units": "1"}
    return attach(maps, name, {f"{name}_sample": labelled})


def with_distances(maps: xr.Dataset) -> xr.Dataset:
    """Add to every flagged map the distances to its nearest observation.

    Parameters
    ----------
    maps : xr.Dataset
        Maps with flags, as ``with_flag`` adds them.

    Returns
    -------
    xr.Dataset
        With ``<name>_distance_in_space`` [km], to the nearest observation of the same time, and
        ``<name>_distance_in_time`` [days], to the nearest observation of the same cell; 0 where observed, NaN where the
        map is NaN (land) or nothing was observed at that time or in that cell. ``grid.distance`` has more options.

    Raises
    ------
    ValueError
        No map has a flag, or coordinates have unknown units.
    """
    flags = {str(v).removesuffix(_FLAG): maps[v] for v in maps.data_vars if str(v).endswith(_FLAG)}
    flags = {name: flag for name, flag in flags.items() if name in maps}
    if not flags:
        raise ValueError(
            f"no map says where it was observed: there is no variable <map>{_FLAG} among "
            f"{sorted(map(str, maps.data_vars))}. A mapper adds one with xdvn.grid.ancillary.with_flag; or call "
            "xdvn.grid.distance.distance_to_observations(ds[obs].notnull())"
        )
    for name, flag in flags.items():
        sea = maps[name].notnull()
        far = distance_to_observations(flag == 1)
        more = {f"{name}_{kind}": da.where(sea).assign_attrs(da.attrs) for kind, da in far.data_vars.items()}
        maps = attach(maps, name, more)
    return maps
