"""Training on an experiment, and solving its test windows with what was learned.

L = mean |x* - x_true|^2 + c mean |x* - phi(x*)|^2   over batches of windows drawn at random
"""

from __future__ import annotations

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from tqdm.auto import tqdm

from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.jit import every_core_jit
from xdvn.core.losses import AbstractLoss, Sample, SupervisedLoss, VariationalLoss
from xdvn.core.training import default_optimiser, train
from xdvn.experiments.protocol import Experiment
from xdvn.experiments.windows import Scaling, Windows
from xdvn.progress import TrainingBar, keep_best

__all__ = ["learn", "solve"]

_VALIDATE = 150  # updates between two looks at the validation windows


def learn(
    experiment: Experiment,
    net: AbstractNetwork,
    *,
    steps: int = 750,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    prior_weight: float = 0.05,
    seed: int = 0,
    progress: bool = True,
) -> AbstractNetwork:
    """Train ``net`` and return what did best on the validation windows.

    Parameters
    ----------
    experiment : Experiment
        The data.
    net : AbstractNetwork
        Where to start.
    steps, batch_size : int
        Updates, and windows in each.
    learning_rate : float
        Peak rate of Adam, with warm-up and cosine decay.
    prior_weight : float
        c.
    seed : int
        Of the order of windows and of what is random in the network.
    progress : bool
        Show a bar.
    """
    rng = np.random.default_rng(seed)
    loss = _loss(experiment, prior_weight)
    bar = TrainingBar(steps, progress)
    rounds = [min(_VALIDATE, steps - done) for done in range(0, steps, _VALIDATE)]
    run = train(
        net,
        loss,
        default_optimiser(steps, learning_rate, prior_rate=1.0),
        (_drawn(experiment, n, batch_size, rng) for n in rounds),
        lambda: _in_order(experiment.validation, experiment.scaling, batch_size),
        key=jax.random.key(seed),
        after_step=bar.after_step,
    )
    return keep_best(run, bar)[0].net


def solve(
    net: AbstractNetwork, windows: Windows, scaling: Scaling, *, batch_size: int = 50, progress: bool = True
) -> Float[np.ndarray, "window *space time variable"]:
    """Return the states that ``net`` finds, in the units of the system."""
    found = []
    with tqdm(total=len(windows), desc="solve", unit="window", disable=not progress, leave=False) as bar:
        for batch in _in_order(windows, scaling, batch_size):
            found.append(np.asarray(_forward(net, batch)))
            bar.update(len(found[-1]))
    return np.concatenate(found)[: len(windows)] * scaling.std + scaling.mean


def _loss(experiment: Experiment, prior_weight: float) -> AbstractLoss:
    everywhere = SupervisedLoss(jnp.ones(experiment.training.mask.shape), gradient_weight=0.0)
    return everywhere + prior_weight * VariationalLoss() if prior_weight else everywhere


def _drawn(experiment: Experiment, n: int, batch_size: int, rng: np.random.Generator) -> Iterator[Sample]:
    for _ in range(n):
        which = rng.choice(len(experiment.training), batch_size, replace=False)
        yield experiment.training[which].samples(experiment.scaling)


def _in_order(windows: Windows, scaling: Scaling, batch_size: int) -> Iterator[Sample]:
    for first in range(0, len(windows), batch_size):
        which = np.minimum(np.arange(first, first + batch_size), len(windows) - 1)
        batch = windows[which].samples(scaling)
        # The last batch is filled up with repeats: one shape, one compilation.
        yield eqx.tree_at(
            lambda b: b.weight, batch, jnp.asarray(np.arange(first, first + batch_size) < len(windows), jnp.float32)
        )


@every_core_jit
def _forward(net: AbstractNetwork, batch: Sample) -> Array:
    return jax.vmap(lambda obs, guess: net(obs, guess).x)(batch.obs, batch.first_guess)
