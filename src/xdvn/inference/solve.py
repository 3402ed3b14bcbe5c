"""Solving the windows of a field, or of one block of it: the forward pass of every reconstruction.

    encode -> windows in batches of one size -> network -> weighted mean -> undo the normalisation

``WindowSolver`` holds everything that a block needs besides its data, so it is sent once to a worker on another
machine. Batches have one shape whatever the block, so a process compiles once.
"""

from __future__ import annotations

import itertools
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from xdvn.core.compilation import computation, inference_jit
from xdvn.core.cost import CostTerms
from xdvn.core.losses import Sample
from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.core.observations import Observations
from xdvn.grid.arrays import EncodedFields, FirstGuess
from xdvn.grid.blocks import Block
from xdvn.grid.domain_check import TrainingDomain
from xdvn.grid.patches import Patcher
from xdvn.grid.points import TrackPoints
from xdvn.grid.spec import GridSpec
from xdvn.grid.static_fields import StaticFields
from xdvn.inference.batches import append_covariates, channels_first, make_batch
from xdvn.inference.first_guess import first_guess_from_maps

__all__ = ["FitDiagnostics", "WindowSolver", "forward"]


@dataclass
class FitDiagnostics:
    """The two terms of J at the solution of each window in which anything was observed.

    Parameters
    ----------
    misfit, prior_residual : list of float
        Mean squared misfit to the observations and residual x - phi(x), one number per window.
    """

    misfit: list[float] = field(default_factory=list)
    prior_residual: list[float] = field(default_factory=list)

    @classmethod
    def of_training(cls, network: AbstractNetwork, batches: Iterable[Sample], n_windows: int = 32) -> FitDiagnostics:
        """Solve about ``n_windows`` training windows and return how well they are fitted."""
        fits, counted = cls(), 0
        for batch in batches:
            terms = forward(network, batch.obs, batch.first_guess)[-1]
            observed = np.asarray(jax.vmap(lambda o: o.count)(batch.obs)) > 0
            fits.add(terms, observed & (np.asarray(batch.sample_weight) > 0))
            counted += observed.size
            if counted >= n_windows:
                break
        return fits

    def add(self, terms: CostTerms, observed: np.ndarray) -> None:
        """Add the windows of a batch where ``observed`` is True."""
        self.misfit += np.asarray(terms.observations)[observed].tolist()
        self.prior_residual += np.asarray(terms.prior)[observed].tolist()


@dataclass(frozen=True)
class WindowSolver:
    """A network with what it expects of a Dataset and the static fields of the region it maps.

    Parameters
    ----------
    network : AbstractNetwork
        The trained network.
    spec : GridSpec
        Variables, axes, normalisation and windows.
    static : StaticFields
        Means and ocean mask of the whole field.
    batch_size : int
        Windows solved at once.
    points : TrackPoints or None
        Along-track observations of the whole field.
    in_cells : numpy.ndarray
        For each variable, whether its observations are gridded.
    training_domain : TrainingDomain or None
        Statistics of the training data; blocks outside them warn, once for each kind of message.
    """

    network: AbstractNetwork
    spec: GridSpec
    static: StaticFields
    batch_size: int
    points: TrackPoints | None
    in_cells: np.ndarray
    training_domain: TrainingDomain | None = None
    _warned: set[str] = field(default_factory=set, init=False, compare=False, repr=False)

    def map_block(
        self,
        ds: xr.Dataset,
        first_guess: xr.Dataset | FirstGuess | None,
        block: Block,
        after_batch: Callable[[int], Any] = lambda n: None,
    ) -> np.ndarray:
        """Map the core of one block.

        Parameters
        ----------
        ds : xr.Dataset
            The part of the field that the block reads, in memory.
        first_guess : xr.Dataset, FirstGuess or None
            The same part of the first guess.
        block : Block
            Its windows; ``Block.whole`` for a field in memory.
        after_batch : callable
            Called with the number of windows after every batch.

        Returns
        -------
        numpy.ndarray
            The core (field, time, *space), float32 in the variables' units, NaN on land: the map of each variable,
            then, if the network predicts a variance, the standard deviation of each.
        """
        # One at a time in a process: a solve uses all cores, and memory is that of one block.
        with _ONE_AT_A_TIME, computation():
            self.spec.check_values(ds)
            encoded, fits = self.encode(ds, first_guess, block), FitDiagnostics()
            fields = self._solve(encoded, block, fits, after_batch)
            self._warn_outside_training(ds, encoded, fits, block)
            return fields

    def encode(self, ds: xr.Dataset, first_guess: xr.Dataset | FirstGuess | None, block: Block) -> EncodedFields:
        """Return the arrays of what a block reads, with its first guess and its along-track observations."""
        points = None if self.points is None else self.points.from_origin(block.origin, block.patcher.shape)
        encoded = self.spec.encode_on(self.static.at(block.reads[1:]), ds, points, self.in_cells)
        if isinstance(first_guess, xr.Dataset):
            first_guess = first_guess_from_maps(first_guess, self.spec)
        return replace(encoded, first_guess=first_guess)

    def n_fields(self) -> int:
        """Return how many fields a block has: maps, and standard deviations if the network predicts them."""
        shape = (*self.spec.patch[1:], self.spec.n_channels)
        obs = eqx.filter_eval_shape(Observations, jnp.zeros(shape), jnp.zeros(shape, bool))
        solution = eqx.filter_eval_shape(self.network, obs, jax.ShapeDtypeStruct(shape, jnp.float32))
        return len(self.spec.variables) * (1 if solution.variance is None else 2)

    def batches(
        self, encoded: EncodedFields, patcher: Patcher, starts: Sequence[tuple[int, ...]]
    ) -> Iterator[tuple[list[tuple[int, ...]], Observations, Any]]:
        """Yield where windows start, their observations and first guesses, one batch at a time."""
        everywhere = bool(self.static.sea.all())
        for i in range(0, len(starts), self.batch_size):
            chosen = list(starts[i : i + self.batch_size])
            # The last batch is filled up with repeats: one shape, one compilation.
            filled = chosen + [chosen[-1]] * (self.batch_size - len(chosen))
            obs, guess = make_batch(encoded, patcher, filled, everywhere)
            obs, guess = append_covariates(obs, guess, encoded, filled, patcher)
            yield chosen, obs, guess

    def _solve(
        self, encoded: EncodedFields, block: Block, fits: FitDiagnostics, after_batch: Callable[[int], Any]
    ) -> np.ndarray:
        n = len(self.spec.variables)
        windows = self._windows(encoded, block, fits, after_batch)
        first = next(windows)
        state = block.patcher.merge(itertools.chain([first], windows), (len(first[1]),), block.inside)
        static = self.static.at([np.arange(c.start, c.stop) for c in block.core[1:]])
        maps = self.spec.in_units(state[:n], static.mean, static.sea)
        if len(state) == n:
            return maps
        return np.concatenate([maps, self.spec.in_units(np.sqrt(state[n:]), np.zeros((n, 1)), static.sea)])

    def _windows(
        self, encoded: EncodedFields, block: Block, fits: FitDiagnostics, after_batch: Callable[[int], Any]
    ) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        spec, n = self.spec, len(self.spec.variables)
        for chosen, obs, guess in self.batches(encoded, block.patcher, block.starts):
            x, variance, terms = forward(self.network, obs, guess)
            fits.add(terms, _observed(obs) & (np.arange(self.batch_size) < len(chosen)))
            parts = [np.asarray(part)[..., : spec.n_mapped] for part in (x, variance) if part is not None]
            states = parts[0] if len(parts) == 1 else np.concatenate(parts, -1)
            for at, state in zip(chosen, states, strict=False):
                yield at, channels_first(state, len(parts) * n)
            after_batch(len(chosen))

    def _warn_outside_training(
        self, ds: xr.Dataset, encoded: EncodedFields, fits: FitDiagnostics, block: Block
    ) -> None:
        where = ""
        if not block.is_whole:
            first, last = (str(day)[:10] for day in ds[self.spec.axes.time].values[[0, -1]])
            where = f" (first found between {first} and {last})"
        domain = self.training_domain
        outside = () if domain is None else domain.data_messages(encoded, fits.misfit, fits.prior_residual)
        static = self.static.at(block.reads[1:])
        for message in itertools.chain(outside, self.spec.scale_messages(ds, encoded, static)):
            kind = re.sub(r"[-+.\d]+", "", message)
            if kind not in self._warned:
                self._warned.add(kind)
                warnings.warn(message + where, stacklevel=2)


@inference_jit
def forward(network: AbstractNetwork, obs: Observations, first_guess: Any) -> tuple[Any, Any, CostTerms]:
    """Solve a batch; return the states, their variances if the network predicts them, and the two terms of J there."""
    solution = jax.vmap(network)(obs, first_guess)
    return solution.x, solution.variance, solution.terms


def _observed(obs: Observations) -> np.ndarray:
    """Return whether anything was observed in each window of a batch, in NumPy, to compile no program for it."""
    masks = [obs.mask] if obs.points is None else [obs.mask, obs.points.mask]
    return np.any([np.asarray(mask).reshape(len(mask), -1).any(1) for mask in masks], axis=0)


_ONE_AT_A_TIME = threading.Lock()
