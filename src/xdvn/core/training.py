"""The outer loop: optax moves the parameters, one jitted update at a time; the best on validation is kept.

    Theta <- optax(Theta, d/dTheta mean over a batch of L(net_Theta, sample))

Weights are averaged over the run (exponential moving average), which steadies training with small batches; the
average is what is validated and returned. After an explosion training goes on from a state that was good. What is
random while training (dropout) comes from one key: the n-th update folds n into it and splits it over the samples;
validation has no key. Adam: Kingma & Ba 2015, arXiv:1412.6980.
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

from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.frozen import learnable
from xdvn.core.jit import every_core_jit, hasty_jit, inlined, lean_jit
from xdvn.core.losses import AbstractLoss, Sample

__all__ = ["Progress", "Recovery", "TrainingState", "default_optimiser", "evaluate", "train"]


class TrainingState(eqx.Module):
    """Network, its running average, the optimiser's state and the number of updates made."""

    net: AbstractNetwork
    average: AbstractNetwork
    optimiser_state: PyTree
    step: Array

    @classmethod
    def of(cls, net: AbstractNetwork, optimiser: optax.GradientTransformation) -> TrainingState:
        """Return the state before the first update."""
        # An array of weak type, jnp.asarray(1.0), would be of strong type after an update: a second compilation.
        net = jax.tree.map(lambda leaf: leaf.astype(leaf.dtype) if eqx.is_array(leaf) else leaf, net)
        # The number by way of NumPy: jnp.zeros is a program of its own.
        return cls(net, net, _started(optimiser, eqx.filter(net, learnable(net))), jax.device_put(np.int32(0)))


def _started(optimiser: optax.GradientTransformation, parameters: PyTree) -> PyTree:
    """Return the optimiser's first state: by one program instead of one for each array, where it can be traced."""
    try:
        return hasty_jit(optimiser.init)(parameters)
    except jax.errors.JAXTypeError:  # one that looks at the numbers
        return optimiser.init(parameters)


class Progress(eqx.Module):
    """What is known after an epoch."""

    epoch: int
    loss: float
    validation_loss: float
    net: AbstractNetwork
    state: TrainingState


@dataclasses.dataclass(frozen=True)
class Recovery:
    """When a training has exploded, and how far it goes back.

    Small batches and steep costs make rare, huge gradients; one bad step can ruin an hour. Training then goes on from
    a state that was still good, with the batches that follow.

    Parameters
    ----------
    factor : float
        A loss this many times the largest of late (in size) is an explosion, as is one that is not finite.
    every : int
        Updates between the states that are kept.
    most : int
        How often to go back before giving up.
    after : int
        Updates before a finite loss can be an explosion: first ones differ, and may be 0 where nothing is scored.
    """

    factor: float = 100.0
    every: int = 50
    most: int = 5
    after: int = 20


class _Watch:
    """Sees every loss, keeps a good state, and says with which one to go on."""

    def __init__(self, rule: Recovery, state: TrainingState) -> None:
        self._rule, self._kept, self._recent = rule, state, 0.0
        self._seen = self._exploded = 0

    def chosen(self, state: TrainingState, following: TrainingState, value: float) -> TrainingState:
        """Return ``following``, or the state kept when the loss at ``state`` was an explosion."""
        usual = self._seen < self._rule.after or value <= self._rule.factor * self._recent
        if math.isfinite(value) and usual:
            if self._seen % self._rule.every == 0:
                self._kept = state
            self._seen += 1
            # Of a likelihood losses may be negative: their size tells what is usual.
            self._recent = max(abs(value), 0.98 * self._recent)
            return following
        self._exploded += 1
        if self._exploded > self._rule.most:
            raise FloatingPointError(
                f"training exploded {self._exploded} times (the last loss is {value:g}, before it was "
                f"{self._recent:.4g}); lower the learning rate, as in optimiser=default_optimiser(n, "
                "learning_rate=1e-3), or look for extreme values in the data"
            )
        warnings.warn(
            f"training exploded (loss {value:g} after {self._recent:.4g}) and goes on from an earlier state",
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
        Factor on the rate of everything inside ``net.cost.prior``; the solver has to follow a moving prior.
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
    return steps._replace(update=inlined()(steps.update))


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
    averaging: float = 0.99,
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
        Returns the validation batches anew each time.
    key : PRNGKeyArray
        Randomness of the network while it trains.
    averaging : float
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
            following, value = _update(state, batch, loss, optimiser, averaging, key)
            state = watch.chosen(state, following, float(value))
            if state is following:
                losses.append(float(value))
            after_step(float(value))
        mean = sum(losses) / max(len(losses), 1)
        yield Progress(epoch, mean, evaluate(state.average, loss, validation()), state.average, state)


def evaluate(net: AbstractNetwork, loss: AbstractLoss, batches: Iterable[Sample]) -> float:
    """Return the mean loss over batches; NaN when there is none."""
    total = count = 0.0
    for batch in batches:
        weight = float(batch.weight.sum())
        total += float(_batch_loss(net, batch, loss)) * weight
        count += weight
    return total / count if count else float("nan")


def _mean_loss(net: AbstractNetwork, batch: Sample, loss: AbstractLoss, key: PRNGKeyArray | None = None) -> Array:
    keys = None if key is None else jax.random.split(key, batch.weight.shape[0])
    each = jax.vmap(lambda sample, k: loss(net, sample, k))(batch, keys)
    return (each * batch.weight).sum() / jnp.maximum(batch.weight.sum(), 1)


_batch_loss = every_core_jit(_mean_loss)


@lean_jit
def _update(
    state: TrainingState,
    batch: Sample,
    loss: AbstractLoss,
    optimiser: optax.GradientTransformation,
    averaging: float,
    key: PRNGKeyArray,
) -> tuple[TrainingState, Array]:
    key = jax.random.fold_in(key, state.step)
    value, gradient = eqx.filter_value_and_grad(_mean_loss)(state.net, batch, loss, key)
    trained = learnable(state.net)
    gradient, parameters = eqx.filter(gradient, trained), eqx.filter(state.net, trained)
    updates, optimiser_state = optimiser.update(gradient, state.optimiser_state, parameters)
    with inlined():
        net = eqx.apply_updates(state.net, updates)
        # Early on the average may not lag: a plain mean of the steps so far, then the exponential one.
        keep = jnp.minimum(averaging, state.step / (state.step + 1.0))
        average = jax.tree.map(
            lambda moves, old, new: keep * old + (1 - keep) * new if moves else new, trained, state.average, net
        )
    return TrainingState(net, average, optimiser_state, state.step + 1), value
