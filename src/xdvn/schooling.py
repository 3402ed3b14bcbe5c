"""Before and after a training: whether there is something honest to learn from, and what it looked like.

Refuses observations that are all missing, are the truth itself, or hold numbers that stand for gaps; afterwards keeps
what was seen (``grid.familiar``) and how well windows of it are fitted. Called by ``fit``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import jax
import numpy as np
import xarray as xr

from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.losses import Sample
from xdvn.grid.axes import require_variable
from xdvn.grid.familiar import Familiar
from xdvn.grid.leakage import check_leakage
from xdvn.grid.numbers import check_finite, check_numbers
from xdvn.solving import Fits, forward

__all__ = ["check_training_data", "name_pairs", "with_fits"]

_WINDOWS = 32


def name_pairs(obs: str | Sequence[str], truth: str | Sequence[str] | None) -> list[tuple[str, str]]:
    """Return each observed variable with its truth, or with itself where there is none.

    Examples
    --------
    >>> name_pairs(["ssh_obs", "sst_obs"], ["ssh", "sst"])
    [('ssh_obs', 'ssh'), ('sst_obs', 'sst')]
    """
    seen = [obs] if isinstance(obs, str) else list(obs)
    if truth is None:
        return [(name, name) for name in seen]
    true = [truth] if isinstance(truth, str) else list(truth)
    if len(seen) != len(true):
        raise ValueError(f"obs= names {seen}, truth= names {true}; give one truth for each observed variable")
    return list(zip(seen, true, strict=True))


def check_training_data(
    ds: xr.Dataset, names: Sequence[tuple[str, str]], covariates: Sequence[str] = (), supervised: bool = True
) -> None:
    """Refuse what cannot be learned from.

    Parameters
    ----------
    ds : xr.Dataset
        Training data.
    names : sequence of (str, str)
        Observed variable and truth, for each variable of the state.
    covariates : sequence of str
        Fields the network sees beside them.
    supervised : bool
        Whether there is a truth at all.

    Raises
    ------
    KeyError
        An observed variable is not there.
    ValueError
        A variable has no value, values that are no measurements, or the network would be shown the truth.
    """
    for name, role in [(n, r) for pair in names for n, r in zip(pair, ("observed", "truth"), strict=True)]:
        da = require_variable(ds, name, role)
        check_numbers(da, role)
        if not da.chunks:
            check_finite(da, role)
    for seen, _ in names:
        if not bool(ds[seen].notnull().any()):
            raise ValueError(
                f"{seen!r}: every value is missing, so there is nothing to learn from; choose days that have data, or, "
                "if these should have, look at the variable's fill value and packing (`ncdump -h`)"
            )
    if supervised:
        check_leakage(ds, names, covariates)


def with_fits(seen: Familiar, net: AbstractNetwork, batches: Iterator[Sample]) -> Familiar:
    """Add to what the training data looked like how well the trained network fits windows of it."""
    fits, counted = Fits(), 0
    for batch in batches:
        terms = forward(net, batch.obs, batch.first_guess)[-1]
        observed = np.asarray(jax.vmap(lambda o: o.count)(batch.obs)) > 0
        fits.add(terms, observed & (np.asarray(batch.weight) > 0))
        counted += observed.size
        if counted >= _WINDOWS:
            break
    if not fits.misfit:
        return seen
    misfit, departure = (float(np.quantile(each, 0.95)) for each in (fits.misfit, fits.departure))
    return replace(seen, misfit=misfit, departure=departure)
