"""Training loop: jitted updates by optax, averages of the weights, and restarts after a divergence."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray, PyTree

from xdvn.core.compilation import inference_jit, trace_inline, training_jit, unoptimised_jit
from xdvn.core.losses import AbstractLoss, Sample
from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.core.parameters import trainable_mask

__all__ = ["Progress", "Recovery", "TrainingState", "default_optimiser", "evaluate", "train"]


class TrainingState(eqx.Module):
    """Network, its running average, the state of the optimiser and the number of updates.

    Parameters
    ----------
    network : AbstractNetwork
        Network after the last update.
    average : AbstractNetwork
        Network with the averages of its trained weights over the updates.
    optimiser_state : PyTree
        State of the optimiser.
    step : Array of int, scalar
        Number of updates.
    """

    network: AbstractNetwork
    average: AbstractNetwork
    optimiser_state: PyTree
    step: Array

    @classmethod
    def of(cls, network: AbstractNetwork, optimiser: optax.GradientTransformation) -> TrainingState:
        """Return the state before the first update."""
        # Arrays of weak type, such as jnp.asarray(1.0), have strong type after an update: a second compilation.
        network = jax.tree.map(lambda leaf: leaf.astype(leaf.dtype) if eqx.is_array(leaf) else leaf, network)
        # A NumPy scalar, because jnp.zeros would compile a program.
        return cls(
            network,
            network,
            _init_optimiser(optimiser, eqx.filter(network, trainable_mask(network))),
            jax.device_put(np.int32(0)),
        )


class Progress(eqx.Module):
    """Result of an epoch.

    Parameters
    ----------
    epoch : int
        Number of the epoch.
    loss : float
        Mean loss of its updates.
    validation_loss : float
        Mean loss of the averaged network over the validation samples, NaN without any.
    network : AbstractNetwork
        Averaged network.
    state : TrainingState
        State of the training, from which it can continue.
    """

    epoch: int
    loss: float
    validation_loss: float
    network: AbstractNetwork
    state: TrainingState


@dataclasses.dataclass(frozen=True)
class Recovery:
    """Criterion of a divergence, and the stored state from which training restarts.

    Small batches and steep costs cause rare, large gradients. After a divergence, training restarts from the last
    stored state and continues with the next batches.

    Parameters
    ----------
    factor : float
        A loss is a divergence if it is not finite or above ``factor`` times the recent maximum of its absolute value.
        Default: 100.
    snapshot_every : int
        Number of updates between stored states. Default: 50.
    max_restarts : int
        Number of restarts before an error is raised. Default: 5.
    warmup_updates : int
        Number of first updates in which no finite loss is a divergence. Default: 20.
    """

    factor: float = 100.0
    snapshot_every: int = 50
    max_restarts: int = 5
    warmup_updates: int = 20


class _Monitor:
    """Monitor of the loss, which stores states and returns one after a divergence."""

    def __init__(self, recovery: Recovery, state: TrainingState) -> None:
        self._recovery, self._snapshot, self._recent_maximum = recovery, state, 0.0
        self._n_updates = self._n_divergences = 0

    def select(self, state: TrainingState, updated: TrainingState, loss: float) -> TrainingState:
        """Return ``updated``, or the stored state if the loss at ``state`` is a divergence."""
        warmup = self._n_updates < self._recovery.warmup_updates
        if math.isfinite(loss) and (warmup or loss <= self._recovery.factor * self._recent_maximum):
            if self._n_updates % self._recovery.snapshot_every == 0:
                self._snapshot = state
            self._n_updates += 1
            # The loss of a likelihood can be negative.
            self._recent_maximum = max(abs(loss), 0.98 * self._recent_maximum)
            return updated
        self._n_divergences += 1
        if self._n_divergences > self._recovery.max_restarts:
            raise FloatingPointError(
                f"loss={loss:g} after {self._recent_maximum:.4g}: training diverged {self._n_divergences} times. Lower "
                "the learning rate, as in default_optimiser(n, learning_rate=1e-3), or check the data."
            )
        warnings.warn(
            f"training diverged (loss {loss:g} after {self._recent_maximum:.4g}) and restarts from an earlier state",
            stacklevel=3,
        )
        return self._snapshot


def _init_optimiser(optimiser: optax.GradientTransformation, parameters: PyTree) -> PyTree:
    """Return the first state of the optimiser, from one compiled program instead of one for each array if possible."""
    try:
        return unoptimised_jit(optimiser.init)(parameters)
    except jax.errors.JAXTypeError:  # an optimiser that needs concrete values
        return optimiser.init(parameters)


def default_optimiser(
    n_steps: int, learning_rate: float = 3e-3, prior_rate: float = 0.5, clip: float = 1.0
) -> optax.GradientTransformation:
    """Return Adam with 3 % warm-up, cosine decay to 0, clipped gradients and a lower rate of the prior.

    Parameters
    ----------
    n_steps : int
        Number of updates of the training, for the schedule.
    learning_rate : float
        Maximum rate. Default: 3e-3.
    prior_rate : float
        Factor on the rate of the parameters in ``network.cost.prior``. Below 1 the solver adapts faster than the prior.
        Default: 0.5.
    clip : float
        Upper bound of the global norm of a gradient. Default: 1.

    References
    ----------
    Kingma & Ba 2015, arXiv:1412.6980.
    """
    warm = max(1, round(0.03 * n_steps))
    schedule = optax.warmup_cosine_decay_schedule(0.0, learning_rate, warm, max(n_steps, warm + 1))
    steps = optax.chain(
        optax.clip_by_global_norm(clip),
        optax.scale_by_adam(),
        optax.scale_by_learning_rate(schedule),
        optax.stateless(lambda updates, _: _scale_prior(updates, prior_rate)),
    )
    # About 400 operations on small arrays, each a separate function otherwise.
    return steps._replace(update=trace_inline()(steps.update))


def _scale_prior(updates: PyTree, factor: float) -> PyTree:
    """Multiply the updates of all leaves inside a field ``prior``."""

    def scale(path: tuple[Any, ...], leaf: Array) -> Array:
        in_prior = any(getattr(part, "name", None) == "prior" for part in path)
        return leaf * factor if in_prior else leaf

    return jax.tree_util.tree_map_with_path(scale, updates)


def train(
    start: AbstractNetwork | TrainingState,
    loss: AbstractLoss,
    optimiser: optax.GradientTransformation,
    epochs: Iterable[Iterable[Sample]],
    validation: Callable[[], Iterator[Sample]],
    *,
    key: PRNGKeyArray,
    ema_decay: float = 0.99,
    first_epoch: int = 1,
    after_step: Callable[[float], None] = lambda loss: None,
    recovery: Recovery | None = None,
) -> Iterator[Progress]:
    """Train a network and yield after every epoch.

    Each update is Theta <- optax(Theta, d/dTheta of the mean of L(net_Theta, sample) over a batch). An exponential
    moving average of the weights, which reduces the noise of small batches, is validated and returned.

    Parameters
    ----------
    start : AbstractNetwork or TrainingState
        Network to train, or the state of an interrupted training. All inexact arrays outside ``Frozen`` are trained.
    loss : AbstractLoss
        Loss of one sample.
    optimiser : optax.GradientTransformation
        Optimiser for the total number of updates, such as ``default_optimiser``.
    epochs : iterable of iterables of Sample
        Batches of each epoch: samples with a leading axis, all of one shape.
    validation : callable
        Function without arguments that returns the validation batches after every epoch.
    key : PRNGKeyArray
        Random key of the training (dropout). Update n folds n into it and splits it over the samples.
    ema_decay : float
        Decay of the moving average per update, at least 0 (no average) and below 1. Default: 0.99.
    first_epoch : int
        Number of the first epoch. Default: 1.
    after_step : callable
        Function of the loss of each batch, after its update.
    recovery : Recovery, optional
        Criterion of a divergence. If None, ``Recovery()``.

    Yields
    ------
    Progress
        Epoch, mean loss, validation loss of the averaged network, and that network.

    Raises
    ------
    FloatingPointError
        If training diverges more often than ``recovery`` allows.
    """
    state = start if isinstance(start, TrainingState) else TrainingState.of(start, optimiser)
    monitor = _Monitor(Recovery() if recovery is None else recovery, state)
    for epoch, batches in enumerate(epochs, start=first_epoch):
        losses = []
        for batch in batches:
            updated, value = _update(state, batch, loss, optimiser, ema_decay, key)
            state = monitor.select(state, updated, float(value))
            if state is updated:
                losses.append(float(value))
            after_step(float(value))
        mean = sum(losses) / max(len(losses), 1)
        yield Progress(epoch, mean, evaluate(state.average, loss, validation()), state.average, state)


def evaluate(network: AbstractNetwork, loss: AbstractLoss, batches: Iterable[Sample]) -> float:
    """Return the mean loss over the samples of all batches, or NaN if there is none."""
    total = count = 0.0
    for batch in batches:
        weight = float(batch.sample_weight.sum())
        total += float(_batch_loss(network, batch, loss)) * weight
        count += weight
    return total / count if count else float("nan")


def _mean_loss(network: AbstractNetwork, batch: Sample, loss: AbstractLoss, key: PRNGKeyArray | None = None) -> Array:
    keys = None if key is None else jax.random.split(key, batch.sample_weight.shape[0])
    values = jax.vmap(lambda sample, k: loss(network, sample, k))(batch, keys)
    return (values * batch.sample_weight).sum() / jnp.maximum(batch.sample_weight.sum(), 1)


_batch_loss = inference_jit(_mean_loss)


@training_jit
def _update(
    state: TrainingState,
    batch: Sample,
    loss: AbstractLoss,
    optimiser: optax.GradientTransformation,
    ema_decay: float,
    key: PRNGKeyArray,
) -> tuple[TrainingState, Array]:
    key = jax.random.fold_in(key, state.step)
    value, gradient = eqx.filter_value_and_grad(_mean_loss)(state.network, batch, loss, key)
    trained = trainable_mask(state.network)
    gradient, parameters = eqx.filter(gradient, trained), eqx.filter(state.network, trained)
    updates, optimiser_state = optimiser.update(gradient, state.optimiser_state, parameters)
    with trace_inline():
        network = eqx.apply_updates(state.network, updates)
        # The plain mean of the first updates, which does not lag, then the exponential one.
        decay = jnp.minimum(ema_decay, state.step / (state.step + 1.0))
        average = jax.tree.map(
            lambda is_trained, old, new: decay * old + (1 - decay) * new if is_trained else new,
            trained,
            state.average,
            network,
        )
    return TrainingState(network, average, optimiser_state, state.step + 1), value
