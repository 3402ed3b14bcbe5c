"""What a model expects of a Dataset, and the border between labels and arrays.

``check`` compares a Dataset with what was trained on and says what to do when they do not fit; ``pack`` turns it into
normalised float32 arrays (variable, time, *space) with ascending axes, NaN becoming a mask; ``unpack`` turns arrays
back into DataArrays with the caller's dimensions, order, coordinates and units. Nothing of the caller's is changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, positions, require_variable
from xdvn.grid.heights import check_same_height
from xdvn.grid.land import LandMask
from xdvn.grid.normalise import Normaliser

__all__ = ["GridSpec", "Packed", "Variable", "grid_positions"]


@dataclass(frozen=True)
class Variable:
    """One variable of the state: what it is observed as, what it is called when complete, how it is normalised.

    Parameters
    ----------
    obs : str
        Name of the observed variable.
    name : str
        Name of the complete variable in a reconstruction.
    normaliser : Normaliser
        Between its unit and numbers of order one.
    attrs : dict
        CF attributes of the complete variable (units, standard_name, long_name).
    """

    obs: str
    name: str
    normaliser: Normaliser
    attrs: dict[str, str]

    @property
    def units(self) -> str | None:
        """Unit the model was trained in, None when the training data did not say."""
        return self.attrs.get("units")


@dataclass(frozen=True)
class Packed:
    """Arrays of one Dataset: (variable, time, *space), ascending axes.

    Parameters
    ----------
    values : numpy.ndarray
        Normalised observations, float32, 0 where unobserved.
    mask : numpy.ndarray
        True where observed.
    valid : numpy.ndarray
        (*space), True at sea.
    offsets : numpy.ndarray, optional
        (variable, time, *space, dim): place of each observation in its cell, in cells.
    """

    values: np.ndarray
    mask: np.ndarray
    valid: np.ndarray
    offsets: np.ndarray | None


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
    land : LandMask
        Where there is no sea on the training grid.
    """

    variables: tuple[Variable, ...]
    axes: Axes
    spacing: tuple[float, ...]
    cell_size: tuple[float, ...]
    patch: tuple[int, ...]
    stride: tuple[int, ...]
    land: LandMask

    @property
    def n_channels(self) -> int:
        """Channels of one sample: variables x times of a window."""
        return len(self.variables) * self.patch[0]

    def check(self, ds: xr.Dataset) -> None:
        """Raise (or warn) when ``ds`` is not what this model was trained for.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            Axes, units, time step or sizes do not fit, or nothing at all is observed.
        """
        for variable in self.variables:
            da = require_variable(ds, variable.obs, "observed")
            missing = [d for d in self.axes.dims if d not in da.dims]
            if missing or da.ndim != len(self.axes.dims):
                raise ValueError(
                    f"{variable.obs!r} has the dimensions {da.dims}; the model was trained on {self.axes.dims}. "
                    f"Rename or select them, as in ds.rename(old='{(missing or self.axes.dims)[0]}')"
                )
            check_same_height(variable.obs, da.attrs, "what the model was trained on", variable.attrs)
            units = da.attrs.get("units")
            if units is not None and variable.units is not None and units != variable.units:
                raise ValueError(
                    f"{variable.obs!r} is in {units!r}; the model was trained in {variable.units!r}. Convert the "
                    f"values and set ds[{variable.obs!r}].attrs['units'] = {variable.units!r}"
                )
        da = ds[self.variables[0].obs]
        for dim, size in zip(self.axes.dims, self.patch, strict=True):
            if da.sizes[dim] < size:
                raise ValueError(
                    f"the field has {da.sizes[dim]} steps along {dim!r}, the model's windows have {size}; "
                    f"reconstruct at least {size}, or fit with patch={{{dim!r}: {da.sizes[dim]}}}"
                )
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
                    stacklevel=3,
                )
        empty = [v.obs for v in self.variables if not bool(ds[v.obs].notnull().any())]
        if len(empty) == len(self.variables):
            raise ValueError(f"{', '.join(map(repr, empty))}: every value is missing, so there is nothing to map from")

    def pack(self, ds: xr.Dataset, valid: xr.DataArray | None = None) -> Packed:
        """Return normalised arrays of the observations; ``valid`` (True at sea) overrides the stored land mask."""
        sea = self._sea(ds, valid)
        raw = [self.array(ds[v.obs]) for v in self.variables]
        coords = grid_positions(ds[self.variables[0].obs], self.axes)
        offsets = [self._offsets(ds, v.obs) for v in self.variables]
        # An observation departs from the mean where it was made, not at the centre of its cell.
        raw = [
            a if o is None else a - (o * _slopes(v.normaliser.mean.on(coords))).sum(-1)
            for v, a, o in zip(self.variables, raw, offsets, strict=True)
        ]
        normal = np.stack([v.normaliser.apply(a, coords) for v, a in zip(self.variables, raw, strict=True)])
        mask = np.isfinite(normal) & sea
        known = [o for o in offsets if o is not None]
        stacked = np.stack(known) if len(known) == len(offsets) else None
        return Packed(np.where(mask, normal, 0), mask, sea, stacked)

    def normalised(self, ds: xr.Dataset, names: Sequence[str]) -> np.ndarray:
        """Return complete fields (truth, first guess), one per variable, normalised; NaN stays NaN."""
        coords = grid_positions(ds[names[0]], self.axes)
        return np.stack(
            [v.normaliser.apply(self.array(ds[n]), coords) for v, n in zip(self.variables, names, strict=True)]
        )

    def unpack(self, state: np.ndarray, like: xr.Dataset, valid: np.ndarray) -> xr.Dataset:
        """Return normalised ``state`` (variable, time, *space) as a Dataset laid out as ``like``; land is NaN."""
        coords = grid_positions(like[self.variables[0].obs], self.axes)
        maps = {}
        for variable, field in zip(self.variables, state, strict=True):
            template = like[variable.obs]
            values = np.where(valid, variable.normaliser.undo(field, coords), np.float32(np.nan))
            values = np.flip(values, self._descending(template))
            da = xr.DataArray(values, dims=self.axes.dims, attrs=variable.attrs).transpose(*template.dims)
            maps[variable.name] = da.assign_coords(template.coords)
        return xr.Dataset(maps)

    def array(self, da: xr.DataArray) -> np.ndarray:
        """Return ``da`` as (time, *space) float64 with ascending axes."""
        values = np.asarray(da.transpose(*self.axes.dims).values, np.float64)
        return np.flip(values, self._descending(da))

    def _descending(self, da: xr.DataArray) -> tuple[int, ...]:
        return tuple(i for i, d in enumerate(self.axes.dims) if i and _is_descending(positions(da, d)))

    def _offsets(self, ds: xr.Dataset, obs: str) -> np.ndarray | None:
        """Places in cells, in the direction of growing coordinates, whatever the storage order."""
        names = [f"{obs}_offset_{d}" for d in self.axes.space]
        if not all(n in ds.variables for n in names):
            return None
        return np.nan_to_num(np.stack([self.array(ds[n]) for n in names], -1)).astype(np.float32)

    def _sea(self, ds: xr.Dataset, valid: xr.DataArray | None) -> np.ndarray:
        da = ds[self.variables[0].obs]
        if valid is None:
            return self.land.sea_on(grid_positions(da, self.axes))
        if set(valid.dims) != set(self.axes.space) or valid.dtype != bool:
            raise ValueError(
                f"valid= has the dimensions {valid.dims} and dtype {valid.dtype}; expected booleans (True at sea) "
                f"on {self.axes.space}, such as ds['depth'] > 0"
            )
        sea = valid.transpose(*self.axes.space).values
        return np.flip(sea, tuple(i - 1 for i in self._descending(da)))


def grid_positions(da: xr.DataArray, axes: Axes) -> list[np.ndarray]:
    """Return the ascending cell centres of the space dimensions."""
    return [np.sort(positions(da, d)) for d in axes.space]


def grid_spacing(da: xr.DataArray, axes: Axes) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Distances between cells along (time, *space), and horizontally in km where coordinates are degrees.

    Raises
    ------
    ValueError
        An axis is not evenly spaced: the windows of a network mean nothing there.
    """
    spacing = [_even_step(positions(da, d), d, d == axes.time) for d in axes.dims]
    cell_size = []
    for dim, step in zip(axes.space, spacing[1:], strict=True):
        in_degrees = dim in da.coords and str(da[dim].attrs.get("units", "")).startswith("degree")
        shrink = np.cos(np.deg2rad(positions(da, axes.space[0]).mean())) if dim != axes.space[0] else 1.0
        cell_size.append(step * 111.195 * float(shrink) if in_degrees else step)
    return tuple(spacing), tuple(cell_size)


def _even_step(at: np.ndarray, dim: str, is_time: bool) -> float:
    if at.size < 2:
        return 1.0
    steps = np.diff(at)
    if is_time and not (steps > 0).all():
        raise ValueError(
            f"{dim!r} does not increase from step to step; sort it with ds.sortby({dim!r}) and drop repeats"
        )
    step = float(np.median(np.abs(steps)))
    if step == 0 or not (np.allclose(steps, step, rtol=0.01) or np.allclose(steps, -step, rtol=0.01)):
        cure = f"ds.resample({dim}='1D').mean()" if is_time else f"ds.interp({dim}=np.linspace(...))"
        raise ValueError(
            f"{dim!r} is not evenly spaced: steps from {steps.min():g} to {steps.max():g}; regrid it, as in {cure}"
        )
    return step


def _slopes(mean: np.ndarray) -> np.ndarray:
    """Change of the mean from cell to cell along each dimension, on a last axis."""
    return np.stack([np.gradient(mean, axis=d) if n > 1 else np.zeros_like(mean) for d, n in enumerate(mean.shape)], -1)


def _is_descending(at: np.ndarray) -> bool:
    return at.size > 1 and bool(at[0] > at[-1])
