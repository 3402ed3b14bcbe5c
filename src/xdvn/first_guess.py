"""Where each solve starts: another mapper's map, made for every window from that window's own observations.

A map of the whole record knows the days after a window, except at the end of the record, where a map for today is
wanted: a network trained on it would never have seen a start as poor as the one it gets there. So the mapper sees what
the network sees, at training and in reconstruction alike, and nothing of the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.grid.patches import Patcher
from xdvn.grid.spec import GridSpec
from xdvn.mapper import AbstractMapper

__all__ = ["FirstGuess"]


@dataclass(frozen=True)
class FirstGuess:
    """Normalised first guesses, by the time step at which a window starts.

    Parameters
    ----------
    whole : numpy.ndarray, optional
        One map of the whole record (variable, time, *space).
    windows : dict
        Or, for every first step of a window, the map of that window (variable, time of the window, *space).
    """

    whole: np.ndarray | None
    windows: dict[int, np.ndarray]

    @classmethod
    def of_maps(cls, maps: xr.Dataset, spec: GridSpec) -> FirstGuess:
        """Take complete maps named as the model's variables."""
        return cls(_normalised(maps, spec), {})

    @classmethod
    def of_mapper(
        cls, mapper: AbstractMapper, ds: xr.Dataset, spec: GridSpec, steps: Iterable[int], progress: bool
    ) -> FirstGuess:
        """Run ``mapper`` on the observations of each window that starts at one of ``steps``."""
        time, length = spec.axes.time, spec.patch[0]
        bar = tqdm(sorted(set(steps)), desc="first guess", unit="window", disable=not progress, leave=False)
        windows = {}
        for step in bar:
            part = ds.isel({time: slice(step, step + length)})
            if any(bool(part[v.obs].notnull().any()) for v in spec.variables):
                windows[step] = _normalised(mapper.reconstruct(part), spec)
        return cls(None, windows)

    def at(self, start: tuple[int, ...], patcher: Patcher) -> np.ndarray:
        """Return the first guess of one window; zeros, the training mean, where its days hold no observation."""
        if self.whole is not None:
            return patcher.take(self.whole, start)
        window = self.windows.get(start[0])
        if window is None:
            n_variables = next(iter(self.windows.values())).shape[0] if self.windows else 1
            return np.zeros((n_variables, *patcher.patch), np.float32)
        place = tuple(slice(i, i + n) for i, n in zip(start[1:], patcher.patch[1:], strict=True))
        return window[(slice(None), slice(None), *place)]


def _normalised(maps: xr.Dataset, spec: GridSpec) -> np.ndarray:
    return np.nan_to_num(spec.normalised(maps, [v.name for v in spec.variables]))
