"""Compared fields on a common grid: the error of a reconstruction and its truth.

``AlignedFields`` checks axes, coordinates, units and completeness. Error and signal are arrays (time, *space). They are
zero where the truth is NaN (land), and these cells are not scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, find_axes
from xdvn.grid.coordinates import contiguous
from xdvn.grid.matching import match_grids, on_grid_of

__all__ = ["AlignedFields", "check_units"]


@dataclass(frozen=True)
class AlignedFields:
    """Error and signal on a common grid.

    Parameters
    ----------
    axes : Axes
        Names of the dimensions.
    truth : xr.DataArray
        The truth, with its coordinates and attributes.
    error, signal : numpy.ndarray
        Reconstruction minus truth, and the truth: float64 (time, *space), 0 where the truth is NaN.
    scored : numpy.ndarray
        True where the truth is finite.
    """

    axes: Axes
    truth: xr.DataArray
    error: np.ndarray
    signal: np.ndarray
    scored: np.ndarray

    @classmethod
    def of(
        cls, reconstruction: xr.DataArray, truth: xr.DataArray, dims: Mapping[str, str] | None = None
    ) -> AlignedFields:
        """Align two fields of time and one or two horizontal dimensions, in any order of storage.

        Cells are matched by coordinate (``grid.matching``); the reconstruction may cover more cells than the truth.

        Raises
        ------
        ValueError
            Dimensions, coordinates or units differ, or the reconstruction is not complete.
        """
        axes = find_axes(truth, dims)
        for da, role in ((reconstruction, "reconstruction"), (truth, "truth")):
            if set(da.dims) != set(axes.dims):
                raise ValueError(
                    f"the {role} has the dimensions {da.dims}: expected {axes.dims} in any order. Select with "
                    ".isel(...), or rename with .rename(...)"
                )
        reconstruction, truth = match_grids(reconstruction, truth, axes.dims, ("reconstruction", "truth"))
        check_units(reconstruction, truth)
        reconstruction, truth = contiguous(reconstruction, axes), contiguous(truth, axes)
        y = np.asarray(truth.transpose(*axes.dims).values, np.float64)
        x = np.asarray(reconstruction.transpose(*axes.dims).values, np.float64)
        scored = np.isfinite(y)
        if not scored.any():
            raise ValueError(f"the truth {truth.name!r} has no finite value. Check its fill value and its period")
        _check_complete(x, scored, reconstruction, axes)
        return cls(axes, truth, np.where(scored, x - y, 0.0), np.where(scored, y, 0.0), scored)

    @property
    def units(self) -> str:
        """Unit of the field, "1" if the truth has none."""
        return str(self.truth.attrs.get("units", "1"))

    @property
    def days(self) -> np.ndarray:
        """Times of the maps [days]."""
        return cell_centres(self.truth, self.axes.time)

    def by_time(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over the cells at each time."""
        return values.sum(axis=tuple(range(1, values.ndim)))

    def anomaly(self, mean: xr.DataArray) -> np.ndarray:
        """Return the truth minus a mean field, which may lack a dimension along which it is constant."""
        anomaly = np.where(self.scored, self.signal - _on_grid(mean, self.truth, self.axes), 0.0)
        if not np.isfinite(anomaly).all():
            raise ValueError(
                "mean= has NaN where the truth is finite: expected numbers. Fill it, as with mean.fillna(0)"
            )
        return anomaly


def check_units(reconstruction: xr.DataArray, truth: xr.DataArray) -> None:
    """Raise a ValueError if both fields have units and these differ."""
    got, expected = reconstruction.attrs.get("units"), truth.attrs.get("units")
    if got is not None and expected is not None and got != expected:
        raise ValueError(
            f"the reconstruction {reconstruction.name!r} is in {got!r}, the truth {truth.name!r} in {expected!r}. "
            f"Convert one and set its attribute: da.assign_attrs(units={expected!r})"
        )


def _check_complete(values: np.ndarray, scored: np.ndarray, reconstruction: xr.DataArray, axes: Axes) -> None:
    missing = scored & ~np.isfinite(values)
    if missing.any():
        first = np.argwhere(missing)[0]
        where = ", ".join(f"{d}={i}" for d, i in zip(axes.dims, first, strict=True))
        raise ValueError(
            f"the reconstruction {reconstruction.name!r} has no finite value at {missing.sum()} of {scored.sum()} "
            f"points where the truth is finite, first at isel({where}). Fill them, or set the truth to NaN there"
        )


def _on_grid(mean: xr.DataArray, truth: xr.DataArray, axes: Axes) -> np.ndarray:
    extra = set(mean.dims) - set(axes.space)
    if extra:
        raise ValueError(
            f"mean= has the dimensions {mean.dims}: expected the horizontal ones {axes.space}. Use "
            f"training_truth.mean({axes.time!r})"
        )
    mean = on_grid_of(mean, truth, [str(d) for d in mean.dims], ("mean", "truth"))
    field = np.asarray(mean.transpose(*[d for d in axes.space if d in mean.dims]).values, np.float64)
    return field.reshape([mean.sizes.get(d, 1) for d in axes.space])
