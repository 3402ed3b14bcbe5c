"""Contract check of whole methods: Datasets in and out, labels as the caller's, nothing of the caller's changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.testing.properties import require, saved_and_read

__all__ = ["check_mapper", "check_posterior"]


def check_mapper(mapper: AbstractMapper, ds: xr.Dataset, variables: Mapping[str, str]) -> None:
    """Check a mapper on a Dataset.

    Parameters
    ----------
    mapper : AbstractMapper
        Yours.
    ds : xr.Dataset
        Observations it can map; small, since it is mapped four times.
    variables : mapping
        For each variable of the reconstruction, the observed one it was made from: ``{"ssh": "ssh_obs"}``.

    Raises
    ------
    AssertionError
        When the input was changed, or dimensions, order, coordinates or units were not kept, a map has gaps at sea,
        two runs differ, the order of dimensions matters, or it cannot be saved with a model.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make().isel(time=slice(12))
    >>> check_mapper(xdvn.OptimalInterpolation("ssh_obs", name="ssh"), ds, {"ssh": "ssh_obs"})
    """
    name = type(mapper).__name__
    before = ds.copy(deep=True)
    maps = mapper.reconstruct(ds)
    require(ds.identical(before), f"{name}.reconstruct changed the Dataset it was given; work on a copy")
    for made, seen in variables.items():
        require(made in maps, f"{name}.reconstruct returned {list(maps.data_vars)}, expected a variable {made!r}")
        _labels(name, maps[made], ds[seen])
        blind = np.isnan(maps[made].transpose(*ds[seen].dims).values)
        missed = int((blind & np.isfinite(ds[seen].values)).sum())
        require(not missed, f"{name}: {made!r} is NaN in {missed} cells that were observed; a map is complete at sea")
    _same(maps, mapper.reconstruct(ds), variables, f"{name} is not reproducible: two runs on equal input differ")
    turned = ds.transpose(*reversed([str(d) for d in ds[next(iter(variables.values()))].dims]), ...)
    back = mapper.reconstruct(turned)
    for made, seen in variables.items():
        _labels(name, back[made], turned[seen])
    _same(maps, back, variables, f"{name} depends on the order of the dimensions")
    again = saved_and_read(mapper).reconstruct(ds)
    _same(maps, again, variables, f"{name} maps differently after saving and loading")


def check_posterior(
    posterior: AbstractPosterior, mapper: AbstractMapper, ds: xr.Dataset, variables: Mapping[str, str]
) -> None:
    """Check a posterior: a positive standard deviation, in the map's unit and layout, for every cell of a map.

    Parameters
    ----------
    posterior : AbstractPosterior
        Yours.
    mapper : AbstractMapper
        What maps.
    ds : xr.Dataset
        Observations it can map; small.
    variables : mapping
        As for ``check_mapper``.

    Raises
    ------
    AssertionError
        When the input was changed, a standard deviation lacks, does not fit its map or is negative, or two runs differ.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make().isel(time=slice(8))
    >>> oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    >>> check_posterior(xdvn.posteriors.Ensemble(2, obs_error=0.02), oi, ds, {"ssh": "ssh_obs"})
    """
    name, before = type(posterior).__name__, ds.copy(deep=True)
    maps = posterior.reconstruct(ds, mapper)
    require(ds.identical(before), f"{name}.reconstruct changed the Dataset it was given; work on a copy")
    again = posterior.reconstruct(ds, mapper)
    for made, seen in variables.items():
        require(f"{made}_std" in maps, f"{name}.reconstruct returned {list(maps.data_vars)}, expected '{made}_std' too")
        std = maps[f"{made}_std"]
        _labels(name, std, ds[seen])
        told = maps[made].attrs.get("ancillary_variables", "").split()
        require(f"{made}_std" in told, f"{name}: {made!r} does not name '{made}_std' among its ancillary_variables")
        at_sea = maps[made].notnull()
        told_there = bool((std.where(at_sea, 1) >= 0).all())
        require(told_there, f"{name}: '{made}_std' is negative or NaN where there is a map")
        same = np.allclose(std, again[f"{made}_std"], rtol=1e-4, equal_nan=True)
        require(same, f"{name} is not reproducible: two runs on equal input differ; draw from a seed it holds")


def _labels(name: str, made: xr.DataArray, seen: xr.DataArray) -> None:
    require(
        made.dims == seen.dims,
        f"{name}: {made.name!r} has the dimensions {made.dims}, expected the observations' {seen.dims}, in their order",
    )
    for label in seen.dims:
        require(
            made.coords[label].identical(seen.coords[label]) if label in seen.coords else label not in made.coords,
            f"{name}: the coordinate {label!r} of {made.name!r} is not that of the observations",
        )
    units = [a.attrs.get("units") for a in (made, seen)]
    require(units[0] == units[1], f"{name}: {made.name!r} has units {units[0]!r}, the observations have {units[1]!r}")


def _same(first: xr.Dataset, second: xr.Dataset, variables: Mapping[str, str], message: str) -> None:
    for made in variables:
        a, b = first[made], second[made].transpose(*first[made].dims)
        require(np.allclose(a.values, b.values, rtol=1e-4, atol=1e-5, equal_nan=True), message)
