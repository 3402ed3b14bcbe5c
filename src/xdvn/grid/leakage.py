"""Truth that leaks into what a network sees: it would learn to copy, score well, and fail where there is no truth.

Called by ``fit`` before anything is learned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

__all__ = ["check_leakage"]


def check_leakage(ds: xr.Dataset, names: Sequence[tuple[str, str]], covariates: Sequence[str] = ()) -> None:
    """Refuse observations or covariates that are the truth itself.

    Parameters
    ----------
    ds : xr.Dataset
        Training data.
    names : sequence of (str, str)
        Observed variable and truth, for each variable of the state.
    covariates : sequence of str
        Fields the network sees beside them.

    Raises
    ------
    ValueError
        Every observed variable equals its truth nearly everywhere, so that nothing is left to be filled, or a covariate
        is a truth or a copy of one. A variable that is complete beside one that has gaps (temperature beside tracks) is
        none: it is there as well when gaps are to be filled.
    """
    if all(seen == true or _same(ds[seen], ds[true]) for seen, true in names):
        seen, true = names[0]
        raise ValueError(
            f"the observed variable {seen!r} is the truth {true!r}, gaps and all: the network would learn to copy. "
            f"Take what the instruments saw, such as ds[{true!r}].where(mask), or xdvn.osse to sample a truth"
        )
    for covariate in covariates:
        for _, true in names:
            if covariate in ds.variables and (covariate == true or _same(ds[covariate], ds[true])):
                raise ValueError(
                    f"the covariate {covariate!r} is the truth {true!r}: the network would copy it, and it is not "
                    "there when gaps are to be filled. Leave it out"
                )


def _same(da: xr.DataArray, truth: xr.DataArray) -> bool:
    """Whether ``da`` has the truth's value nearly everywhere it is known."""
    if set(da.dims) != set(truth.dims) or da.dtype.kind not in "iuf":
        return False
    da = da.transpose(*truth.dims)
    if any(da.sizes[d] != truth.sizes[d] for d in truth.dims):
        return False
    known = truth.notnull()
    equal = (da.variable == truth.variable) & known.variable
    return float(equal.sum()) > 0.999 * max(1.0, float(known.sum())) and bool(np.asarray(known.any()))
