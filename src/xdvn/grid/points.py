"""Along-track observations as points of packed arrays: places in steps, departures from the mean where they were made.

A track crosses cells anywhere and at any hour. Binned into daily cells, its measurements are means over places and
times that the grid no longer knows; as points they keep both. This file turns a Dataset of measurements into numbers
and picks those of a window; ``xdvn.core.points`` reads the state there.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, fractional_index, positions
from xdvn.grid.spacing import descending
from xdvn.grid.variable import Variable

__all__ = ["TrackPoints", "nearest_cells"]


@dataclass(frozen=True)
class TrackPoints:
    """Normalised measurements of one Dataset, in order of time.

    Parameters
    ----------
    values : numpy.ndarray
        (point,) normalised anomalies, float32.
    locations : numpy.ndarray
        (point, axis) steps from the field's first cell along (time, *space), in the direction of growing coordinates.
    variable : numpy.ndarray
        (point,) number of the variable in the state.
    error_variance : numpy.ndarray, optional
        (point,) in normalised units.
    size : int
        Points that every window is padded to; 0 until ``padded`` has counted.
    circles : tuple of int
        Steps after which each axis (time, *space) closes on itself; 0 where it does not. Empty: none does.
    """

    values: np.ndarray
    locations: np.ndarray
    variable: np.ndarray
    error_variance: np.ndarray | None
    size: int = 0
    circles: tuple[int, ...] = ()

    @classmethod
    def pack(cls, tracks: xr.Dataset, variables: Sequence[Variable], template: xr.DataArray, axes: Axes) -> TrackPoints:
        """Return the measurements of ``tracks`` that lie on the grid of ``template``; the others are counted and told.

        Parameters
        ----------
        tracks : xr.Dataset
            Measurements along one dimension, called as the observed variables, with coordinates called as the grid's.
        variables : sequence of Variable
            The state; a variable that is not in ``tracks`` is observed in cells.
        template : xr.DataArray
            Any field on the grid.
        axes : Axes
            Its dimensions.

        Raises
        ------
        KeyError
            ``tracks`` holds none of the observed variables.
        ValueError
            Coordinates are missing, there is more than one dimension, units differ, or no point lies on the grid.
        """
        measured = [(i, v) for i, v in enumerate(variables) if v.obs in tracks.variables]
        if not measured:
            raise KeyError(
                f"tracks= holds {sorted(map(str, tracks.data_vars))}, none of the observed variables "
                f"{[v.obs for v in variables]}; rename one, as in tracks.rename(sla='{variables[0].obs}')"
            )
        parts = [_measurements(tracks, v, i, template, axes) for i, v in measured]
        seen, inside = sum(p[4] for p in parts), sum(p[0].size for p in parts)
        if inside == 0:
            raise ValueError(_nothing_inside(tracks, template, axes, seen))
        if inside < seen:
            warnings.warn(
                f"{seen - inside} of {seen} along-track measurements lie outside the domain or the period of the "
                "Dataset and are left out",
                stacklevel=4,
            )
        values, locations, variable = (np.concatenate(each) for each in list(zip(*parts, strict=True))[:3])
        errors = [p[3] for p in parts if p[3] is not None]
        order = np.argsort(locations[:, 0], kind="stable")
        variance = np.concatenate(errors)[order] if errors else None
        return cls(values[order], locations[order], variable[order], variance)

    def padded(self, starts: Sequence[tuple[int, ...]], patch: tuple[int, ...]) -> TrackPoints:
        """Return the same points with room for the fullest of some windows: one shape, one compilation."""
        return replace(self, size=max(1, *(self.inside(s, patch).size for s in starts)))

    def inside(self, start: Sequence[int], patch: tuple[int, ...]) -> np.ndarray:
        """Return the numbers of the points in the cells of a window."""
        first, last = (np.searchsorted(self.locations[:, 0], start[0] + at) for at in (-0.5, patch[0] - 0.5))
        near = self._from(start, slice(first, last))[:, 1:]
        return first + np.flatnonzero(((near >= -0.5) & (near <= np.asarray(patch[1:]) - 0.5)).all(1))

    def window(self, start: Sequence[int], patch: tuple[int, ...]) -> dict[str, np.ndarray | None]:
        """Return the points of a window, padded with a False mask, as arguments of ``core.points.Points``."""
        chosen = self.inside(start, patch)
        short = (0, self.size - chosen.size)
        locations = self._from(start, chosen).astype(np.float32)
        variance = self.error_variance
        return {
            "values": np.pad(self.values[chosen], short),
            "mask": np.pad(np.ones(chosen.size, bool), short),
            "locations": np.pad(locations, (short, (0, 0))),
            "variable": np.pad(self.variable[chosen], short),
            "error_variance": None if variance is None else np.pad(variance[chosen], short, constant_values=1),
        }

    def from_origin(self, origin: Sequence[int], shape: Sequence[int]) -> TrackPoints:
        """Return the points as a block of the field sees them that starts at ``origin`` and has some ``shape``."""
        kept = tuple(c if n == c else 0 for c, n in zip(self.circles, shape, strict=False))
        return replace(self, locations=self._from(origin, slice(None)), circles=kept)

    def _from(self, start: Sequence[int], chosen: np.ndarray | slice) -> np.ndarray:
        """Return steps from a window's first cell, once round the circle at most."""
        steps = self.locations[chosen] - np.asarray(start)
        for axis, n in enumerate(self.circles):
            if n:
                steps[:, axis] = (steps[:, axis] + 0.5) % n - 0.5
        return steps

    def days(self, n: int) -> np.ndarray:
        """Tell for each of ``n`` time steps whether anything was measured."""
        nearest = np.clip(np.round(self.locations[:, 0]).astype(int), 0, n - 1)
        return np.bincount(nearest, minlength=n) > 0


def nearest_cells(
    tracks: xr.Dataset, name: str, template: xr.DataArray, axes: Axes
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return which measurements of a variable are known and on the grid, and the cell (time, *space) of each of these.

    Cells are counted as the template lays them out.
    """
    where, inside = _located(tracks, name, template, axes)
    last = [template.sizes[d] - 1 for d in axes.dims]
    return inside, tuple(np.clip(np.round(where[inside]).astype(int), 0, last).T)


def _measurements(
    tracks: xr.Dataset, variable: Variable, number: int, template: xr.DataArray, axes: Axes
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, int]:
    """Values, places, variable and error variance of what is inside, and how many there are in all."""
    where, inside = _located(tracks, variable.obs, template, axes)
    turned = [descending(template, d) for d in axes.dims]
    where = np.where(turned, [template.sizes[d] - 1 for d in axes.dims] - where, where)
    da, track = tracks[variable.obs], tracks.set_coords(list(axes.dims))
    variable.check_units(da)
    places = [positions(track, d)[inside] for d in axes.space]
    values = variable.normaliser.apply_at(da.values[inside].astype(np.float64), places)
    variance = variable.error_variance(tracks, da)
    errors = None if variance is None else variance.values[inside].astype(np.float32)
    known = int(np.isfinite(da.values.astype(np.float64)).sum())
    return values, where[inside], np.full(values.size, number, np.int32), errors, known


def _located(tracks: xr.Dataset, name: str, template: xr.DataArray, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """Where each measurement is, in steps from the template's first cell, and whether it is known and on the grid."""
    da = tracks[name]
    missing = [d for d in axes.dims if d not in tracks.variables]
    if missing:
        raise ValueError(f"tracks= lacks the coordinates {missing}; add them with tracks.assign_coords(...)")
    if da.ndim != 1 or any(tracks[d].dims != da.dims for d in axes.dims):
        raise ValueError(
            f"{name!r} in tracks= has the dimensions {da.dims}, its coordinates "
            f"{[tracks[d].dims for d in axes.dims]}; expected one and the same, as in "
            f"tracks.stack(point=...).reset_index('point')"
        )
    track = tracks.set_coords(list(axes.dims))
    where = np.stack([fractional_index(template, d, track) for d in axes.dims], -1)
    last = np.array([template.sizes[d] for d in axes.dims]) - 0.5
    return where, np.isfinite(da.values.astype(np.float64)) & ((where >= -0.5) & (where <= last)).all(1)


def _nothing_inside(tracks: xr.Dataset, template: xr.DataArray, axes: Axes, seen: int) -> str:
    spans = "; ".join(
        f"{d} {tracks[d].values.min()} to {tracks[d].values.max()}, grid {template[d].values.min()} to "
        f"{template[d].values.max()}"
        for d in axes.dims
    )
    return (
        f"none of the {seen} along-track measurements lies on the grid ({spans}). If only the convention of longitudes "
        f"differs: tracks.assign_coords({axes.space[-1]}=(tracks.{axes.space[-1]} + 180) % 360 - 180)"
    )
