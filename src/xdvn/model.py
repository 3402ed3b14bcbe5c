"""A trained model: a network, what it expects of a Dataset, and how it was trained. A windowed mapper, saved as data.

Reconstruction is: check, pack with the saved statistics, cut into windows, solve them in batches of one size, put
them together by weighted mean, undo the normalisation, and hand back labels as they came.
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn import storage
from xdvn.batching import channels_first, windows_of, with_covariates
from xdvn.cells import with_cells
from xdvn.compilation import kept_programs
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.frozen import learnable
from xdvn.core.observations import Observations
from xdvn.first_guess import FirstGuess
from xdvn.grid.ancillary import with_flag, with_std
from xdvn.grid.patches import Patcher, Target
from xdvn.grid.spec import GridSpec, Packed
from xdvn.mapper import AbstractMapper

__all__ = ["History", "Model", "Work", "load"]


@dataclass(frozen=True)
class Work:
    """A Dataset made ready to be mapped.

    Parameters
    ----------
    ds : xr.Dataset
        Observations, in cells too.
    packed : Packed
        The same as normalised arrays.
    start : FirstGuess, optional
        Where solves start.
    patcher : Patcher
        Windows, and the way back.
    """

    ds: xr.Dataset
    packed: Packed
    start: FirstGuess | None
    patcher: Patcher


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
    """

    net: AbstractNetwork
    spec: GridSpec
    history: History
    first_guess: AbstractMapper | None = None

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
        progress: bool = True,
    ) -> xr.Dataset:
        """Map ``ds`` whole.

        Parameters
        ----------
        ds : xr.Dataset
            Observations, on the training grid or another domain of equal spacing, and the model's covariates.
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
        progress : bool
            Show a bar.

        Returns
        -------
        xr.Dataset
            Complete maps, and for each a flag variable ``<name>_observed``.
        """
        work = self.prepare(ds, tracks=tracks, obs_error=obs_error, first_guess=first_guess, valid=valid)
        return self.solve(work, batch_size=batch_size, progress=progress)

    def prepare(
        self,
        ds: xr.Dataset,
        *,
        tracks: xr.Dataset | None = None,
        obs_error: float | str | Sequence[float | str] | None = None,
        first_guess: xr.Dataset | None = None,
        valid: xr.DataArray | None = None,
    ) -> Work:
        """Check ``ds``, pack it and make its first guess; arguments as for ``reconstruct``."""
        spec = self._spec(tracks, obs_error)
        ds = with_cells(ds, tracks, [v.obs for v in spec.variables], spec.axes)
        spec.check(ds)
        packed = spec.pack(ds, valid, tracks)
        patcher = Patcher(packed.values.shape[1:], spec.patch, spec.stride, spec.target)
        start = None
        if first_guess is not None:
            start = FirstGuess.of_maps(first_guess, spec)
        elif self.first_guess is not None:
            # A map of today from a first guess that knows tomorrow would look better than it will be.
            ends = {at[0] for at in patcher.starts} if spec.target is Target.LAST else ()
            start = FirstGuess.of_mapper(self.first_guess, ds, spec, ends)
        return Work(ds, packed.padded(patcher.starts, patcher.patch), start, patcher)

    def solve(self, work: Work, *, batch_size: int = 4, progress: bool = True) -> xr.Dataset:
        """Map what ``prepare`` prepared; a network that predicts a variance brings ``<name>_std`` along."""
        spec, n = self.spec, len(self.spec.variables)

        def answers() -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
            for chosen, obs, guess in self.batches(work, batch_size, progress):
                x, variance = _forward(self.net, obs, guess)
                told = [x] if variance is None else [x, variance]
                states = np.concatenate([np.asarray(part)[..., : spec.n_mapped] for part in told], -1)
                for at, state in zip(chosen, states, strict=False):
                    yield at, channels_first(state, len(told) * n)

        windows = answers()
        first = next(windows)
        state = work.patcher.merge(itertools.chain([first], windows), leading=(len(first[1]),))
        maps = spec.unpack(state[:n], work.ds, work.packed.sea)
        for variable in spec.variables:
            maps = with_flag(maps, variable.name, work.ds[variable.obs])
        if len(state) > n:
            stds = spec.unpack_departures(np.sqrt(state[n:]), work.ds, work.packed.sea)
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

    def batches(
        self, work: Work, batch_size: int, progress: bool
    ) -> Iterator[tuple[list[tuple[int, ...]], Observations, Any]]:
        """Yield where windows start, their observations and first guesses, ``batch_size`` at a time."""
        starts = work.patcher.starts
        bar = tqdm(total=len(starts), desc="reconstruct", unit="window", disable=not progress, leave=False)
        with bar:
            for i in range(0, len(starts), batch_size):
                chosen = starts[i : i + batch_size]
                # The last batch is filled up with repeats: one shape, one compilation.
                filled = chosen + [chosen[-1]] * (batch_size - len(chosen))
                obs, guess = windows_of(work.packed, work.start, work.patcher, filled)
                obs, guess = with_covariates(obs, guess, work.packed, filled, work.patcher)
                yield chosen, obs, guess
                bar.update(len(chosen))

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
    return model


@eqx.filter_jit
def _forward(net: AbstractNetwork, obs: Observations, first_guess: Any) -> Any:
    solution = jax.vmap(net)(obs, first_guess)
    return solution.x, solution.variance
