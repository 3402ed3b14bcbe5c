"""A Dataset on its way to be mapped: checked, in the model's units and longitudes, then packed.

``Ready`` has read nothing that dask has not computed yet; ``Work`` holds everything in memory. Called by ``Model``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import xarray as xr

from xdvn.cells import with_cells
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.first_guess import FirstGuess
from xdvn.grid.axes import require_variable
from xdvn.grid.blocks import Block
from xdvn.grid.longitude import Turn, circles
from xdvn.grid.packed import Packed
from xdvn.grid.patches import Patcher
from xdvn.grid.spec import GridSpec
from xdvn.mapper import AbstractMapper
from xdvn.solving import Solving

__all__ = ["Ready", "Work"]


@dataclass(frozen=True)
class Work:
    """A Dataset in memory, ready to be mapped.

    Parameters
    ----------
    ds : xr.Dataset
        Observations, in cells too, in the model's units and longitudes.
    packed : Packed
        The same as normalised arrays.
    start : FirstGuess, optional
        Where solves start.
    patcher : Patcher
        Windows, and the way back.
    solving : Solving
        The network on the ground of this field.
    """

    ds: xr.Dataset
    packed: Packed
    start: FirstGuess | None
    patcher: Patcher
    solving: Solving


@dataclass(frozen=True)
class Ready:
    """A Dataset that fits the model, before it is packed.

    Parameters
    ----------
    came : xr.Dataset
        As it came, with cells.
    ds : xr.Dataset
        In the model's units and longitudes.
    turn : Turn, optional
        How its longitudes were brought there.
    guess : xr.Dataset, optional
        First guesses.
    patcher : Patcher
        Windows of the whole field.
    solving : Solving
        The network on the ground of this field.
    """

    came: xr.Dataset
    ds: xr.Dataset
    turn: Turn | None
    guess: xr.Dataset | None
    patcher: Patcher
    solving: Solving

    @classmethod
    def of(
        cls,
        net: AbstractNetwork,
        spec: GridSpec,
        ds: xr.Dataset,
        tracks: xr.Dataset | None,
        first_guess: xr.Dataset | AbstractMapper | None,
        valid: xr.DataArray | None,
        batch_size: int,
    ) -> Ready:
        """Check ``ds``; arguments as for ``Model.reconstruct``."""
        came = with_cells(ds, tracks, [v.obs for v in spec.variables], spec.axes)
        for variable in spec.variables:
            require_variable(came, variable.obs, "observed")
        ds = spec.in_own_units(came)
        turn = Turn.to(spec.variables[0].land.coords[-1], ds, spec.axes.space[-1])
        if turn is not None:
            ds = turn.apply(ds)
            tracks = None if tracks is None else turn.points(tracks)
            valid = None if valid is None else turn.apply(valid.to_dataset(name="valid")).valid
            first_guess = turn.apply(first_guess) if isinstance(first_guess, xr.Dataset) else first_guess
        spec.check(ds)
        guess = first_guess.reconstruct(ds) if isinstance(first_guess, AbstractMapper) else first_guess
        patcher = _patcher(spec, ds)
        points = spec.points(ds, tracks)
        if points is not None:
            circle = tuple(n if p else 0 for n, p in zip(patcher.shape, patcher.periodic, strict=True))
            points = replace(points, circles=circle).padded(patcher.starts, patcher.patch)
        solving = Solving(net, spec, spec.ground(ds, valid), batch_size, points, spec.in_cells(tracks))
        return cls(came, ds, turn, guess, patcher, solving)

    def work(self) -> Work:
        """Pack all of it."""
        packed = self.solving.pack(self.ds, Block.whole(self.patcher))
        start = None if self.guess is None else FirstGuess.of_maps(self.guess, self.solving.spec)
        return Work(self.ds, packed, start, self.patcher, self.solving)


def _patcher(spec: GridSpec, ds: xr.Dataset) -> Patcher:
    template = ds[spec.variables[0].obs]
    shape = tuple(template.sizes[d] for d in spec.axes.dims)
    # A window as long as its circle and without overlap has nothing to go on with.
    each = zip(spec.axes.dims, shape, spec.stride, strict=True)
    return Patcher(shape, spec.patch, spec.stride, periodic=tuple(s < n and circles(template, d) for d, n, s in each))
