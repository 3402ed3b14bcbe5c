"""Where each solve starts: another mapper's map, made from observations alone.

In a reconstruction it is the mapper's map of the whole record. In training that would be too good: such a map knows the
days after a window, but at the end of a record, where a map for today is wanted, there are none. So half of the
training windows start from a map made as if the record ended with them, and the network learns to start from both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.grid.patches import Patcher
from xdvn.grid.spec import GridSpec
from xdvn.mapper import AbstractMapper

__all__ = ["FirstGuess"]


@dataclass(frozen=True)
class FirstGuess:
    """Normalised first guesses of every window.

    Parameters
    ----------
    whole : numpy.ndarray
        Map of the whole record (variable, time, *space).
    last : mapping
        For some windows, by the time step at which they start, the map of a record that ends with them
        (variable, time of the window, *space).
    """

    whole: np.ndarray
    last: Mapping[int, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of_maps(cls, maps: xr.Dataset, spec: GridSpec) -> FirstGuess:
        """Take complete maps named as the model's variables."""
        return cls(_normalised(maps, spec))

    @classmethod
    def of_mapper(
        cls, mapper: AbstractMapper, ds: xr.Dataset, spec: GridSpec, ends: Iterable[int] = (), progress: bool = False
    ) -> FirstGuess:
        """Map the record ``ds``, and for each window that starts at one of ``ends`` a record that ends with it.

        Such a record begins two windows before; farther back, observations tell little about the window.
        """
        whole = cls.of_maps(mapper.reconstruct(ds), spec)
        time, length = spec.axes.time, spec.patch[0]
        last = {}
        for start in tqdm(sorted(set(ends)), desc="first guess", unit="map", disable=not progress, leave=False):
            record = ds.isel({time: slice(max(0, start - 2 * length), start + length)})
            if any(bool(record[v.obs].notnull().any()) for v in spec.variables):
                last[start] = _normalised(mapper.reconstruct(record), spec)[:, -length:]
        return cls(whole.whole, last)

    def at(self, start: tuple[int, ...], patcher: Patcher) -> np.ndarray:
        """Return the first guess of one window."""
        if start[0] not in self.last:
            return patcher.take(self.whole, start)
        place = tuple(slice(i, i + n) for i, n in zip(start[1:], patcher.patch[1:], strict=True))
        return self.last[start[0]][(slice(None), slice(None), *place)]


def _normalised(maps: xr.Dataset, spec: GridSpec) -> np.ndarray:
    """Normalise the maps there are; a variable without one starts from 0, its training mean."""
    names = [v.name for v in spec.variables]
    if not any(name in maps for name in names):
        raise KeyError(
            f"the first guess holds {sorted(map(str, maps.data_vars))}, but none of the model's variables {names}; "
            "name its map as the truth, as in OptimalInterpolation(..., name='ssh')"
        )
    template = next(maps[name] for name in names if name in maps)
    complete = maps.assign({name: template * np.nan for name in names if name not in maps})
    return np.nan_to_num(spec.normalised(complete, names))
