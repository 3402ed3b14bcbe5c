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
from xdvn.grid.familiar import Familiar
from xdvn.grid.longitude import Turn, circles
from xdvn.grid.packed import Packed
from xdvn.grid.patches import Patcher, Target
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
    guess : xr.Dataset or AbstractMapper, optional
        First guesses, or what makes them.
    patcher : Patcher
        Windows of the whole field.
    solving : Solving
        The network on the ground of this field.
    """

    came: xr.Dataset
    ds: xr.Dataset
    turn: Turn | None
    guess: xr.Dataset | AbstractMapper | None
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
        familiar: Familiar | None = None,
    ) -> Ready:
        """Check ``ds``; arguments as for ``Model.reconstruct``, and what the model was trained on."""
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
        patcher = _patcher(spec, ds)
        points = spec.points(ds, tracks)
        if points is not None:
            circle = tuple(n if p else 0 for n, p in zip(patcher.shape, patcher.periodic, strict=True))
            points = replace(points, circles=circle).padded(patcher.starts, patcher.patch)
        solving = Solving(net, spec, spec.ground(ds, valid), batch_size, points, spec.in_cells(tracks), familiar)
        return cls(came, ds, turn, first_guess, patcher, solving)

    def work(self) -> Work:
        """Pack all of it."""
        packed = self.solving.pack(self.ds, Block.whole(self.patcher))
        return Work(self.ds, packed, self._start(), self.patcher, self.solving)

    def guesses(self) -> xr.Dataset | None:
        """Return the first guesses of the whole field, for blocks to be cut from.

        Raises
        ------
        ValueError
            A map of today is wanted, whose first guess differs from window to window.
        """
        if not isinstance(self.guess, AbstractMapper):
            return self.guess
        if self.solving.spec.target is Target.LAST:
            raise ValueError(
                "maps of today (target='last') that start from another mapper's map are made in memory: load a few "
                "windows of days, as in ds.isel(time=slice(-60, None)).load()"
            )
        return self.guess.reconstruct(self.ds)

    def _start(self) -> FirstGuess | None:
        spec = self.solving.spec
        if not isinstance(self.guess, AbstractMapper):
            return None if self.guess is None else FirstGuess.of_maps(self.guess, spec)
        # A map of today from a first guess that knows tomorrow would look better than it will be.
        ends = {at[0] for at in self.patcher.starts} if spec.target is Target.LAST else ()
        return FirstGuess.of_mapper(self.guess, self.ds, spec, ends)


def _patcher(spec: GridSpec, ds: xr.Dataset) -> Patcher:
    template = ds[spec.variables[0].obs]
    shape = tuple(template.sizes[d] for d in spec.axes.dims)
    # A window as long as its circle and without overlap has nothing to go on with.
    each = zip(spec.axes.dims, shape, spec.stride, strict=True)
    periodic = tuple(s < n and circles(template, d) for d, n, s in each)
    return Patcher(shape, spec.patch, spec.stride, spec.target, periodic)
