"""Along-track observations as arrays: positions in grid steps, and anomalies at these positions.

Points retain the position and time of each observation, which binning to grid cells loses. ``xdvn.core.points``
interpolates the state to them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.coordinates import is_descending
from xdvn.grid.steps import fractional_index, point_positions
from xdvn.grid.variable import Variable

__all__ = ["TrackPoints", "nearest_cells"]


@dataclass(frozen=True)
class TrackPoints:
    """Normalised along-track observations of one Dataset, in order of time.

    Parameters
    ----------
    values : numpy.ndarray
        (point,) normalised anomalies, float32.
    locations : numpy.ndarray
        (point, axis) steps from the field's first cell along (time, *space), in the direction of growing coordinates.
    variable : numpy.ndarray
        (point,) index of the variable in the state.
    error_variance : numpy.ndarray, optional
        (point,) variances of observation errors in normalised units.
    size : int
        Number of points that every window is padded to; 0 before ``padded``.
    periods : tuple of int
        Period of each axis (time, *space) in steps, 0 where it is not periodic. Default: no axis is periodic.
    """

    values: np.ndarray
    locations: np.ndarray
    variable: np.ndarray
    error_variance: np.ndarray | None
    size: int = 0
    periods: tuple[int, ...] = ()

    @classmethod
    def encode(
        cls, tracks: xr.Dataset, variables: Sequence[Variable], template: xr.DataArray, axes: Axes
    ) -> TrackPoints:
        """Return the observations of ``tracks`` on the grid of ``template``, and warn if some lie outside it.

        Parameters
        ----------
        tracks : xr.Dataset
            Observations along one dimension, with the names of the observed variables and of the grid coordinates.
        variables : sequence of Variable
            Variables of the state; those not in ``tracks`` have gridded observations.
        template : xr.DataArray
            Any field on the grid.
        axes : Axes
            Axes of the grid.

        Raises
        ------
        KeyError
            ``tracks`` has no observed variable.
        ValueError
            Coordinates are missing, there is more than one dimension, units differ, or no observation is on the grid.
        """
        present = [(i, v) for i, v in enumerate(variables) if v.obs in tracks.variables]
        if not present:
            raise KeyError(
                f"tracks= has the variables {sorted(map(str, tracks.data_vars))}: expected some of "
                f"{[v.obs for v in variables]}. Rename one, as in tracks.rename(sla='{variables[0].obs}')."
            )
        parts = [_encode_variable(tracks, v, i, template, axes) for i, v in present]
        total, inside = sum(p[4] for p in parts), sum(p[0].size for p in parts)
        if inside == 0:
            raise ValueError(_nothing_inside(tracks, template, axes, total))
        if inside < total:
            warnings.warn(
                f"{total - inside} of {total} along-track observations lie outside the domain or the period of the "
                "Dataset and are not used",
                stacklevel=4,
            )
        values, locations, variable = (np.concatenate(arrays) for arrays in list(zip(*parts, strict=True))[:3])
        errors = [p[3] for p in parts if p[3] is not None]
        order = np.argsort(locations[:, 0], kind="stable")
        variance = np.concatenate(errors)[order] if errors else None
        return cls(values[order], locations[order], variable[order], variance)

    def padded(self, starts: Sequence[tuple[int, ...]], patch: tuple[int, ...]) -> TrackPoints:
        """Return the points with the size of the fullest of these windows, so that all windows have one shape."""
        return replace(self, size=max(1, *(self.inside(s, patch).size for s in starts)))

    def inside(self, start: Sequence[int], patch: tuple[int, ...]) -> np.ndarray:
        """Return the indices of the points in the grid cells of a window."""
        first, last = (np.searchsorted(self.locations[:, 0], start[0] + at) for at in (-0.5, patch[0] - 0.5))
        near = self._from(start, slice(first, last))[:, 1:]
        return first + np.flatnonzero(((near >= -0.5) & (near <= np.asarray(patch[1:]) - 0.5)).all(1))

    def window(self, start: Sequence[int], patch: tuple[int, ...]) -> dict[str, np.ndarray | None]:
        """Return the points of a window, padded with a False mask, as arguments of ``core.points.Points``."""
        chosen = self.inside(start, patch)
        padding = (0, self.size - chosen.size)
        locations = self._from(start, chosen).astype(np.float32)
        variance = self.error_variance
        return {
            "values": np.pad(self.values[chosen], padding),
            "mask": np.pad(np.ones(chosen.size, bool), padding),
            "locations": np.pad(locations, (padding, (0, 0))),
            "variable": np.pad(self.variable[chosen], padding),
            "error_variance": None if variance is None else np.pad(variance[chosen], padding, constant_values=1),
        }

    def from_origin(self, origin: Sequence[int], shape: Sequence[int]) -> TrackPoints:
        """Return the points relative to a block of the field that starts at ``origin`` and has ``shape`` cells."""
        periods = tuple(c if n == c else 0 for c, n in zip(self.periods, shape, strict=False))
        return replace(self, locations=self._from(origin, slice(None)), periods=periods)

    def _from(self, start: Sequence[int], chosen: np.ndarray | slice) -> np.ndarray:
        """Return steps from the first cell of a window, at most one period long."""
        steps = self.locations[chosen] - np.asarray(start)
        for axis, n in enumerate(self.periods):
            if n:
                steps[:, axis] = (steps[:, axis] + 0.5) % n - 0.5
        return steps

    def days(self, n: int) -> np.ndarray:
        """Return for each of ``n`` time steps whether it has observations."""
        nearest = np.clip(np.round(self.locations[:, 0]).astype(int), 0, n - 1)
        return np.bincount(nearest, minlength=n) > 0


def nearest_cells(
    tracks: xr.Dataset, name: str, template: xr.DataArray, axes: Axes
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return which observations of a variable are finite and on the grid, and the cells (time, *space) of these.

    Cells are counted in the storage order of the template.
    """
    locations, inside = _locate(tracks, name, template, axes)
    last = [template.sizes[d] - 1 for d in axes.dims]
    return inside, tuple(np.clip(np.round(locations[inside]).astype(int), 0, last).T)


def _encode_variable(
    tracks: xr.Dataset, variable: Variable, number: int, template: xr.DataArray, axes: Axes
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, int]:
    """Return values, locations, variable and error variance of the points on the grid, and the number of all points."""
    locations, inside = _locate(tracks, variable.obs, template, axes)
    descending = [is_descending(template, d) for d in axes.dims]
    locations = np.where(descending, [template.sizes[d] - 1 for d in axes.dims] - locations, locations)
    da, track = tracks[variable.obs], tracks.set_coords(list(axes.dims))
    variable.check_units(da)
    positions = [point_positions(template, d, track)[inside] for d in axes.space]
    values = variable.normaliser.apply_at(da.values[inside].astype(np.float64), positions)
    variance = variable.error_variance(tracks, da)
    errors = None if variance is None else variance.values[inside].astype(np.float32)
    total = int(np.isfinite(da.values.astype(np.float64)).sum())
    return values, locations[inside], np.full(values.size, number, np.int32), errors, total


def _locate(tracks: xr.Dataset, name: str, template: xr.DataArray, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """Return the location of each point in steps from the first cell, and whether it is finite and on the grid."""
    da = tracks[name]
    missing = [d for d in axes.dims if d not in tracks.variables]
    if missing:
        raise ValueError(f"tracks= lacks the coordinates {missing}. Add them with tracks.assign_coords(...).")
    if da.ndim != 1 or any(tracks[d].dims != da.dims for d in axes.dims):
        raise ValueError(
            f"{name!r} in tracks= has the dimensions {da.dims}, its coordinates "
            f"{[tracks[d].dims for d in axes.dims]}: expected the same single dimension. Use "
            "tracks.stack(point=...).reset_index('point')."
        )
    track = tracks.set_coords(list(axes.dims))
    locations = np.stack([fractional_index(template, d, track) for d in axes.dims], -1)
    last = np.array([template.sizes[d] for d in axes.dims]) - 0.5
    return locations, np.isfinite(da.values.astype(np.float64)) & ((locations >= -0.5) & (locations <= last)).all(1)


def _nothing_inside(tracks: xr.Dataset, template: xr.DataArray, axes: Axes, total: int) -> str:
    spans = "; ".join(
        f"{d} {tracks[d].values.min()} to {tracks[d].values.max()}, grid {template[d].values.min()} to "
        f"{template[d].values.max()}"
        for d in axes.dims
    )
    return (
        f"none of the {total} along-track observations lies on the grid ({spans}). Select the same period and region."
    )
