"""A Dataset checked and brought to a model's units and longitudes, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import xarray as xr

from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.grid.arrays import EncodedFields, FirstGuess
from xdvn.grid.axes import require_variable, without_single
from xdvn.grid.blocks import Block
from xdvn.grid.coordinates import LongitudeShift, is_global_longitude
from xdvn.grid.domain_check import TrainingDomain
from xdvn.grid.matching import on_grid_of
from xdvn.grid.patches import Patcher, Target
from xdvn.grid.spec import GridSpec
from xdvn.grid.static_fields import mask_on_grid_of
from xdvn.inference.first_guess import first_guess_from_mapper, first_guess_from_maps
from xdvn.inference.solve import WindowSolver
from xdvn.mapper import AbstractMapper
from xdvn.tracks.binning import add_gridded_observations

__all__ = ["PreparedField"]


@dataclass(frozen=True)
class PreparedField:
    """A Dataset that fits the model, before it is encoded.

    Parameters
    ----------
    original : xr.Dataset
        As the caller gave it, with tracks also binned to the grid.
    ds : xr.Dataset
        In the model's units and longitudes.
    shift : LongitudeShift, optional
        The change of longitudes between them.
    guess : xr.Dataset or AbstractMapper, optional
        First-guess maps, or the mapper that makes them.
    patcher : Patcher
        Windows of the whole field.
    solver : WindowSolver
        The network, for this field.
    """

    original: xr.Dataset
    ds: xr.Dataset
    shift: LongitudeShift | None
    guess: xr.Dataset | AbstractMapper | None
    patcher: Patcher
    solver: WindowSolver

    @classmethod
    def of(
        cls,
        network: AbstractNetwork,
        spec: GridSpec,
        ds: xr.Dataset,
        *,
        tracks: xr.Dataset | None = None,
        first_guess: xr.Dataset | AbstractMapper | None = None,
        ocean_mask: xr.DataArray | None = None,
        batch_size: int = 4,
        training_domain: TrainingDomain | None = None,
    ) -> PreparedField:
        """Check ``ds``; arguments as for ``Model.reconstruct``, and the domain that the model was trained on."""
        original = add_gridded_observations(ds, tracks, [v.obs for v in spec.variables], spec.axes)
        for variable in spec.variables:
            require_variable(original, variable.obs, "observed")
        if all(set(spec.axes.dims) <= set(original[v.obs].dims) for v in spec.variables):
            original = without_single(original, [v.obs for v in spec.variables], spec.axes.dims)
        ds = spec.convert_units(original)
        template = ds[spec.variables[0].obs]
        if isinstance(first_guess, xr.Dataset):
            dims = [d for d in spec.axes.dims if d in template.dims and d in first_guess.dims]
            first_guess = on_grid_of(first_guess, template, dims, ("first_guess", "ds"))
        ocean_mask = None if ocean_mask is None else mask_on_grid_of(ocean_mask, template, spec.axes)
        shift = LongitudeShift.between(spec.variables[0].land.coords[-1], ds, spec.axes.space[-1])
        if shift is not None:
            ds = shift.apply(ds)
            if ocean_mask is not None:
                ocean_mask = shift.apply(ocean_mask.to_dataset(name="ocean_mask")).ocean_mask
            first_guess = shift.apply(first_guess) if isinstance(first_guess, xr.Dataset) else first_guess
        spec.check(ds)
        patcher = _patcher(spec, ds)
        points = spec.points(ds, tracks)
        if points is not None:
            periods = tuple(n if p else 0 for n, p in zip(patcher.shape, patcher.periodic, strict=True))
            points = replace(points, periods=periods).padded(patcher.starts, patcher.patch)
        static = spec.static_fields(ds, ocean_mask)
        solver = WindowSolver(network, spec, static, batch_size, points, spec.in_cells(tracks), training_domain)
        return cls(original, ds, shift, first_guess, patcher, solver)

    @property
    def is_lazy(self) -> bool:
        """Whether the observations are dask arrays."""
        return any(self.ds[v.obs].chunks for v in self.solver.spec.variables)

    @cached_property
    def first_guess(self) -> FirstGuess | None:
        """First guesses of the whole field in memory."""
        spec = self.solver.spec
        if not isinstance(self.guess, AbstractMapper):
            return None if self.guess is None else first_guess_from_maps(self.guess, spec)
        # A near-real-time map whose first guess used later observations would look better than it will be.
        ends = {at[0] for at in self.patcher.starts} if spec.target is Target.LAST else ()
        return first_guess_from_mapper(self.guess, self.ds, spec, ends)

    def first_guess_maps(self) -> xr.Dataset | None:
        """Return the first guess of the whole field as maps, which blocks can be cut from.

        Raises
        ------
        ValueError
            For near-real-time maps, whose first guess differs from window to window.
        """
        if not isinstance(self.guess, AbstractMapper):
            return self.guess
        if self.solver.spec.target is Target.LAST:
            raise ValueError(
                "target='last' with a first-guess mapper: expected data in memory, got dask arrays. Load a few windows "
                "of days, as in ds.isel(time=slice(-60, None)).load()"
            )
        return self.guess.reconstruct(self.ds)

    def encode(self) -> EncodedFields:
        """Return the arrays of the whole field."""
        return self.solver.encode(self.ds, self.first_guess, Block.whole(self.patcher))

    def restore_longitudes(self, maps: xr.Dataset) -> xr.Dataset:
        """Return maps on the caller's longitudes."""
        return maps if self.shift is None else self.shift.undo(maps, self.original[self.shift.dim])


def _patcher(spec: GridSpec, ds: xr.Dataset) -> Patcher:
    template = ds[spec.variables[0].obs]
    shape = tuple(template.sizes[d] for d in spec.axes.dims)
    # A window as long as the period and without overlap does not wrap.
    each = zip(spec.axes.dims, shape, spec.stride, strict=True)
    periodic = tuple(s < n and is_global_longitude(template, d) for d, n, s in each)
    return Patcher(shape, spec.patch, spec.stride, spec.target, periodic)
