"""Numbers of order one: take the training mean field away and divide by one standard deviation.

    x' = (x - mean(y, x)) / std

Statistics come from training days only and travel with the weights, so that a reconstruction never depends on the
data it is applied to. One number for std keeps gradients of the field comparable everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions
from xdvn.grid.mean import MeanField
from xdvn.grid.streaming import pieces

__all__ = ["Normaliser"]


@dataclass(frozen=True)
class Normaliser:
    """An affine map between a variable's unit and normalised numbers.

    Parameters
    ----------
    mean : MeanField
        Mean over training days, in the variable's unit.
    std : float
        Standard deviation of the anomalies over training days and cells, in the variable's unit.
    """

    mean: MeanField
    std: float

    @classmethod
    def from_data(cls, da: xr.DataArray, axes: Axes, mean: MeanField | None = None) -> Normaliser:
        """Measure both on ``da`` (or only the spread, around a ``mean`` that is known).

        Raises
        ------
        ValueError
            When the anomalies do not vary: there is nothing to learn, and nothing to divide by.
        """
        mean = MeanField.from_data(da, axes) if mean is None else mean
        on = mean.on([positions(da, d) for d in axes.space])
        squares, count = 0.0, 0
        for data in pieces(da, axes):
            squares, count = squares + np.nansum((data - on) ** 2), count + np.isfinite(data).sum()
        std = float(np.sqrt(squares / count))
        if not std > 0:
            raise ValueError(
                f"{da.name!r} does not vary around its time mean (standard deviation {std}); "
                "give more days, or check that the variable is the one you meant"
            )
        return cls(mean, std)

    def apply(self, values: np.ndarray, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Return ``values`` (time, *space) in the variable's unit as normalised float32; NaN stays NaN."""
        return self.departures(values, self.mean.on(coords))

    def departures(self, values: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return ``values`` as normalised float32, given the mean where they are; NaN stays NaN."""
        return _single(np.divide, values - mean, self.std)

    def apply_at(self, values: np.ndarray, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return ``values`` measured at scattered places as normalised float32; NaN stays NaN."""
        return self.departures(values, self.mean.at(places))

    def undo(self, values: np.ndarray, coords: Sequence[np.ndarray]) -> np.ndarray:
        """Return normalised ``values`` (time, *space) in the variable's unit, float32."""
        return self.values(values, self.mean.on(coords))

    def values(self, departures: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return normalised departures in the variable's unit, float32, given the mean where they are."""
        return _single(np.add, departures * np.float64(self.std), mean)


def _single(function: np.ufunc, wide: np.ndarray, other: np.ndarray | float) -> np.ndarray:
    """Return ``function`` of both, computed in double precision and rounded, without a whole field in between."""
    rounded = np.empty(np.broadcast_shapes(wide.shape, np.shape(other)), np.float32)
    return function(wide, other, out=rounded, dtype=np.float64, casting="same_kind")
