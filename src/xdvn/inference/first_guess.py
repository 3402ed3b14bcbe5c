"""First guesses of a solve: the map of another mapper, made from the observations alone.

A reconstruction starts from the mapper's map of the whole record. In training such a map would be too good: it uses
the days after a window, which do not exist at the end of a record, where a map for today is made. So half of the
training windows start from a map made as if the record ended with them, and the network learns to start from both.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.grid.arrays import FirstGuess
from xdvn.grid.spec import GridSpec
from xdvn.mapper import AbstractMapper

__all__ = ["first_guess_from_mapper", "first_guess_from_maps"]


def first_guess_from_maps(maps: xr.Dataset, spec: GridSpec) -> FirstGuess:
    """Normalise complete maps named as the model's variables."""
    return FirstGuess(_normalised(maps, spec))


def first_guess_from_mapper(
    mapper: AbstractMapper, ds: xr.Dataset, spec: GridSpec, ends: Iterable[int] = (), progress: bool = False
) -> FirstGuess:
    """Map the record ``ds``, and for each window that starts at one of ``ends`` a record that ends with it.

    Such a record begins two windows before; earlier observations hardly constrain the window.
    """
    whole = _normalised(mapper.reconstruct(ds), spec)
    time, length = spec.axes.time, spec.patch[0]
    last = {}
    for start in tqdm(sorted(set(ends)), desc="first guess", unit="map", disable=not progress, leave=False):
        record = ds.isel({time: slice(max(0, start - 2 * length), start + length)})
        if any(bool(record[v.obs].notnull().any()) for v in spec.variables):
            last[start] = _normalised(mapper.reconstruct(record), spec)[:, -length:]
    return FirstGuess(whole, last)


def _normalised(maps: xr.Dataset, spec: GridSpec) -> np.ndarray:
    """Normalise the maps; a variable without a map starts from 0, its training mean."""
    names = [v.name for v in spec.variables]
    if not any(name in maps for name in names):
        raise KeyError(
            f"first_guess holds {sorted(map(str, maps.data_vars))}: expected one of {names}. Name its map as the "
            "truth, as in OptimalInterpolation(..., name='ssh')"
        )
    template = next(maps[name] for name in names if name in maps)
    complete = maps.assign({name: template * np.nan for name in names if name not in maps})
    return np.nan_to_num(spec.normalised(complete, names))
