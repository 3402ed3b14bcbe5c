"""Training of a network on an experiment, and solution of its test windows.

The loss is L = mean |x* - x_true|^2 + c mean |x* - phi(x*)|^2 over batches of random windows.
"""

from __future__ import annotations

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from tqdm.auto import tqdm

from benchmarks.lorenz.protocol import Experiment
from benchmarks.lorenz.windows import Scaling, Windows
from xdvn.core.compilation import inference_jit
from xdvn.core.losses import AbstractLoss, Sample, SupervisedLoss, VariationalLoss
from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.core.training import default_optimiser, train
from xdvn.training.progress import TrainingBar, run_and_keep_best

__all__ = ["solve", "train_network"]

_VALIDATE = 150  # updates between two validations


def train_network(
    experiment: Experiment,
    network: AbstractNetwork,
    *,
    steps: int = 750,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    prior_weight: float = 0.05,
    seed: int = 0,
    progress: bool = True,
) -> AbstractNetwork:
    """Train ``network`` and return the version with the smallest validation loss.

    Parameters
    ----------
    experiment : Experiment
        Training and validation windows.
    network : AbstractNetwork
        Initial network.
    steps, batch_size : int
        Number of updates, and windows per update.
    learning_rate : float
        Peak rate of Adam, with warm-up and cosine decay.
    prior_weight : float
        Weight c of the prior residual.
    seed : int
        Seed of the order of windows and of dropout.
    progress : bool
        Show a progress bar.
    """
    rng = np.random.default_rng(seed)
    loss = _loss(experiment, prior_weight)
    bar = TrainingBar(steps, progress)
    rounds = [min(_VALIDATE, steps - first) for first in range(0, steps, _VALIDATE)]
    run = train(
        network,
        loss,
        default_optimiser(steps, learning_rate, prior_rate=1.0),
        (_random_batches(experiment, n, batch_size, rng) for n in rounds),
        lambda: _in_order(experiment.validation, experiment.scaling, batch_size),
        key=jax.random.key(seed),
        after_step=bar.after_step,
    )
    return run_and_keep_best(run, bar)[0].network


def solve(
    network: AbstractNetwork, windows: Windows, scaling: Scaling, *, batch_size: int = 50, progress: bool = True
) -> Float[np.ndarray, "window *space time variable"]:
    """Return the states from ``network`` in the units of the system."""
    states = []
    with tqdm(total=len(windows), desc="solve", unit="window", disable=not progress, leave=False) as bar:
        for batch in _in_order(windows, scaling, batch_size):
            states.append(np.asarray(_forward(network, batch)))
            bar.update(len(states[-1]))
    return np.concatenate(states)[: len(windows)] * scaling.std + scaling.mean


def _loss(experiment: Experiment, prior_weight: float) -> AbstractLoss:
    squared = SupervisedLoss(jnp.ones(experiment.training.mask.shape), gradient_weight=0.0)
    return squared + prior_weight * VariationalLoss() if prior_weight else squared


def _random_batches(experiment: Experiment, n: int, batch_size: int, rng: np.random.Generator) -> Iterator[Sample]:
    for _ in range(n):
        chosen = rng.choice(len(experiment.training), batch_size, replace=False)
        yield experiment.training[chosen].samples(experiment.scaling)


def _in_order(windows: Windows, scaling: Scaling, batch_size: int) -> Iterator[Sample]:
    for first in range(0, len(windows), batch_size):
        chosen = np.minimum(np.arange(first, first + batch_size), len(windows) - 1)
        batch = windows[chosen].samples(scaling)
        # The last batch is filled with repeats, so that one shape needs one compilation.
        yield eqx.tree_at(
            lambda b: b.sample_weight,
            batch,
            jnp.asarray(np.arange(first, first + batch_size) < len(windows), jnp.float32),
        )


@inference_jit
def _forward(network: AbstractNetwork, batch: Sample) -> Array:
    return jax.vmap(lambda obs, guess: network(obs, guess).x)(batch.obs, batch.first_guess)
