"""The grid specification of a model, which converts Datasets to arrays and back.

``GridSpec.from_dataset`` measures a training Dataset and ``check`` compares another Dataset with it. ``encode`` returns
normalised float32 arrays (variable, time, *space) with ascending axes and a mask; ``decode`` returns maps with the
dimensions, order, coordinates and units of the input, which is not changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from xdvn.grid.arrays import EncodedFields as EncodedFields
from xdvn.grid.axes import Axes, require_variable
from xdvn.grid.coordinates import ascending_cell_centres, grid_spacing, is_descending
from xdvn.grid.covariates import AbstractCovariate, covariates_of
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.patches import Target, Windows
from xdvn.grid.points import TrackPoints
from xdvn.grid.sea_level import check_same_height
from xdvn.grid.static_fields import StaticFields
from xdvn.grid.time_chunks import iter_time_chunks
from xdvn.grid.units import conversion, likely_unit, scale_message
from xdvn.grid.validation import check_dtype_and_packing, check_finite
from xdvn.grid.variable import Normaliser, Variable, check_varies_in_time, errors_by_variable

__all__ = ["GridSpec"]


@dataclass(frozen=True)
class GridSpec:
    """Variables, axes, spacing, windows and land mask of a model.

    Parameters
    ----------
    variables : tuple of Variable
        Variables of the state, in channel order.
    axes : Axes
        Dimension names.
    spacing : tuple of float
        Distance between cells along (time, *space): days, then coordinate units.
    cell_size : tuple of float
        Distance between cells along space, in km where coordinates are degrees, else in coordinate units.
    patch, stride : tuple of int
        Window sizes (time, *space), and the steps between windows in a reconstruction.
    covariates : tuple of AbstractCovariate
        Additional input fields without gaps.
    target : Target
        Time of a window that is mapped.
    """

    variables: tuple[Variable, ...]
    axes: Axes
    spacing: tuple[float, ...]
    cell_size: tuple[float, ...]
    patch: tuple[int, ...]
    stride: tuple[int, ...]
    covariates: tuple[AbstractCovariate, ...] = ()
    target: Target = Target.CENTRE

    @classmethod
    def from_dataset(
        cls,
        ds: xr.Dataset,
        names: Sequence[tuple[str, str]],
        axes: Axes,
        days: slice,
        sizes: tuple[int, ...],
        overlap: Mapping[str, int] | None = None,
        ocean_mask: xr.DataArray | None = None,
        covariates: Sequence[str] = (),
        target: Target = Target.CENTRE,
    ) -> GridSpec:
        """Measure the specification of a model that is trained on ``ds``.

        Statistics are those of the training days alone. Attributes of a mapped variable are those of the truth.

        Parameters
        ----------
        ds : xr.Dataset
            Training Dataset.
        names : sequence of (str, str)
            Observed variable and truth for each variable of the state; without a truth, the observed variable twice.
        axes : Axes
            Axes of ``ds``.
        days : slice
            Indices of the training days.
        sizes : tuple of int
            Window sizes (time, *space).
        overlap : mapping, optional
            Steps that windows share in a reconstruction, by dimension.
        ocean_mask : xr.DataArray, optional
            Booleans, True at sea. If None, a cell is sea where the truth has a value at any time.
        covariates : sequence of str
            Names of covariates.
        target : Target
            Time of a window that is mapped.
        """
        template = ds[names[0][0]]
        spacing, cell_size = grid_spacing(template, axes)
        coords = tuple(ascending_cell_centres(template, axes))
        everywhere = LandMask(np.ones([c.size for c in coords], bool), coords)
        variables = tuple(_variable(ds, obs, truth, axes, days, everywhere) for obs, truth in names)
        strides = Windows(overlap=overlap, target=target).strides(axes.dims, sizes)
        fields = covariates_of(ds, covariates, axes, days)
        spec = cls(variables, axes, spacing, cell_size, sizes, strides, fields, target)
        if ocean_mask is not None:
            sea = spec.static_fields(ds, ocean_mask).sea
        else:
            # Without a truth, cells that are never observed may be sea. If another variable has a truth, a variable
            # that is its own truth is complete.
            without_truth = all(truth == obs for obs, truth in names)
            sea = np.stack([everywhere.sea if without_truth else _ever_finite(ds[truth], axes) for _, truth in names])
        return replace(
            spec, variables=tuple(replace(v, land=LandMask(s, coords)) for v, s in zip(variables, sea, strict=True))
        )

    @property
    def n_mapped(self) -> int:
        """Number of mapped channels of one sample: variables x times of a window."""
        return len(self.variables) * self.patch[0]

    @property
    def n_channels(self) -> int:
        """Number of channels of one sample: mapped channels and those of the covariates."""
        return self.n_mapped + sum(c.n_channels(self.patch[0], self.axes) for c in self.covariates)

    @property
    def land(self) -> LandMask:
        """Mask of the training grid: land where no variable has a value."""
        masks = [v.land for v in self.variables]
        return LandMask(np.any([m.sea for m in masks], axis=0), masks[0].coords)

    def with_obs_error(self, obs_error: float | str | Sequence[float | str] | None) -> GridSpec:
        """Return the spec with other observation errors. If None, they do not change."""
        if obs_error is None:
            return self
        errors = errors_by_variable(obs_error, [v.obs for v in self.variables])
        return replace(
            self, variables=tuple(replace(v, obs_error=e) for v, e in zip(self.variables, errors, strict=True))
        )

    def with_tracks(self, names: Sequence[str]) -> GridSpec:
        """Return the spec with along-track observations of ``names`` and gridded observations of other variables."""
        return replace(self, variables=tuple(replace(v, along_track=v.obs in names) for v in self.variables))

    def convert_units(self, ds: xr.Dataset) -> xr.Dataset:
        """Return ``ds`` with observations and their errors in the units of the model."""
        observed = {v.obs: v.in_own_unit(ds[v.obs]) for v in self.variables}
        errors = [
            (v, v.obs_error) for v in self.variables if isinstance(v.obs_error, str) and v.obs_error in ds.variables
        ]
        return ds.assign(observed | {e: v.in_own_unit(ds[e], spread=True) for v, e in errors})

    def check(self, ds: xr.Dataset) -> None:
        """Raise an error, or warn, if ``ds`` does not match the training data. Values of dask arrays are not checked.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            Axes, units, time step or sizes do not match, values are not numbers, or there is no observation.
        """
        for variable in self.variables:
            da = require_variable(ds, variable.obs, "observed")
            missing = [d for d in self.axes.dims if d not in da.dims]
            if missing or da.ndim != len(self.axes.dims):
                raise ValueError(
                    f"{variable.obs!r} has the dimensions {da.dims}; the model was trained on {self.axes.dims}. "
                    f"Rename or select them, as in ds.rename(old='{(missing or self.axes.dims)[0]}')."
                )
            check_dtype_and_packing(da, "observed")
            check_same_height(variable.obs, da.attrs, "the training data", variable.attrs)
            variable.check_units(da)
        da = ds[self.variables[0].obs]
        for dim, size in zip(self.axes.dims, self.patch, strict=True):
            if da.sizes[dim] < size:
                raise ValueError(
                    f"the field has {da.sizes[dim]} steps along {dim!r}, the model's windows have {size}. "
                    f"Reconstruct at least {size} steps, or fit with windows={{{dim!r}: {da.sizes[dim]}}}."
                )
        self._check_spacing(da)
        self.check_values(ds, missing_is_refused=True)

    def check_values(self, ds: xr.Dataset, missing_is_refused: bool = False) -> None:
        """Raise an error for infinities, undeclared fill values and, if requested, a Dataset without observations."""
        observed = [ds[v.obs] for v in self.variables]
        if any(da.chunks for da in observed):
            return
        for da in observed:
            check_finite(da, "observed")
        if missing_is_refused and not any(bool(da.notnull().any()) for da in observed):
            names = ", ".join(repr(v.obs) for v in self.variables)
            raise ValueError(
                f"{names}: every value is missing, so there is nothing to map from. Select times with observations."
            )

    def scale_messages(self, ds: xr.Dataset, encoded: EncodedFields, static: StaticFields) -> Iterator[str]:
        """Yield a message for every variable without units whose observations seem to be in another unit.

        Their interquartile range is compared with sqrt(std^2 + variance of the mean at the observations).
        """
        for i, variable in enumerate(self.variables):
            if variable.units is not None and ds[variable.obs].attrs.get("units") is not None:
                continue
            normal, mean = _observations_of(i, encoded, static)
            if normal.size < _FEWEST:
                continue
            departures = normal * np.float64(variable.normaliser.std)
            quarter, three_quarters = np.quantile(mean + departures, [0.25, 0.75])
            factor = float((three_quarters - quarter) / 1.349 / np.hypot(variable.normaliser.std, mean.std()))
            offset = float(np.median(departures))
            if message := scale_message(variable.obs, factor, offset, "the training data"):
                unit = likely_unit(variable.units, factor, offset) if variable.units else None
                cure = f"Set ds[{variable.obs!r}].attrs['units'] = {unit!r}" if unit else "Convert it to their unit"
                yield f"{message} {cure}"

    def _check_spacing(self, da: xr.DataArray) -> None:
        spacing, cell_size = grid_spacing(da, self.axes)
        if abs(spacing[0] / self.spacing[0] - 1) > 0.1:  # months have 28 to 31 days
            cure = f"Train another model: ds.dvn.fit(...) on steps of {spacing[0]:g} days."
            if spacing[0] < self.spacing[0]:
                cure = f"Average, as in ds.resample({self.axes.time}='{24 * self.spacing[0]:.6g}h').mean()."
            raise ValueError(
                f"time steps are {spacing[0]:g} days apart; the model was trained on {self.spacing[0]:g}. {cure}"
            )
        for dim, got, trained in zip(self.axes.space, cell_size, self.cell_size, strict=True):
            if abs(got / trained - 1) > 0.2:
                warnings.warn(
                    f"cells are {got:.3g} wide along {dim!r}, the model was trained on {trained:.3g} "
                    "(km for degrees), so learned scales may not match. Regrid, or train on this grid",
                    stacklevel=4,
                )

    def static_fields(self, ds: xr.Dataset, ocean_mask: xr.DataArray | None = None) -> StaticFields:
        """Return the static fields on the grid of ``ds``; ``ocean_mask``, booleans, overrides the stored land masks."""
        return StaticFields.on_grid(self.variables, ds[self.variables[0].obs], self.axes, ocean_mask)

    def encode(
        self, ds: xr.Dataset, ocean_mask: xr.DataArray | None = None, tracks: xr.Dataset | None = None
    ) -> EncodedFields:
        """Return normalised arrays of the observations.

        Parameters
        ----------
        ds : xr.Dataset
            Gridded observations and covariates.
        ocean_mask : xr.DataArray, optional
            Booleans, True at sea; overrides the stored land masks.
        tracks : xr.Dataset, optional
            Along-track observations; for the variables in it, they replace the gridded observations of ``ds``.
        """
        return self.encode_on(self.static_fields(ds, ocean_mask), ds, self.points(ds, tracks), self.in_cells(tracks))

    def encode_on(
        self, static: StaticFields, ds: xr.Dataset, points: TrackPoints | None, in_cells: np.ndarray
    ) -> EncodedFields:
        """Return the arrays of ``encode`` from static fields, points, and which variables are gridded."""
        raw = [self.array(ds[v.obs]) for v in self.variables]
        offsets = [self._offsets(ds, v.obs) for v in self.variables]
        # The anomaly is relative to the mean at the position of the observation, not at the centre of its cell.
        raw = [a if o is None else a - (o * g).sum(-1) for a, o, g in zip(raw, offsets, static.slopes, strict=True)]
        anomalies = zip(self.variables, raw, static.mean, strict=True)
        normal = np.stack([v.normaliser.departures(a, mean) for v, a, mean in anomalies])
        mask = np.isfinite(normal) & static.sea[:, None] & in_cells.reshape(-1, *(1,) * len(self.axes.dims))
        stacked = None
        if any(o is not None and gridded for o, gridded in zip(offsets, in_cells, strict=True)):
            centre = np.zeros((*raw[0].shape, len(self.axes.space)), np.float32)
            stacked = np.stack([centre if o is None else o for o in offsets])
        covariates = tuple(c.on(ds, self.axes) for c in self.covariates)
        return EncodedFields(
            np.where(mask, normal, 0), mask, static.sea, stacked, self._error_variance(ds, in_cells), covariates, points
        )

    def points(self, ds: xr.Dataset, tracks: xr.Dataset | None) -> TrackPoints | None:
        """Return the observations of ``tracks`` as points on the grid of ``ds``."""
        return (
            None if tracks is None else TrackPoints.encode(tracks, self.variables, ds[self.variables[0].obs], self.axes)
        )

    def in_cells(self, tracks: xr.Dataset | None) -> np.ndarray:
        """Return for each variable whether its observations are gridded."""
        return np.array([tracks is None or v.obs not in tracks.variables for v in self.variables])

    def normalised(self, ds: xr.Dataset, names: Sequence[str]) -> np.ndarray:
        """Return normalised complete fields (truth, first guess), one per variable; NaN remains NaN."""
        coords = ascending_cell_centres(ds[names[0]], self.axes)
        return np.stack(
            [v.normaliser.apply(self.array(ds[n]), coords) for v, n in zip(self.variables, names, strict=True)]
        )

    def decode(
        self, state: np.ndarray, like: xr.Dataset, sea: np.ndarray, static: StaticFields | None = None
    ) -> xr.Dataset:
        """Return normalised ``state`` (variable, time, *space) as a Dataset laid out as ``like``.

        Maps are NaN where ``sea``, (variable, *space) or (*space), is False.
        """
        static = self.static_fields(like) if static is None else static
        sea = np.broadcast_to(sea, (len(self.variables), *state.shape[2:]))
        return self.to_dataset(self.in_units(state, static.mean, sea), like)

    def unpack_departures(self, departures: np.ndarray, like: xr.Dataset, sea: np.ndarray) -> xr.Dataset:
        """Return differences or standard deviations in the units of the variables: ``decode`` without the mean."""
        sea = np.broadcast_to(sea, (len(self.variables), *departures.shape[2:]))
        return self.to_dataset(self.in_units(departures, np.zeros((len(self.variables), 1)), sea), like)

    def in_units(self, state: np.ndarray, mean: np.ndarray, sea: np.ndarray) -> np.ndarray:
        """Return normalised ``state`` (variable, time, *space) in the units of the variables, NaN on land."""
        fields = zip(self.variables, state, mean, sea, strict=True)
        return np.stack([np.where(s, v.normaliser.values(x, m), np.float32(np.nan)) for v, x, m, s in fields])

    def to_dataset(self, fields: Any, like: xr.Dataset) -> xr.Dataset:
        """Return ``fields`` (variable, time, *space), numpy or dask, as a Dataset laid out as ``like``."""
        maps = {}
        for variable, values in zip(self.variables, fields, strict=True):
            template = like[variable.obs]
            descending = self._descending(template)
            values = values[tuple(slice(None, None, -1 if i in descending else 1) for i in range(values.ndim))]
            da = xr.DataArray(values, dims=self.axes.dims, attrs=variable.attrs).transpose(*template.dims)
            maps[variable.name] = da.assign_coords(template.coords)
        return xr.Dataset(maps)

    def array(self, da: xr.DataArray) -> np.ndarray:
        """Return ``da`` as (time, *space) float64 with ascending axes."""
        values = np.asarray(da.transpose(*self.axes.dims).values, np.float64)
        return np.flip(values, self._descending(da))

    def _descending(self, da: xr.DataArray) -> tuple[int, ...]:
        return tuple(i for i, d in enumerate(self.axes.dims) if i and is_descending(da, d))

    def _error_variance(self, ds: xr.Dataset, in_cells: np.ndarray) -> np.ndarray | None:
        """Return normalised error variances of gridded observations, 1 where there is no observation."""
        if all(v.obs_error is None for v in self.variables):
            return None
        fields = []
        for variable, gridded in zip(self.variables, in_cells, strict=True):
            variance = variable.error_variance(ds, ds[variable.obs]) if gridded else None
            whole = np.ones([ds.sizes[d] for d in self.axes.dims]) if variance is None else self.array(variance)
            fields.append(np.where(np.isfinite(whole), whole, 1).astype(np.float32))
        return np.stack(fields)

    def _offsets(self, ds: xr.Dataset, obs: str) -> np.ndarray | None:
        """Return positions in grid cells, in the direction of growing coordinates."""
        names = [f"{obs}_offset_{d}" for d in self.axes.space]
        if not all(n in ds.variables for n in names):
            return None
        return np.nan_to_num(np.stack([self.array(ds[n]) for n in names], -1)).astype(np.float32)


def _observations_of(i: int, encoded: EncodedFields, static: StaticFields) -> tuple[np.ndarray, np.ndarray]:
    """Return the normalised anomalies of one variable, in cells and along tracks, and the mean in their cells."""
    known = encoded.mask[i]
    values, means = [encoded.values[i][known]], [np.broadcast_to(static.mean[i], known.shape)[known]]
    if (points := encoded.points) is not None:
        cells = np.round(points.locations[:, 1:]).astype(np.int64)
        chosen = (points.variable == i) & ((cells >= 0) & (cells < known.shape[1:])).all(1)
        values.append(points.values[chosen])
        means.append(static.mean[i][tuple(cells[chosen].T)])
    return np.concatenate(values), np.concatenate(means)


def _ever_finite(da: xr.DataArray, axes: Axes) -> np.ndarray:
    """Return booleans (*space), ascending, True where there is a value at any time."""
    finite = np.any([np.isfinite(data).any(0) for data in iter_time_chunks(da, axes)], axis=0)
    return finite[tuple(slice(None, None, -1 if is_descending(da, d) else 1) for d in axes.space)]


def _variable(ds: xr.Dataset, obs: str, truth: str, axes: Axes, days: slice, land: LandMask) -> Variable:
    training = ds[truth].isel({axes.time: days})
    check_same_height(obs, ds[obs].attrs, f"the truth {truth!r}", ds[truth].attrs)
    copied = ("units", "standard_name", "long_name")
    attrs = {k: str(v) for k, v in {**ds[obs].attrs, **ds[truth].attrs}.items() if k in copied}
    if "standard_name" in attrs:
        # The long name of a truth often names the model that it is from, which a map is not.
        attrs["long_name"] = attrs["standard_name"].replace("_", " ")
    units = ds[obs].attrs.get("units"), ds[truth].attrs.get("units")
    if None not in units and ((how := conversion(*map(str, units))) is None or how.changes_values):
        raise ValueError(
            f"{obs!r} is in {units[0]!r}, {truth!r} in {units[1]!r}; convert one, as in "
            f"ds.assign({obs}=ds[{obs!r}] * factor), and set its units attribute."
        )
    mean = None
    if obs == truth:
        check_varies_in_time(training, axes)
        mean = _mean_of_observations(training, axes)
    return Variable(obs, truth, Normaliser.from_data(training, axes, mean), attrs, land)


_FEWEST = 30  # observations from which a scale is estimated
_OFTEN = 60  # observed times per cell: two months of clear days, or two to three years of altimeter passes


def _mean_of_observations(da: xr.DataArray, axes: Axes) -> MeanField:
    """Return the mean of each cell, or a plane if cells have too few observations to average out the eddies."""
    times = da.notnull().sum(axes.time)
    return MeanField.from_data(da, axes) if float(np.median(times.values)) >= _OFTEN else MeanField.plane(da, axes)
