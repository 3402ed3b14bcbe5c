"""Checkpoints: the state of a training in a file, from which a new run resumes."""

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

from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.core.training import Progress, TrainingState
from xdvn.io import model_file

__all__ = ["Checkpoint", "CheckpointState", "fingerprint"]


@dataclass(frozen=True)
class CheckpointState:
    """Contents of a checkpoint file: weights, their running average, state of the optimiser, best network, losses.

    Trees are stored as arrays in order; the resuming call provides their structure.

    Parameters
    ----------
    training_id : str
        Digest of data and settings (``fingerprint``).
    state, best : tuple of numpy.ndarray
        Arrays of the training state after the last epoch, and of the best network.
    best_epoch : int
        Epoch of the best network.
    losses, validated : tuple of float
        Means over each epoch.
    """

    training_id: str
    state: tuple[np.ndarray, ...]
    best: tuple[np.ndarray, ...]
    best_epoch: int
    losses: tuple[float, ...]
    validated: tuple[float, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file, written after every epoch.

    Batches depend on the seed and the epoch only, so a resumed run ends at the weights of an uninterrupted one.

    Parameters
    ----------
    path : path-like
        File, which need not exist.
    training_id : str
        Digest of data and settings. A file with another digest raises an error.
    """

    path: str | os.PathLike[str]
    training_id: str

    def resume(self, start: TrainingState) -> tuple[TrainingState, list[Progress]]:
        """Return the stored state and the history of earlier epochs; without a file, ``start`` and no epochs.

        Raises
        ------
        ValueError
            If the file belongs to another training, or is damaged.
        """
        if not Path(self.path).exists():
            return start, []
        saved = model_file.read(self.path)
        if not isinstance(saved, CheckpointState):
            raise ValueError(
                f"checkpoint={os.fspath(self.path)!r}: expected a checkpoint, got a {type(saved).__name__}. "
                "Give another path."
            )
        if saved.training_id != self.training_id:
            raise ValueError(
                f"checkpoint={os.fspath(self.path)!r} belongs to another training (data, options or seed differ). "
                "Repeat the call that wrote it, give another checkpoint=, or delete the file."
            )
        best = _filled(start.average, saved.best)
        epochs = zip(saved.losses, saved.validated, strict=True)
        state = _filled(start, saved.state)
        history = [Progress(i, loss, validated, best, state) for i, (loss, validated) in enumerate(epochs, start=1)]
        return state, history

    def save(self, best: Progress, now: Progress, losses: Sequence[float], validated: Sequence[float]) -> None:
        """Write the state after an epoch; if the disk is full, warn and continue."""
        state = CheckpointState(
            self.training_id, _arrays(now.state), _arrays(best.network), best.epoch, tuple(losses), tuple(validated)
        )
        try:
            model_file.write(self.path, state, {"epochs": now.epoch})
        except OSError as error:
            warnings.warn(
                f"epoch {now.epoch} was not written to the checkpoint: {error.strerror or error}. Training continues.",
                stacklevel=2,
            )


def fingerprint(*parts: Any) -> str:
    """Return a digest of the data and settings of a training: arrays, and objects by their text.

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
    stored, expected = [(a.shape, a.dtype) for a in arrays], [(leaf.shape, leaf.dtype) for leaf in leaves]
    if stored != expected:
        raise ValueError(
            f"the checkpoint has {len(stored)} arrays: expected the {len(expected)} of this network, with equal shapes "
            "and types. Pass the network of that training, or delete the file."
        )
    return eqx.combine(jax.tree.unflatten(shape, [jnp.asarray(a) for a in arrays]), static)
