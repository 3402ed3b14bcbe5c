"""A trained model: a network, what it expects of a Dataset, and how it was trained. A windowed mapper, saved as data.

Reconstruction is: check, pack with the saved statistics, cut into windows, solve them in batches of one size, put
them together by weighted mean, undo the normalisation (``xdvn.solving``), and hand back labels as they came. What dask
has not computed yet is mapped block by block (``xdvn.blockwise``).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import numpy as np
import xarray as xr

from xdvn import storage
from xdvn.blockwise import in_blocks
from xdvn.compilation import kept_programs
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.frozen import learnable
from xdvn.core.observations import Observations
from xdvn.grid.ancillary import with_flag, with_std
from xdvn.grid.blocks import Block, block_sizes
from xdvn.grid.familiar import Familiar
from xdvn.grid.patches import by_dimension
from xdvn.grid.spec import GridSpec
from xdvn.mapper import AbstractMapper
from xdvn.progress import SolvingBar
from xdvn.solving import Fits
from xdvn.work import Ready, Work

__all__ = ["History", "Model", "Work", "load"]


@dataclass(frozen=True)
class History:
    """How training went, epoch by epoch.

    Parameters
    ----------
    loss, validation_loss : tuple of float
        Means over each epoch, in normalised units squared; validation is NaN when there was none.
    best_epoch : int
        The epoch (from 1) whose network was kept.
    seconds : float
        Wall time of the training, compilation included.
    """

    loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    best_epoch: int
    seconds: float

    def to_dataset(self) -> xr.Dataset:
        """Return the curves as a Dataset over ``epoch``, ready to plot."""
        epochs = np.arange(1, len(self.loss) + 1)
        curves = {"loss": self.loss, "validation_loss": self.validation_loss}
        data = {name: ("epoch", np.asarray(values), {"units": "1"}) for name, values in curves.items()}
        return xr.Dataset(data, {"epoch": epochs}, {"best_epoch": self.best_epoch, "seconds": self.seconds})


@dataclass(frozen=True)
class Model(AbstractMapper):
    """What ``fit`` returns and ``reconstruct`` takes.

    Parameters
    ----------
    net : AbstractNetwork
        The trained network.
    spec : GridSpec
        Variables, axes, normalisation, windows, land.
    history : History
        How it was trained.
    first_guess : AbstractMapper, optional
        Mapper whose map of the observations every solve starts from, at training and here alike.
    familiar : Familiar, optional
        What the training data looked like; with it, a reconstruction of something else warns.
    """

    net: AbstractNetwork
    spec: GridSpec
    history: History
    first_guess: AbstractMapper | None = None
    familiar: Familiar | None = None

    def __repr__(self) -> str:
        """Tell what it maps, how, and what can be done with it."""
        names = ", ".join(f"{v.obs} -> {v.name} [{v.units or 'no units'}]" for v in self.spec.variables)
        size = sum(np.size(leaf) for leaf in jax.tree.leaves(eqx.filter(self.net, learnable(self.net))))
        patch = " x ".join(f"{n} {d}" for n, d in zip(self.spec.patch, self.spec.axes.dims, strict=True))
        start = type(self.first_guess).__name__ if self.first_guess is not None else "training mean"
        return (
            f"<xdvn.Model {names}>\n  network      {type(self.net).__name__}, {size:,} parameters\n"
            f"  windows      {patch}\n  first guess  {start}\n"
            f"  trained      {len(self.history.loss)} epochs, best {self.history.best_epoch}, "
            f"{self.history.seconds / 60:.1f} min\n  next         ds.dvn.reconstruct(model), model.save('name.xdvn')"
        )

    @kept_programs()
    def reconstruct(
        self,
        ds: xr.Dataset,
        *,
        tracks: xr.Dataset | None = None,
        obs_error: float | str | Sequence[float | str] | None = None,
        first_guess: xr.Dataset | None = None,
        valid: xr.DataArray | None = None,
        batch_size: int = 4,
        block: Mapping[str, int] | None = None,
        progress: bool = True,
    ) -> xr.Dataset:
        """Map ``ds`` whole.

        Where the observations are dask arrays, so are the maps: nothing is solved before they are computed or written,
        and then block by block, in memory bounded by a block. The maps are those of the same data in memory.

        Parameters
        ----------
        ds : xr.Dataset
            Observations, on the training grid or another domain of equal spacing, and the model's covariates.
            Longitudes may count from 0 or from -180; on a full circle of them there is no seam.
        tracks : xr.Dataset, optional
            Observations along tracks, as in ``fit``.
        obs_error : float, str or sequence, optional
            Standard deviations of the errors of these observations, instead of those told to ``fit``.
        first_guess : xr.Dataset, optional
            Complete maps named as the reconstruction, instead of the model's own first-guess mapper.
        valid : xr.DataArray, optional
            Booleans, True at sea; by default the training land mask where it is known.
        batch_size : int
            Windows solved at once: memory against speed, never the result.
        block : mapping, optional
            How many steps of each dimension a block of a lazy reconstruction maps: memory against speed, never the
            result. Default: blocks that read at most 8 million cells.
        progress : bool
            Show a bar; a lazy reconstruction has that of dask (``dask.diagnostics.ProgressBar``).

        Returns
        -------
        xr.Dataset
            Complete maps, and for each a flag variable ``<name>_observed``.
        """
        ready = self._ready(
            ds, tracks=tracks, obs_error=obs_error, first_guess=first_guess, valid=valid, batch_size=batch_size
        )
        if any(ready.ds[v.obs].chunks for v in self.spec.variables):
            if self.familiar is not None:
                for doubt in self.familiar.of_place(ready.ds, self.spec.axes):
                    warnings.warn(doubt, stacklevel=3)
            sizes = by_dimension(block, self.spec.axes.dims, block_sizes(ready.patcher), "block")
            maps = self._labelled(in_blocks(ready.solving, ready.ds, ready.guesses(), ready.patcher, sizes), ready.ds)
        else:
            maps = self.solve(ready.work(), batch_size=batch_size, progress=progress)
        return maps if ready.turn is None else ready.turn.undo(maps, ready.came)

    def prepare(self, ds: xr.Dataset, **options: Any) -> Work:
        """Check ``ds``, pack it and make its first guess; arguments as for ``reconstruct``.

        Longitudes are those of the model.
        """
        return self._ready(ds, **options).work()

    def solve(self, work: Work, *, batch_size: int = 4, progress: bool = True) -> xr.Dataset:
        """Map what ``prepare`` prepared; a network that predicts a variance brings ``<name>_std`` along.

        Says where the result is doubtful (``grid.familiar``).
        """
        solving, block, fits = replace(work.solving, batch_size=batch_size), Block.whole(work.patcher), Fits()
        with SolvingBar(len(block.starts), progress) as bar:
            fields = solving.solve(work.packed, work.start, block, fits, bar.update)
        if self.familiar is not None:
            doubts = self.familiar.doubts(work.ds, work.packed, self.spec.axes, fits.misfit, fits.departure)
            for doubt in doubts:
                warnings.warn(doubt, stacklevel=4)
        return self._labelled(fields, work.ds)

    def batches(
        self, work: Work, batch_size: int, progress: bool
    ) -> Iterator[tuple[list[tuple[int, ...]], Observations, Any]]:
        """Yield where windows start, their observations and first guesses, ``batch_size`` at a time."""
        solving, starts = replace(work.solving, batch_size=batch_size), work.patcher.starts
        with SolvingBar(len(starts), progress) as bar:
            for batch in solving.batches(work.packed, work.start, work.patcher, starts):
                yield batch
                bar.update(len(batch[0]))

    def _ready(
        self,
        ds: xr.Dataset,
        *,
        tracks: xr.Dataset | None = None,
        obs_error: float | str | Sequence[float | str] | None = None,
        first_guess: xr.Dataset | None = None,
        valid: xr.DataArray | None = None,
        batch_size: int = 4,
    ) -> Ready:
        spec = self._spec(tracks, obs_error)
        guess = self.first_guess if first_guess is None else first_guess
        return Ready.of(self.net, spec, ds, tracks, guess, valid, batch_size, self.familiar)

    def _labelled(self, fields: Any, ds: xr.Dataset) -> xr.Dataset:
        spec, n = self.spec, len(self.spec.variables)
        maps = spec.labelled(fields[:n], ds)
        for variable in spec.variables:
            maps = with_flag(maps, variable.name, ds[variable.obs])
        if len(fields) > n:
            stds = spec.labelled(fields[n:], ds)
            for variable in spec.variables:
                maps = with_std(maps, variable.name, stds[variable.name])
        return maps

    def _spec(self, tracks: xr.Dataset | None, obs_error: float | str | Sequence[float | str] | None) -> GridSpec:
        """Return the model's expectations, with the errors of these observations."""
        for variable in self.spec.variables:
            if variable.along_track and (tracks is None or variable.obs not in tracks.variables):
                warnings.warn(
                    f"the model was trained on {variable.obs!r} along tracks and now reads it from cells; pass the "
                    "measurements with tracks=",
                    stacklevel=3,
                )
        if obs_error is not None and any(v.obs_error is None for v in self.spec.variables):
            raise ValueError(
                "the model was trained without errors of observation and cannot weigh them; train it with "
                "fit(..., obs_error=...)"
            )
        return self.spec.with_obs_error(obs_error)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file: a JSON line, then arrays; no code in it.

        Raises
        ------
        TypeError
            When the network holds something that is not data, such as a lambda.
        """
        from xdvn import __version__

        about = {"xdvn_version": __version__, "network": type(self.net).__name__}
        storage.write(path, self, about)


def load(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Model:
    """Read a model that ``Model.save`` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    classes : sequence of type
        Your own equinox classes inside the model, if there are any.
    """
    model = storage.read(path, classes)
    if not isinstance(model, Model):
        raise ValueError(f"{os.fspath(path)!r} holds a {type(model).__name__}, not a Model")
    parts = {"net": AbstractNetwork, "spec": GridSpec, "history": History, "first_guess": AbstractMapper | None}
    for name, kind in {**parts, "familiar": Familiar | None}.items():
        if not isinstance(getattr(model, name), kind):
            found = type(getattr(model, name)).__name__
            raise ValueError(f"{os.fspath(path)!r} is damaged: its {name} is a {found}; copy or save it again")
    return model
