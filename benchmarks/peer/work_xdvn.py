"""The xdvn side of a comparison: ``python work_xdvn.py TASK`` with a task as JSON (see ``protocol``)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from protocol import CLIP, PRIOR_RATE, RATE, Task, serve

from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.observations import Observations
from xdvn.core.training import train
from xdvn.solving import forward


def prepare(task: Task) -> Callable[[], object]:
    """Return what is timed."""
    if task.kind == "sgemm":
        a = jax.random.uniform(jax.random.key(0), (task.rows, task.rows))
        product = jax.jit(jnp.matmul)
        return lambda: product(a, a).block_until_ready()
    key = jax.random.key(0)
    if task.network == "default":
        net = FourDVarNet.default(task.channels, key=key)
    else:
        net = FourDVarNet.reference(task.channels, n_steps=task.steps, dropout=0.0, key=key)
    y, mask, truth = (jnp.moveaxis(jnp.asarray(a), 1, -1) for a in task.data())
    obs = jax.vmap(Observations)(y, mask)
    if task.kind == "infer":
        return lambda: np.asarray(forward(net, obs, None)[0])

    batch = sample(obs, truth)
    loss = SupervisedLoss(jnp.ones(truth.shape[1:]))
    # One update an epoch, so that the caller says when the next one is made.
    updates = train(net, loss, adam(), ([batch] for _ in itertools.count()), lambda: iter(()), key=key)
    return lambda: next(updates).loss


def sample(obs: Observations, truth: jax.Array) -> Sample:
    """Return a batch that is scored everywhere."""
    return jax.vmap(Sample)(obs, truth, jnp.ones(truth.shape, bool), None, jnp.ones(len(truth), truth.dtype))


def adam() -> optax.GradientTransformation:
    """Adam as published: clipped, the prior at half of the rate."""

    def slower_prior(updates: Any, _: Any) -> Any:
        slow = jax.tree.map(lambda u: PRIOR_RATE * u, updates.cost.prior)
        return eqx.tree_at(lambda net: net.cost.prior, updates, slow)

    return optax.chain(
        optax.clip_by_global_norm(CLIP),
        optax.scale_by_adam(),
        optax.scale_by_learning_rate(RATE),
        optax.stateless(slower_prior),
    )


if __name__ == "__main__":
    serve(prepare)
