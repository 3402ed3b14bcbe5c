"""What a model expects of a Dataset, and the border between labels and arrays.

``check`` compares a Dataset with what was trained on and says what to do when they do not fit; ``pack`` turns it into
normalised float32 arrays (variable, time, *space) with ascending axes, NaN becoming a mask; ``unpack`` turns arrays
back into DataArrays with the caller's dimensions, order, coordinates and units. Nothing of the caller's is changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, require_variable
from xdvn.grid.covariates import AbstractCovariate
from xdvn.grid.ground import Ground
from xdvn.grid.heights import check_same_height
from xdvn.grid.land import LandMask
from xdvn.grid.numbers import check_finite, check_numbers
from xdvn.grid.packed import Packed as Packed
from xdvn.grid.patches import Target
from xdvn.grid.points import TrackPoints
from xdvn.grid.spacing import descending, grid_positions, grid_spacing
from xdvn.grid.variable import Variable, errors_by_variable

__all__ = ["GridSpec", "Packed"]


@dataclass(frozen=True)
class GridSpec:
    """Variables, axes, spacing, windows and land of a model.

    Parameters
    ----------
    variables : tuple of Variable
        The state, in channel order.
    axes : Axes
        Dimension names.
    spacing : tuple of float
        Distance between cells along (time, *space): days, then coordinate units.
    cell_size : tuple of float
        The same horizontally in km where coordinates are degrees, else in coordinate units.
    patch, stride : tuple of int
        Windows (time, *space) and the steps between them in a reconstruction.
    covariates : tuple of AbstractCovariate
        Fields that are known everywhere beforehand.
    target : Target
        Which time of a window a map is made for.
    """

    variables: tuple[Variable, ...]
    axes: Axes
    spacing: tuple[float, ...]
    cell_size: tuple[float, ...]
    patch: tuple[int, ...]
    stride: tuple[int, ...]
    covariates: tuple[AbstractCovariate, ...] = ()
    target: Target = Target.CENTRE

    @property
    def n_mapped(self) -> int:
        """Channels of one sample that are mapped: variables x times of a window."""
        return len(self.variables) * self.patch[0]

    @property
    def n_channels(self) -> int:
        """All channels of one sample: those mapped, then those of the covariates."""
        return self.n_mapped + sum(c.n_channels(self.patch[0], self.axes) for c in self.covariates)

    @property
    def land(self) -> LandMask:
        """Where no variable has a value on the training grid."""
        masks = [v.land for v in self.variables]
        return LandMask(np.any([m.sea for m in masks], axis=0), masks[0].coords)

    def with_obs_error(self, obs_error: float | str | Sequence[float | str] | None) -> GridSpec:
        """Return the spec with other errors of observation; None keeps those there are."""
        if obs_error is None:
            return self
        errors = errors_by_variable(obs_error, [v.obs for v in self.variables])
        return replace(
            self, variables=tuple(replace(v, obs_error=e) for v, e in zip(self.variables, errors, strict=True))
        )

    def in_own_units(self, ds: xr.Dataset) -> xr.Dataset:
        """Return ``ds`` with its observations and their errors in the model's units, where that is certain."""
        observed = {v.obs: v.in_own_unit(ds[v.obs]) for v in self.variables}
        errors = [
            (v, v.obs_error) for v in self.variables if isinstance(v.obs_error, str) and v.obs_error in ds.variables
        ]
        return ds.assign(observed | {e: v.in_own_unit(ds[e], spread=True) for v, e in errors})

    def check(self, ds: xr.Dataset) -> None:
        """Raise (or warn) when ``ds`` is not what this model was trained for.

        Values that dask has not computed yet are not looked at.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            Axes, units, time step or sizes do not fit, values are no numbers, or nothing at all is observed.
        """
        for variable in self.variables:
            da = require_variable(ds, variable.obs, "observed")
            missing = [d for d in self.axes.dims if d not in da.dims]
            if missing or da.ndim != len(self.axes.dims):
                raise ValueError(
                    f"{variable.obs!r} has the dimensions {da.dims}; the model was trained on {self.axes.dims}. "
                    f"Rename or select them, as in ds.rename(old='{(missing or self.axes.dims)[0]}')"
                )
            check_numbers(da, "observed")
            check_same_height(variable.obs, da.attrs, "what the model was trained on", variable.attrs)
            variable.check_units(da)
        da = ds[self.variables[0].obs]
        for dim, size in zip(self.axes.dims, self.patch, strict=True):
            if da.sizes[dim] < size:
                raise ValueError(
                    f"the field has {da.sizes[dim]} steps along {dim!r}, the model's windows have {size}; "
                    f"reconstruct at least {size}, or fit with patch={{{dim!r}: {da.sizes[dim]}}}"
                )
        self._check_spacing(da)
        self.check_values(ds, missing_is_refused=True)

    def check_values(self, ds: xr.Dataset, missing_is_refused: bool = False) -> None:
        """Refuse infinities, fill values in disguise and, if asked, a Dataset without one observation."""
        observed = [ds[v.obs] for v in self.variables]
        if any(da.chunks for da in observed):
            return
        for da in observed:
            check_finite(da, "observed")
        if missing_is_refused and not any(bool(da.notnull().any()) for da in observed):
            names = ", ".join(repr(v.obs) for v in self.variables)
            raise ValueError(f"{names}: every value is missing, so there is nothing to map from")

    def _check_spacing(self, da: xr.DataArray) -> None:
        spacing, cell_size = grid_spacing(da, self.axes)
        if abs(spacing[0] / self.spacing[0] - 1) > 0.01:
            raise ValueError(
                f"time steps are {spacing[0]:g} days apart; the model was trained on {self.spacing[0]:g}. "
                f"Resample first, as in ds.resample({self.axes.time}='{self.spacing[0]:g}D').mean()"
            )
        for dim, got, trained in zip(self.axes.space, cell_size, self.cell_size, strict=True):
            if abs(got / trained - 1) > 0.2:
                warnings.warn(
                    f"cells are {got:.3g} wide along {dim!r}, the model was trained on {trained:.3g} "
                    "(km for degrees): scales it learned may not fit; regrid, or train on this grid",
                    stacklevel=4,
                )

    def ground(self, ds: xr.Dataset, valid: xr.DataArray | None = None) -> Ground:
        """Return means and sea on the grid of ``ds``; ``valid``, booleans, overrides the stored land masks."""
        return Ground.of(self.variables, ds[self.variables[0].obs], self.axes, valid)

    def pack(self, ds: xr.Dataset, valid: xr.DataArray | None = None, tracks: xr.Dataset | None = None) -> Packed:
        """Return normalised arrays of the observations.

        Parameters
        ----------
        ds : xr.Dataset
            Observations in cells, and covariates.
        valid : xr.DataArray, optional
            Booleans, True at sea; overrides the stored land masks.
        tracks : xr.Dataset, optional
            Observations along tracks; a variable that is in it is taken from it and not from the cells of ``ds``.
        """
        return self.pack_on(self.ground(ds, valid), ds, self.points(ds, tracks), self.in_cells(tracks))

    def pack_on(self, ground: Ground, ds: xr.Dataset, points: TrackPoints | None, in_cells: np.ndarray) -> Packed:
        """Return the same from what is known of the ground, of points, and of which variables lie in cells."""
        raw = [self.array(ds[v.obs]) for v in self.variables]
        offsets = [self._offsets(ds, v.obs) for v in self.variables]
        # An observation departs from the mean where it was made, not at the centre of its cell.
        raw = [a if o is None else a - (o * g).sum(-1) for a, o, g in zip(raw, offsets, ground.slopes, strict=True)]
        each = zip(self.variables, raw, ground.mean, strict=True)
        normal = np.stack([v.normaliser.departures(a, mean) for v, a, mean in each])
        mask = np.isfinite(normal) & ground.sea[:, None] & in_cells.reshape(-1, *(1,) * len(self.axes.dims))
        stacked = None
        if any(o is not None and here for o, here in zip(offsets, in_cells, strict=True)):
            centre = np.zeros((*raw[0].shape, len(self.axes.space)), np.float32)
            stacked = np.stack([centre if o is None else o for o in offsets])
        covariates = tuple(c.on(ds, self.axes) for c in self.covariates)
        return Packed(
            np.where(mask, normal, 0), mask, ground.sea, stacked, self._error_variance(ds, in_cells), covariates, points
        )

    def points(self, ds: xr.Dataset, tracks: xr.Dataset | None) -> TrackPoints | None:
        """Return the measurements of ``tracks`` as points of the grid of ``ds``."""
        return (
            None if tracks is None else TrackPoints.pack(tracks, self.variables, ds[self.variables[0].obs], self.axes)
        )

    def in_cells(self, tracks: xr.Dataset | None) -> np.ndarray:
        """Tell for each variable whether its observations are those in cells."""
        return np.array([tracks is None or v.obs not in tracks.variables for v in self.variables])

    def normalised(self, ds: xr.Dataset, names: Sequence[str]) -> np.ndarray:
        """Return complete fields (truth, first guess), one per variable, normalised; NaN stays NaN."""
        coords = grid_positions(ds[names[0]], self.axes)
        return np.stack(
            [v.normaliser.apply(self.array(ds[n]), coords) for v, n in zip(self.variables, names, strict=True)]
        )

    def unpack(self, state: np.ndarray, like: xr.Dataset, sea: np.ndarray, ground: Ground | None = None) -> xr.Dataset:
        """Return normalised ``state`` (variable, time, *space) as a Dataset laid out as ``like``.

        Where ``sea``, on (variable, *space) or the same for all on (*space), is False, maps are NaN.
        """
        ground = self.ground(like) if ground is None else ground
        sea = np.broadcast_to(sea, (len(self.variables), *state.shape[2:]))
        return self.labelled(self.in_units(state, ground.mean, sea), like)

    def unpack_departures(self, departures: np.ndarray, like: xr.Dataset, sea: np.ndarray) -> xr.Dataset:
        """Return differences from a state, or standard deviations, in the variables' units: as ``unpack``, no mean."""
        sea = np.broadcast_to(sea, (len(self.variables), *departures.shape[2:]))
        return self.labelled(self.in_units(departures, np.zeros((len(self.variables), 1)), sea), like)

    def in_units(self, state: np.ndarray, mean: np.ndarray, sea: np.ndarray) -> np.ndarray:
        """Return normalised ``state`` (variable, time, *space) in the variables' units, NaN on land."""
        each = zip(self.variables, state, mean, sea, strict=True)
        return np.stack([np.where(s, v.normaliser.values(x, m), np.float32(np.nan)) for v, x, m, s in each])

    def labelled(self, fields: Any, like: xr.Dataset) -> xr.Dataset:
        """Return ``fields`` (variable, time, *space), numpy or dask, as a Dataset laid out as ``like``."""
        maps = {}
        for variable, values in zip(self.variables, fields, strict=True):
            template = like[variable.obs]
            turned = self._descending(template)
            values = values[tuple(slice(None, None, -1 if i in turned else 1) for i in range(values.ndim))]
            da = xr.DataArray(values, dims=self.axes.dims, attrs=variable.attrs).transpose(*template.dims)
            maps[variable.name] = da.assign_coords(template.coords)
        return xr.Dataset(maps)

    def array(self, da: xr.DataArray) -> np.ndarray:
        """Return ``da`` as (time, *space) float64 with ascending axes."""
        values = np.asarray(da.transpose(*self.axes.dims).values, np.float64)
        return np.flip(values, self._descending(da))

    def _descending(self, da: xr.DataArray) -> tuple[int, ...]:
        return tuple(i for i, d in enumerate(self.axes.dims) if i and descending(da, d))

    def _error_variance(self, ds: xr.Dataset, in_cells: np.ndarray) -> np.ndarray | None:
        """Normalised error variances in cells, 1 where there is no observation."""
        if all(v.obs_error is None for v in self.variables):
            return None
        fields = []
        for variable, here in zip(self.variables, in_cells, strict=True):
            variance = variable.error_variance(ds, ds[variable.obs]) if here else None
            whole = np.ones([ds.sizes[d] for d in self.axes.dims]) if variance is None else self.array(variance)
            fields.append(np.where(np.isfinite(whole), whole, 1).astype(np.float32))
        return np.stack(fields)

    def _offsets(self, ds: xr.Dataset, obs: str) -> np.ndarray | None:
        """Places in cells, in the direction of growing coordinates, whatever the storage order."""
        names = [f"{obs}_offset_{d}" for d in self.axes.space]
        if not all(n in ds.variables for n in names):
            return None
        return np.nan_to_num(np.stack([self.array(ds[n]) for n in names], -1)).astype(np.float32)
