"""Before and after a training: whether there is something honest to learn from, and what it looked like.

Refuses observations that are all missing, are the truth itself, or hold numbers that stand for gaps; afterwards keeps
what was seen (``grid.familiar``) and how well windows of it are fitted. Called by ``fit``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
import xarray as xr

from xdvn.batching import TrainingWindows
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.grid.axes import require_variable
from xdvn.grid.familiar import Familiar
from xdvn.grid.leakage import check_leakage
from xdvn.grid.numbers import check_finite, check_numbers
from xdvn.grid.packed import Packed
from xdvn.grid.spec import GridSpec
from xdvn.solving import Fits, forward

__all__ = ["check_training_data", "familiar"]

_WINDOWS = 32


def check_training_data(ds: xr.Dataset, names: Sequence[tuple[str, str]], covariates: Sequence[str] = ()) -> None:
    """Refuse what cannot be learned from.

    Raises
    ------
    KeyError
        An observed variable is not there.
    ValueError
        It has no value, values that are no measurements, or it is the truth.
    """
    for seen, true in names:
        observed = require_variable(ds, seen, "observed")
        check_numbers(observed, "observed")
        if not observed.chunks:
            check_finite(observed, "observed")
        if not ds[true].chunks:
            check_finite(ds[true], "truth")
        if not bool(observed.notnull().any()):
            raise ValueError(f"{seen!r}: every value is missing, so there is nothing to learn from")
    check_leakage(ds, names, covariates)


def familiar(
    net: AbstractNetwork, spec: GridSpec, ds: xr.Dataset, packed: Packed, target: np.ndarray, windows: TrainingWindows
) -> Familiar:
    """Return what the training data looked like and how well the trained network fits windows of it."""
    seen = Familiar.measure(ds, [v.obs for v in spec.variables], packed, target, spec.axes, spec.patch[0])
    fits = Fits()
    for batch in itertools.islice(windows.training(np.random.default_rng(0)), -(-_WINDOWS // windows.batch_size)):
        _, terms = forward(net, batch.obs, batch.first_guess)
        observed = np.asarray(jax.vmap(lambda o: o.count)(batch.obs)) > 0
        fits.add(terms, observed & (np.asarray(batch.weight) > 0))
    if not fits.misfit:
        return seen
    highest = (float(np.quantile(each, 0.95)) for each in (fits.misfit, fits.departure))
    return replace(seen, **dict(zip(("misfit", "departure"), highest, strict=True)))
