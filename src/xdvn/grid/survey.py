"""Measuring a training Dataset: what a model trained on it will expect of others.

Statistics come from training days only; land is where the truth is never known; attributes of the complete variable
are those of the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.covariates import covariates_of
from xdvn.grid.heights import check_same_height
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.normalise import Normaliser
from xdvn.grid.patches import Target, window_strides
from xdvn.grid.spacing import descending, grid_positions, grid_spacing
from xdvn.grid.spec import GridSpec
from xdvn.grid.streaming import pieces
from xdvn.grid.units import conversion
from xdvn.grid.variable import Variable

__all__ = ["survey"]


def survey(
    ds: xr.Dataset,
    names: Sequence[tuple[str, str]],
    axes: Axes,
    days: slice,
    sizes: tuple[int, ...],
    overlap: Mapping[str, int] | None = None,
    valid: xr.DataArray | None = None,
    covariates: Sequence[str] = (),
    target: Target = Target.CENTRE,
) -> GridSpec:
    """Return the spec of a model to be trained on ``ds``.

    Parameters
    ----------
    ds : xr.Dataset
        Training Dataset.
    names : sequence of (str, str)
        Observed variable and truth, one pair for each variable of the state; the observed one twice without a truth.
    axes : Axes
        Its axes.
    days : slice
        Indices of training days; nothing else enters the statistics.
    sizes : tuple of int
        Window sizes (time, *space).
    overlap : mapping, optional
        Steps that windows share in a reconstruction.
    valid : xr.DataArray, optional
        Booleans, True at sea; by default a variable's sea is where its truth is ever known.
    covariates : sequence of str
        Names of fields that are known everywhere.
    target : Target
        Which time of a window maps are made for.
    """
    template = ds[names[0][0]]
    spacing, cell_size = grid_spacing(template, axes)
    coords = tuple(grid_positions(template, axes))
    everywhere = LandMask(np.ones([c.size for c in coords], bool), coords)
    variables = tuple(_variable(ds, seen, true, axes, days, everywhere) for seen, true in names)
    strides = window_strides(overlap, axes.dims, sizes, target)
    fields = covariates_of(ds, covariates, axes, days)
    spec = GridSpec(variables, axes, spacing, cell_size, sizes, strides, fields, target)
    if valid is not None:
        sea = spec.ground(ds, valid).sea
    else:
        # Where tracks never passed there may be sea: observations alone do not tell of land. Beside a variable that has
        # a truth, one that is its own is complete.
        without = all(true == seen for seen, true in names)
        sea = np.stack([everywhere.sea if without else _known(ds[true], axes) for _, true in names])
    return replace(
        spec, variables=tuple(replace(v, land=LandMask(s, coords)) for v, s in zip(variables, sea, strict=True))
    )


def _known(da: xr.DataArray, axes: Axes) -> np.ndarray:
    """Booleans (*space) in the order of growing coordinates, True where there is ever a value."""
    known = np.any([np.isfinite(data).any(0) for data in pieces(da, axes)], axis=0)
    return known[tuple(slice(None, None, -1 if descending(da, d) else 1) for d in axes.space)]


def _variable(ds: xr.Dataset, seen: str, true: str, axes: Axes, days: slice, land: LandMask) -> Variable:
    truth = ds[true].isel({axes.time: days})
    check_same_height(seen, ds[seen].attrs, f"the truth {true!r}", ds[true].attrs)
    keep = ("units", "standard_name", "long_name")
    attrs = {k: str(v) for k, v in {**ds[seen].attrs, **ds[true].attrs}.items() if k in keep}
    if "standard_name" in attrs:
        # A map is no longer "the truth of model so-and-so", which is what a long name tends to say.
        attrs["long_name"] = attrs["standard_name"].replace("_", " ")
    units = ds[seen].attrs.get("units"), ds[true].attrs.get("units")
    if None not in units and ((how := conversion(*map(str, units))) is None or how.changes_values):
        raise ValueError(
            f"{seen!r} is in {units[0]!r}, {true!r} in {units[1]!r}; convert one, as in "
            f"ds.assign({seen}=ds[{seen!r}] * factor), and set its units attribute"
        )
    mean = _mean_of_observations(truth, axes) if seen == true else None
    return Variable(seen, true, Normaliser.from_data(truth, axes, mean), attrs, land)


def _mean_of_observations(da: xr.DataArray, axes: Axes) -> MeanField:
    """Return each cell's mean, or a plane where cells are seen so rarely that theirs would hold the eddies."""
    times = da.notnull().sum(axes.time)
    return MeanField.from_data(da, axes) if float(np.median(times.values)) >= _OFTEN else MeanField.plane(da, axes)


_OFTEN = 60  # times a cell is to be seen: two months of clear days, two or three years of passes
