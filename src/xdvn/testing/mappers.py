"""Contract checks of mappers and posteriors, from Dataset to Dataset."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.testing.properties import require, round_trip

__all__ = ["check_mapper", "check_posterior"]


def check_mapper(mapper: AbstractMapper, ds: xr.Dataset, variables: Mapping[str, str]) -> None:
    """Check that a mapper returns complete, reproducible maps with the labels of the observations.

    Parameters
    ----------
    mapper : AbstractMapper
        Mapper under test.
    ds : xr.Dataset
        Small Dataset of observations; the check maps it four times.
    variables : mapping
        Reconstructed variables and their observed variables, for example ``{"ssh": "ssh_obs"}``.

    Raises
    ------
    AssertionError
        If the mapper changes its input, dimensions, coordinates or units, leaves gaps at observed cells, is not
        reproducible, depends on the order of dimensions, or cannot be saved.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make().isel(time=slice(12))
    >>> check_mapper(xdvn.OptimalInterpolation("ssh_obs", name="ssh"), ds, {"ssh": "ssh_obs"})
    """
    name = type(mapper).__name__
    before = ds.copy(deep=True)
    maps = mapper.reconstruct(ds)
    _check_unchanged(name, ds, before)
    for mapped, observed in variables.items():
        require(
            mapped in maps,
            f"{name}.reconstruct returned {list(maps.data_vars)}: expected a variable {mapped!r}. Rename the output.",
        )
        _check_labels(name, maps[mapped], ds[observed])
        gaps = np.isnan(maps[mapped].transpose(*ds[observed].dims).values)
        n_gaps = int((gaps & np.isfinite(ds[observed].values)).sum())
        require(
            not n_gaps,
            f"{name}: {mapped!r} is NaN in {n_gaps} observed cells: expected no gaps at sea. Fill all cells.",
        )
    again = mapper.reconstruct(ds)
    _check_equal(maps, again, variables, f"{name}: two runs differ: expected equal maps. {_SEED}")
    transposed = ds.transpose(*reversed([str(d) for d in ds[next(iter(variables.values()))].dims]), ...)
    other = mapper.reconstruct(transposed)
    for mapped, observed in variables.items():
        _check_labels(name, other[mapped], transposed[observed])
    _check_equal(
        maps,
        other,
        variables,
        f"{name}: maps depend on the order of the dimensions: expected equal maps. Use dimensions by name.",
    )
    _check_equal(
        maps,
        round_trip(mapper).reconstruct(ds),
        variables,
        f"{name}: maps differ after saving and loading: expected equal maps. Store all parameters in fields.",
    )


def check_posterior(
    posterior: AbstractPosterior, mapper: AbstractMapper, ds: xr.Dataset, variables: Mapping[str, str]
) -> None:
    """Check that a posterior returns a positive standard deviation for every mapped cell, in the map's unit and layout.

    Parameters
    ----------
    posterior : AbstractPosterior
        Posterior under test.
    mapper : AbstractMapper
        Mapper whose uncertainty the posterior estimates.
    ds : xr.Dataset
        Small Dataset of observations.
    variables : mapping
        As in ``check_mapper``.

    Raises
    ------
    AssertionError
        If the posterior changes its input, omits a standard deviation, returns negative or missing values or other
        labels, or is not reproducible.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make().isel(time=slice(8))
    >>> oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    >>> check_posterior(xdvn.uncertainty.Ensemble(2, obs_error=0.02), oi, ds, {"ssh": "ssh_obs"})
    """
    name, before = type(posterior).__name__, ds.copy(deep=True)
    maps = posterior.reconstruct(ds, mapper)
    _check_unchanged(name, ds, before)
    again = posterior.reconstruct(ds, mapper)
    for mapped, observed in variables.items():
        std_name = f"{mapped}_std"
        require(
            std_name in maps,
            f"{name}.reconstruct returned {list(maps.data_vars)}: expected a variable {std_name!r}. Add it.",
        )
        std = maps[std_name]
        _check_labels(name, std, ds[observed])
        ancillary = maps[mapped].attrs.get("ancillary_variables", "").split()
        require(
            std_name in ancillary,
            f"{name}: ancillary_variables of {mapped!r} is {ancillary}: expected {std_name!r}. Add it there.",
        )
        is_mapped = maps[mapped].notnull()
        valid = bool((std.where(is_mapped, 1) >= 0).all())
        require(valid, f"{name}: {std_name!r} is negative or NaN: expected 0 or more in every mapped cell. Fill it.")
        equal = np.allclose(std, again[std_name], rtol=1e-4, equal_nan=True)
        require(equal, f"{name}: two runs differ: expected equal standard deviations. {_SEED}")


_SEED = "Draw random numbers from a seed in a field."


def _check_unchanged(name: str, ds: xr.Dataset, before: xr.Dataset) -> None:
    require(
        ds.identical(before), f"{name}.reconstruct changed its input: expected an unchanged Dataset. Work on a copy."
    )


def _check_labels(name: str, mapped: xr.DataArray, observed: xr.DataArray) -> None:
    require(
        mapped.dims == observed.dims,
        f"{name}: {mapped.name!r} has dimensions {mapped.dims}: expected {observed.dims}. Transpose to the "
        "observations.",
    )
    for dim in observed.dims:
        require(
            mapped.coords[dim].identical(observed.coords[dim]) if dim in observed.coords else dim not in mapped.coords,
            f"{name}: coordinate {dim!r} of {mapped.name!r} differs: expected that of the observations. Copy it.",
        )
    units, expected = mapped.attrs.get("units"), observed.attrs.get("units")
    require(
        units == expected,
        f"{name}: {mapped.name!r} has units {units!r}: expected {expected!r}. Copy the units of the observations.",
    )


def _check_equal(first: xr.Dataset, second: xr.Dataset, variables: Mapping[str, str], message: str) -> None:
    for name in variables:
        a, b = first[name], second[name].transpose(*first[name].dims)
        require(np.allclose(a.values, b.values, rtol=1e-4, atol=1e-5, equal_nan=True), message)
