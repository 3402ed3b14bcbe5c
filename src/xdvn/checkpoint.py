"""A training that outlives its process: after every epoch all of its state goes to a file, and a new run takes it up.

The file holds the weights, their running average, the optimiser's state, the best network so far and the losses, as
arrays in the order of their trees; the trees themselves come from the call that continues. Batches are drawn from the
seed, epoch by epoch, so that the continued run sees what the uninterrupted one would have seen and ends at the same
weights. Called by ``fit``.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from xdvn import storage
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.training import Progress, TrainingState

__all__ = ["Checkpoint", "Saved", "fingerprint"]


@dataclass(frozen=True)
class Saved:
    """What a checkpoint file holds.

    Parameters
    ----------
    work : str
        What is being trained (``fingerprint``).
    state, best : tuple of numpy.ndarray
        Arrays of the training state after the last epoch, and of the best network.
    best_epoch : int
        The epoch it is from.
    losses, validated : tuple of float
        Means over each epoch.
    """

    work: str
    state: tuple[np.ndarray, ...]
    best: tuple[np.ndarray, ...]
    best_epoch: int
    losses: tuple[float, ...]
    validated: tuple[float, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A file that a training is kept in.

    Parameters
    ----------
    path : path-like
        The file; it need not be there yet.
    work : str
        What is being trained; a file of other work is refused.
    """

    path: str | os.PathLike[str]
    work: str

    def resume(self, start: TrainingState) -> tuple[TrainingState, list[Progress]]:
        """Return the state to go on from and what is known of the epochs before; ``start`` and none without a file.

        Raises
        ------
        ValueError
            The file belongs to another training, or is damaged.
        """
        if not Path(self.path).exists():
            return start, []
        saved = storage.read(self.path)
        if not isinstance(saved, Saved):
            raise ValueError(
                f"{os.fspath(self.path)!r} holds a {type(saved).__name__}, no checkpoint; give another path"
            )
        if saved.work != self.work:
            raise ValueError(
                f"the checkpoint {os.fspath(self.path)!r} belongs to another training (other data, options or seed); "
                "call fit as it was called, give another checkpoint=, or remove the file"
            )
        best = _filled(start.average, saved.best)
        epochs = zip(saved.losses, saved.validated, strict=True)
        state = _filled(start, saved.state)
        known = [Progress(i, loss, validated, best, state) for i, (loss, validated) in enumerate(epochs, start=1)]
        return state, known

    def save(self, best: Progress, now: Progress, losses: Sequence[float], validated: Sequence[float]) -> None:
        """Keep the state after an epoch; where there is no room the training goes on and says so."""
        kept = Saved(self.work, _arrays(now.state), _arrays(best.net), best.epoch, tuple(losses), tuple(validated))
        try:
            storage.write(self.path, kept, {"epochs": now.epoch})
        except OSError as error:
            warnings.warn(
                f"the training goes on, but epoch {now.epoch} was not kept: {error.strerror or error}", stacklevel=2
            )


def fingerprint(*parts: Any) -> str:
    """Return a digest of what decides a training: arrays, and objects by their text.

    Examples
    --------
    >>> fingerprint(np.arange(3), "seed 0") == fingerprint(np.arange(3), "seed 0")
    True
    >>> fingerprint(np.arange(3), "seed 0") == fingerprint(np.arange(3), "seed 1")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray | jax.Array):
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()


def _arrays(tree: AbstractNetwork | TrainingState) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_array)))


def _filled(like: Any, arrays: Sequence[np.ndarray]) -> Any:
    """Return a tree as ``like`` with other arrays."""
    dynamic, static = eqx.partition(like, eqx.is_array)
    leaves, shape = jax.tree.flatten(dynamic)
    found, expected = [(a.shape, a.dtype) for a in arrays], [(leaf.shape, leaf.dtype) for leaf in leaves]
    if found != expected:
        raise ValueError(f"the checkpoint holds other arrays ({len(found)}) than the network needs ({len(expected)})")
    return eqx.combine(jax.tree.unflatten(shape, [jnp.asarray(a) for a in arrays]), static)
