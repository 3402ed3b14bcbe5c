"""What a Dataset of maps says of itself: conventions, where it came from, and references that lead somewhere.

Global attributes of the input are kept, its ``history`` is added to and never replaced, and what attributes refer to by
name (bounds of coordinates, the grid mapping) comes along, so that the result can be written as a CF file as it is.
Called by ``xdvn.reconstruct``. CF conventions, sections 2.6, 5.6 and 7.1: doi:10.5281/zenodo.14275599.
"""

from __future__ import annotations

import datetime

import xarray as xr

__all__ = ["with_provenance"]

_CONVENTIONS = "CF-1.11"


def with_provenance(maps: xr.Dataset, source: xr.Dataset, note: str) -> xr.Dataset:
    """Return maps with the global attributes of what they were made from, and one more line of history.

    Parameters
    ----------
    maps : xr.Dataset
        Maps; their own attributes win.
    source : xr.Dataset
        What they were made from; never changed.
    note : str
        What was done, one line; the date and time (UTC) are put before it.

    Examples
    --------
    >>> source = xr.Dataset(attrs={"title": "Sea level", "history": "2020-01-01: gridded"})
    >>> told = with_provenance(xr.Dataset(), source, "mapped").attrs
    >>> told["title"], told["Conventions"], told["history"].splitlines()[0], told["history"].split()[-1]
    ('Sea level', 'CF-1.11', '2020-01-01: gridded', 'mapped')
    """
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = [str(ds.attrs["history"]) for ds in (source, maps) if "history" in ds.attrs]
    attrs = {"Conventions": _CONVENTIONS} | source.attrs | maps.attrs
    maps = _with_grid_mapping(maps, source)
    return _with_bounds(maps, source).assign_attrs(attrs, history="\n".join([*before, f"{now}: {note}"]))


def _with_grid_mapping(maps: xr.Dataset, source: xr.Dataset) -> xr.Dataset:
    """Say on which ellipsoid or projection maps lie, where the observations on the same dimensions say so."""
    for name, da in maps.data_vars.items():
        told = [other for other in source.data_vars.values() if set(other.dims) == set(da.dims)]
        names = {str(o.attrs.get("grid_mapping") or o.encoding.get("grid_mapping") or "") for o in told} - {""}
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
