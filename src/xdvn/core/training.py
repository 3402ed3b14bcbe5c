"""The training loop: optax updates the parameters, one jitted update at a time.

    Theta <- optax(Theta, d/dTheta mean over a batch of L(net_Theta, sample))

Weights are averaged over the run (exponential moving average), which stabilises training with small batches; the
average is validated and returned. After a divergence, training restarts from an earlier state. Dropout is seeded by
one key: update n folds n into it and splits it over the samples; validation has no key. Adam: Kingma & Ba 2015,
arXiv:1412.6980.
"""

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
    """Network, its running average, the optimiser's state and the number of updates made."""

    network: AbstractNetwork
    average: AbstractNetwork
    optimiser_state: PyTree
    step: Array

    @classmethod
    def of(cls, network: AbstractNetwork, optimiser: optax.GradientTransformation) -> TrainingState:
        """Return the state before the first update."""
        # An array of weak type, jnp.asarray(1.0), would be of strong type after an update: a second compilation.
        network = jax.tree.map(lambda leaf: leaf.astype(leaf.dtype) if eqx.is_array(leaf) else leaf, network)
        # A number from NumPy: jnp.zeros would be one more program.
        return cls(
            network,
            network,
            _started(optimiser, eqx.filter(network, trainable_mask(network))),
            jax.device_put(np.int32(0)),
        )


def _started(optimiser: optax.GradientTransformation, parameters: PyTree) -> PyTree:
    """Return the optimiser's first state: by one program instead of one for each array, where it can be traced."""
    try:
        return unoptimised_jit(optimiser.init)(parameters)
    except jax.errors.JAXTypeError:  # one that looks at the numbers
        return optimiser.init(parameters)


class Progress(eqx.Module):
    """Result of an epoch."""

    epoch: int
    loss: float
    validation_loss: float
    network: AbstractNetwork
    state: TrainingState


@dataclasses.dataclass(frozen=True)
class Recovery:
    """Criterion of a diverged training, and the state from which it restarts.

    Small batches and steep costs cause rare, huge gradients. Training then restarts from the last good state, with the
    following batches.

    Parameters
    ----------
    factor : float
        A loss is a divergence if it is not finite or this many times the recent maximum (in size).
    snapshot_every : int
        Updates between stored states.
    max_restarts : int
        Restarts before an error is raised.
    warmup_updates : int
        Updates before a finite loss can be a divergence; the first losses vary more.
    """

    factor: float = 100.0
    snapshot_every: int = 50
    max_restarts: int = 5
    warmup_updates: int = 20


class _Watch:
    """Monitors the loss and stores the last good state."""

    def __init__(self, rule: Recovery, state: TrainingState) -> None:
        self._rule, self._kept, self._recent = rule, state, 0.0
        self._seen = self._diverged = 0

    def chosen(self, state: TrainingState, following: TrainingState, value: float) -> TrainingState:
        """Return ``following``, or the state kept if the loss at ``state`` was a divergence."""
        usual = self._seen < self._rule.warmup_updates or value <= self._rule.factor * self._recent
        if math.isfinite(value) and usual:
            if self._seen % self._rule.snapshot_every == 0:
                self._kept = state
            self._seen += 1
            # Losses of a likelihood may be negative: compare their size.
            self._recent = max(abs(value), 0.98 * self._recent)
            return following
        self._diverged += 1
        if self._diverged > self._rule.max_restarts:
            raise FloatingPointError(
                f"training diverged {self._diverged} times (last loss {value:g}, before {self._recent:.4g}). Lower the "
                "learning rate, as in optimiser=default_optimiser(n, learning_rate=1e-3), or check the data"
            )
        warnings.warn(
            f"training diverged (loss {value:g} after {self._recent:.4g}) and restarts from an earlier state",
            stacklevel=3,
        )
        return self._kept


def default_optimiser(
    n_steps: int, learning_rate: float = 3e-3, prior_rate: float = 0.5, clip: float = 1.0
) -> optax.GradientTransformation:
    """Adam with 3 % warm-up, cosine decay to 0, clipped gradients, and the prior at a fraction of the rate.

    Parameters
    ----------
    n_steps : int
        Updates of the whole run, for the schedule.
    learning_rate : float
        Peak rate.
    prior_rate : float
        Factor on the rate of everything inside ``network.cost.prior``; the solver has to follow a moving prior.
    clip : float
        Bound on the global norm of a gradient.
    """
    warm = max(1, round(0.03 * n_steps))
    schedule = optax.warmup_cosine_decay_schedule(0.0, learning_rate, warm, max(n_steps, warm + 1))
    steps = optax.chain(
        optax.clip_by_global_norm(clip),
        optax.scale_by_adam(),
        optax.scale_by_learning_rate(schedule),
        optax.stateless(lambda updates, _: _scale_prior(updates, prior_rate)),
    )
    # Some 400 operations on small arrays.
    return steps._replace(update=trace_inline()(steps.update))


def _scale_prior(updates: PyTree, factor: float) -> PyTree:
    def scaled(path: tuple[Any, ...], leaf: Array) -> Array:
        inside = any(getattr(part, "name", None) == "prior" for part in path)
        return leaf * factor if inside else leaf

    return jax.tree_util.tree_map_with_path(scaled, updates)


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
    """Train, yielding after every epoch; the caller keeps the best and may stop whenever it likes.

    Parameters
    ----------
    start : AbstractNetwork or TrainingState
        Where to start: a network, whose inexact array leaves are trained, but for those inside ``Frozen``, or the state
        of a training that was interrupted.
    loss : AbstractLoss
        Loss of one sample.
    optimiser : optax.GradientTransformation
        Made for the number of updates to come (see ``default_optimiser``).
    epochs : iterable of iterables of Sample
        Batches: samples with a leading axis, all of one shape.
    validation : callable
        Returns the validation batches; called after every epoch.
    key : PRNGKeyArray
        Randomness of the network while it trains.
    ema_decay : float
        Decay of the running average of the weights, from 0 (none) to below 1.
    first_epoch : int
        The number of the first of ``epochs``.
    after_step : callable
        Told the loss of each batch.
    recovery : Recovery, optional
        When a loss counts as an explosion, after which training goes back; ``Recovery()`` unless given.

    Yields
    ------
    Progress
        Epoch, mean loss, validation loss of the averaged network, and that network.

    Raises
    ------
    FloatingPointError
        Training explodes again and again.
    """
    state = start if isinstance(start, TrainingState) else TrainingState.of(start, optimiser)
    watch = _Watch(Recovery() if recovery is None else recovery, state)
    for epoch, batches in enumerate(epochs, start=first_epoch):
        losses = []
        for batch in batches:
            following, value = _update(state, batch, loss, optimiser, ema_decay, key)
            state = watch.chosen(state, following, float(value))
            if state is following:
                losses.append(float(value))
            after_step(float(value))
        mean = sum(losses) / max(len(losses), 1)
        yield Progress(epoch, mean, evaluate(state.average, loss, validation()), state.average, state)


def evaluate(network: AbstractNetwork, loss: AbstractLoss, batches: Iterable[Sample]) -> float:
    """Return the mean loss over batches; NaN when there is none."""
    total = count = 0.0
    for batch in batches:
        weight = float(batch.sample_weight.sum())
        total += float(_batch_loss(network, batch, loss)) * weight
        count += weight
    return total / count if count else float("nan")


def _mean_loss(network: AbstractNetwork, batch: Sample, loss: AbstractLoss, key: PRNGKeyArray | None = None) -> Array:
    keys = None if key is None else jax.random.split(key, batch.sample_weight.shape[0])
    each = jax.vmap(lambda sample, k: loss(network, sample, k))(batch, keys)
    return (each * batch.sample_weight).sum() / jnp.maximum(batch.sample_weight.sum(), 1)


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
        # Early on the average may not lag: a plain mean of the steps so far, then the exponential one.
        keep = jnp.minimum(ema_decay, state.step / (state.step + 1.0))
        average = jax.tree.map(
            lambda moves, old, new: keep * old + (1 - keep) * new if moves else new, trained, state.average, network
        )
    return TrainingState(network, average, optimiser_state, state.step + 1), value
