"""The outer loop's randomness: one key, drawn anew per update and per sample, none in validation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.losses import AbstractLoss, Sample
from xdvn.core.observations import Observations
from xdvn.core.training import evaluate, train


class Still(AbstractNetwork):
    """Learns nothing."""

    weight: jax.Array

    def __call__(self, obs, first_guess=None, *, key=None):
        raise NotImplementedError


class Draw(AbstractLoss):
    """A uniform number from the key it is given, -1 without one."""

    def __call__(self, net, sample, key=None):
        return 0 * net.weight + (-1.0 if key is None else jax.random.uniform(key))


def batch(weights):
    x = jnp.zeros((len(weights), 2, 1))
    obs = jax.vmap(Observations)(x, x > 0)
    return jax.vmap(Sample)(obs, x, x == 0, None, jnp.asarray(weights))


def losses(key, weights):
    told = []
    net = Still(jnp.ones(()))
    epochs = [[batch(weights)] * 3] * 2
    run = train(net, Draw(), optax.sgd(0.0), epochs, lambda: iter([batch(weights)]), key=key, after_step=told.append)
    validated = [progress.validation_loss for progress in run]
    assert validated == [-1.0, -1.0]
    return told


def test_updates_and_samples_draw_from_one_key():
    first = losses(jax.random.key(0), [1.0, 0.0])
    assert len(set(first)) == 6
    assert losses(jax.random.key(0), [1.0, 0.0]) == first
    assert losses(jax.random.key(1), [1.0, 0.0]) != first
    second = losses(jax.random.key(0), [0.0, 1.0])
    assert not set(first) & set(second)
    assert np.isclose(first[0], jax.random.uniform(jax.random.split(jax.random.fold_in(jax.random.key(0), 0), 2)[0]))


def test_validation_has_no_key():
    assert evaluate(Still(jnp.ones(())), Draw(), [batch([1.0, 1.0])]) == -1.0
