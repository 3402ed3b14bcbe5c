"""Solving the windows of a field, or of one block of it: the one forward pass that every reconstruction runs.

    pack -> windows in batches of one size -> network -> weighted mean -> undo the normalisation

It holds everything that a block needs besides its data, so a worker on another machine is sent it once. Batches have
one shape whatever the block, so a process compiles once. Called by ``Model.reconstruct``.
"""

from __future__ import annotations

import itertools
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from xdvn.batching import channels_first, windows_of, with_covariates
from xdvn.compilation import kept_programs
from xdvn.core.cost import CostTerms
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.jit import every_core_jit
from xdvn.core.observations import Observations
from xdvn.first_guess import FirstGuess
from xdvn.grid.blocks import Block
from xdvn.grid.familiar import Familiar
from xdvn.grid.ground import Ground
from xdvn.grid.packed import Packed
from xdvn.grid.patches import Patcher
from xdvn.grid.points import TrackPoints
from xdvn.grid.spec import GridSpec

__all__ = ["Fits", "Solving", "forward"]


@dataclass
class Fits:
    """How well each window was fitted: the two terms of J at its solution, where anything was observed."""

    misfit: list[float] = field(default_factory=list)
    departure: list[float] = field(default_factory=list)

    def add(self, terms: CostTerms, observed: np.ndarray) -> None:
        """Note the windows of a batch, ``observed`` saying which count."""
        self.misfit += np.asarray(terms.observations)[observed].tolist()
        self.departure += np.asarray(terms.prior)[observed].tolist()


@dataclass(frozen=True)
class Solving:
    """A network, what it expects, and the ground it stands on.

    Parameters
    ----------
    net : AbstractNetwork
        The trained network.
    spec : GridSpec
        What it expects of a Dataset.
    ground : Ground
        Means and sea of the whole field.
    batch_size : int
        Windows solved at once.
    points : TrackPoints or None
        Observations along tracks over the whole field.
    in_cells : numpy.ndarray
        For each variable, whether it is observed in cells.
    familiar : Familiar or None
        What the network was trained on; blocks unlike it warn, once a process for each kind of doubt.
    """

    net: AbstractNetwork
    spec: GridSpec
    ground: Ground
    batch_size: int
    points: TrackPoints | None
    in_cells: np.ndarray
    familiar: Familiar | None = None
    _told: set[str] = field(default_factory=set, init=False, compare=False, repr=False)

    def map(self, ds: xr.Dataset, guess: xr.Dataset | None, block: Block) -> np.ndarray:
        """Map the core of one block; ``ds`` and ``guess`` are the part of the field that it reads, in memory.

        Returns
        -------
        numpy.ndarray
            As of ``solve``.
        """
        # One at a time in a process: a solve uses all cores, and memory is that of one block.
        with _ONE_AT_A_TIME, kept_programs():
            self.spec.check_values(ds)
            start = None if guess is None else FirstGuess.of_maps(guess, self.spec)
            packed, fits = self.pack(ds, block), Fits()
            fields = self.solve(packed, start, block, fits)
            self._tell_doubts(ds, packed, fits)
            return fields

    def pack(self, ds: xr.Dataset, block: Block) -> Packed:
        """Return the arrays of what a block reads, with its points."""
        points = None if self.points is None else self.points.from_origin(block.origin, block.patcher.shape)
        return self.spec.pack_on(self.ground.at(block.reads[1:]), ds, points, self.in_cells)

    def _tell_doubts(self, ds: xr.Dataset, packed: Packed, fits: Fits) -> None:
        if self.familiar is None:
            return
        first, last = (str(day)[:10] for day in ds[self.spec.axes.time].values[[0, -1]])
        for doubt in self.familiar.of_data(packed, fits.misfit, fits.departure):
            kind = re.sub(r"[-+.\d]+", "", doubt)
            if kind not in self._told:
                self._told.add(kind)
                warnings.warn(f"{doubt} (first found between {first} and {last})", stacklevel=2)

    def n_fields(self) -> int:
        """How many fields ``solve`` returns: maps, and standard deviations where the network predicts them."""
        shape = (*self.spec.patch[1:], self.spec.n_channels)
        obs = eqx.filter_eval_shape(Observations, jnp.zeros(shape), jnp.zeros(shape, bool))
        told = eqx.filter_eval_shape(self.net, obs, jax.ShapeDtypeStruct(shape, jnp.float32))
        return len(self.spec.variables) * (1 if told.variance is None else 2)

    def solve(
        self,
        packed: Packed,
        start: FirstGuess | None,
        block: Block,
        fits: Fits | None = None,
        after_batch: Callable[[int], Any] = lambda n: None,
    ) -> np.ndarray:
        """Solve the windows of a block.

        Returns
        -------
        numpy.ndarray
            Its core (field, time, *space), float32 in the variables' units, NaN on land: the map of each variable,
            then, if the network predicts a variance, the standard deviation of each.
        """
        n = len(self.spec.variables)
        windows = self._windows(packed, start, block, fits, after_batch)
        first = next(windows)
        state = block.patcher.merge(itertools.chain([first], windows), (len(first[1]),), block.inside)
        ground = self.ground.at([np.arange(c.start, c.stop) for c in block.core[1:]])
        maps = self.spec.in_units(state[:n], ground.mean, ground.sea)
        if len(state) == n:
            return maps
        return np.concatenate([maps, self.spec.in_units(np.sqrt(state[n:]), np.zeros((n, 1)), ground.sea)])

    def _windows(
        self,
        packed: Packed,
        start: FirstGuess | None,
        block: Block,
        fits: Fits | None,
        after_batch: Callable[[int], Any],
    ) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        spec, n = self.spec, len(self.spec.variables)
        for chosen, obs, guess in self.batches(packed, start, block.patcher, block.starts):
            x, variance, terms = forward(self.net, obs, guess)
            if fits is not None:
                fits.add(terms, _observed(obs) & (np.arange(self.batch_size) < len(chosen)))
            told = [np.asarray(part)[..., : spec.n_mapped] for part in (x, variance) if part is not None]
            states = told[0] if len(told) == 1 else np.concatenate(told, -1)
            for at, state in zip(chosen, states, strict=False):
                yield at, channels_first(state, len(told) * n)
            after_batch(len(chosen))

    def batches(
        self, packed: Packed, start: FirstGuess | None, patcher: Patcher, starts: Sequence[tuple[int, ...]]
    ) -> Iterator[tuple[list[tuple[int, ...]], Observations, Any]]:
        """Yield where windows start, their observations and first guesses, one batch at a time."""
        everywhere = bool(self.ground.sea.all())
        for i in range(0, len(starts), self.batch_size):
            chosen = list(starts[i : i + self.batch_size])
            # The last batch is filled up with repeats: one shape, one compilation.
            filled = chosen + [chosen[-1]] * (self.batch_size - len(chosen))
            obs, guess = windows_of(packed, start, patcher, filled, everywhere)
            obs, guess = with_covariates(obs, guess, packed, filled, patcher)
            yield chosen, obs, guess


@every_core_jit
def forward(net: AbstractNetwork, obs: Observations, first_guess: Any) -> tuple[Any, Any, CostTerms]:
    """Solve a batch; return the states, their variances if the network predicts them, and the two terms of J there."""
    solution = jax.vmap(net)(obs, first_guess)
    return solution.x, solution.variance, solution.terms


def _observed(obs: Observations) -> np.ndarray:
    """Whether anything was observed in each window of a batch; in NumPy, where it costs no program."""
    masks = [obs.mask] if obs.points is None else [obs.mask, obs.points.mask]
    return np.any([np.asarray(mask).reshape(len(mask), -1).any(1) for mask in masks], axis=0)


_ONE_AT_A_TIME = threading.Lock()
