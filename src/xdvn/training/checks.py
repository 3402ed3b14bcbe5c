"""Checks of training data: existing observations, valid measurements, and no truth in the inputs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr

from xdvn.grid.axes import require_variable
from xdvn.grid.validation import check_dtype_and_packing, check_finite

__all__ = ["check_leakage", "check_training_data", "pair_variables"]

_MANY_GAPS = 0.3


def check_leakage(ds: xr.Dataset, pairs: Sequence[tuple[str, str]], covariates: Sequence[str] = ()) -> None:
    """Raise if observations or covariates equal the truth.

    A network with the truth in its input learns to copy it and fails on other data.

    Parameters
    ----------
    ds : xr.Dataset
        Training data.
    pairs : sequence of (str, str)
        Observed variable and truth, for each variable of the state.
    covariates : sequence of str
        Other fields that the network reads.

    Raises
    ------
    ValueError
        If every observed variable equals its truth nearly everywhere, or a covariate equals a truth. A complete
        variable next to one with gaps is accepted, such as temperature next to tracks.
    """
    if all(name == true or _equals_truth(ds[name], ds[true]) for name, true in pairs):
        name, true = pairs[0]
        raise ValueError(
            f"obs={name!r} equals the truth {true!r}: expected observations with gaps. Mask the truth, as in "
            f"ds[{true!r}].where(mask), or sample it with xdvn.osse."
        )
    for covariate in covariates:
        for _, true in pairs:
            if covariate in ds.variables and (covariate == true or _equals_truth(ds[covariate], ds[true])):
                raise ValueError(
                    f"covariates={covariate!r} equals the truth {true!r}, which the network would copy. Omit it."
                )


def _equals_truth(da: xr.DataArray, truth: xr.DataArray) -> bool:
    """Return True if ``da`` equals the truth in more than 99.9 % of the cells with a truth."""
    if set(da.dims) != set(truth.dims) or da.dtype.kind not in "iuf":
        return False
    da = da.transpose(*truth.dims)
    if any(da.sizes[d] != truth.sizes[d] for d in truth.dims):
        return False
    valid = truth.notnull()
    equal = (da.variable == truth.variable) & valid.variable
    return float(equal.sum()) > 0.999 * max(1.0, float(valid.sum())) and bool(np.asarray(valid.any()))


def pair_variables(obs: str | Sequence[str], truth: str | Sequence[str] | None) -> list[tuple[str, str]]:
    """Return each observed variable with its truth, or with itself if there is none.

    Examples
    --------
    >>> pair_variables(["ssh_obs", "sst_obs"], ["ssh", "sst"])
    [('ssh_obs', 'ssh'), ('sst_obs', 'sst')]
    """
    for argument, names in (("obs", obs), ("truth", truth)):
        if isinstance(names, xr.DataArray | xr.Dataset):
            raise TypeError(
                f"{argument}= is a {type(names).__name__}: expected the name of a variable of ds. Use "
                f"{argument}={getattr(names, 'name', None) or next(iter(names), 'name')!r}"
            )
    observed = [obs] if isinstance(obs, str) else list(obs)
    if truth is None:
        return [(name, name) for name in observed]
    true = [truth] if isinstance(truth, str) else list(truth)
    if len(observed) != len(true):
        raise ValueError(
            f"obs={observed}, truth={true}: expected one truth for each observed variable. Pass lists of equal length."
        )
    return list(zip(observed, true, strict=True))


def check_training_data(
    ds: xr.Dataset, pairs: Sequence[tuple[str, str]], covariates: Sequence[str] = (), supervised: bool = True
) -> None:
    """Raise if a network cannot be trained on these data.

    Parameters
    ----------
    ds : xr.Dataset
        Training data.
    pairs : sequence of (str, str)
        Observed variable and truth, for each variable of the state.
    covariates : sequence of str
        Other fields that the network reads.
    supervised : bool
        Whether the loss uses a truth.

    Raises
    ------
    KeyError
        If an observed variable is missing.
    ValueError
        If a variable has no values or invalid ones, or the inputs contain the truth.

    Warns
    -----
    UserWarning
        A covariate has no value at more than 30 % of the values of the truth.
    """
    for name, role in [(n, r) for pair in pairs for n, r in zip(pair, ("observed", "truth"), strict=True)]:
        da = require_variable(ds, name, role)
        check_dtype_and_packing(da, role)
        if not da.chunks:
            check_finite(da, role)
    for name, _ in pairs:
        if not bool(ds[name].notnull().any()):
            raise ValueError(
                f"obs={name!r}: every value is missing. Select days with data, or check the variable's fill value and "
                "packing (`ncdump -h`)."
            )
    if supervised:
        check_leakage(ds, pairs, covariates)
        _warn_of_gaps(ds, pairs[0][1], [name for name in covariates if name in ds.variables])


def _warn_of_gaps(ds: xr.Dataset, true: str, covariates: Sequence[str]) -> None:
    """Warn of covariates without values at sea, as after an assignment with coordinates of other digits."""
    known = ds[true].notnull()
    for name in covariates:
        da = ds[name]
        if known.chunks or da.chunks or da.dtype.kind != "f" or not set(da.dims) <= set(known.dims):
            continue
        share = float((known & da.isnull()).sum() / max(1, int(known.sum())))
        if share > _MANY_GAPS:
            warnings.warn(
                f"the covariate {name!r} has no value at {share:.0%} of the values of {true!r}: expected one at sea. "
                f"If coordinates differ by rounding, assign {name}.reindex_like(ds, method='nearest')",
                stacklevel=5,
            )
