"""Frozen arrays have no gradient, and no optimiser changes them, even with weight decay."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from xdvn.core import training
from xdvn.core.cost import VariationalCost
from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.parameters import Frozen, trainable_mask
from xdvn.core.priors import GaussianPrior
from xdvn.core.solvers import GradientSolver


class Line(eqx.Module):
    slope: jax.Array
    offset: Frozen
    power: float = 1.0

    def __call__(self, x):
        return self.slope * x**self.power + self.offset()


def line():
    return Line(jnp.asarray(2.0), Frozen(jnp.asarray(3.0)))


def test_gradients_of_first_and_second_order_are_zero():
    def squared(array):
        return (Frozen(array)() * array) ** 2

    # d/da (c a)^2 = 2 c^2 a with c = a constant: 2 a^3, and its derivative 2 c^2 with c constant.
    assert float(jax.grad(squared)(jnp.asarray(3.0))) == 2 * 3.0**3
    assert float(jax.grad(jax.grad(squared))(jnp.asarray(3.0))) == 2 * 3.0**2
    assert float(eqx.filter_grad(lambda m: m(5.0) ** 2)(line()).offset.array) == 0.0


def test_training_changes_all_trainable_leaves_and_no_others():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 6, 2)).astype(np.float32)
    obs = jax.vmap(Observations)(values, rng.random(values.shape) < 0.5)
    batch = jax.vmap(Sample)(obs, values, np.ones(values.shape, bool), None, np.ones(2, np.float32))
    prior = GaussianPrior(np.eye(12) + 0.3, background=values[0])
    modulator = ConvLSTMModulator(2, 1, hidden=3, key=jax.random.key(0))
    network = FourDVarNet(VariationalCost(prior), GradientSolver(n_steps=2, modulator=modulator, normalise=True))
    loss = SupervisedLoss(jnp.ones((6, 2)))
    # Weight decay changes all parameters of the optimiser, also those without a gradient.
    optimiser = optax.adamw(0.1, weight_decay=0.5)
    *_, last = training.train(network, loss, optimiser, [[batch] * 3] * 2, lambda: iter([batch]), key=jax.random.key(0))

    def leaves(network, inverse):
        return jax.tree.leaves(
            eqx.filter(eqx.filter(network, trainable_mask(network), inverse=inverse), eqx.is_inexact_array)
        )

    for before, after in zip(leaves(network, True), leaves(last.network, True), strict=True):
        assert np.array_equal(before, after)
    for before, after in zip(leaves(network, False), leaves(last.network, False), strict=True):
        assert not np.array_equal(before, after)
    assert len(leaves(network, True)) == 2
    assert len(leaves(network, False)) == 4


def test_trainable_mask_excludes_frozen_arrays_from_weight_decay():
    network = line()
    assert jax.tree.leaves(trainable_mask(network)) == [True, False, False]
    parameters, rest = eqx.partition(network, trainable_mask(network))
    optimiser = optax.adamw(0.1, weight_decay=0.5)
    gradient = eqx.filter_grad(lambda p: eqx.combine(p, rest)(5.0) ** 2)(parameters)
    updates, _ = optimiser.update(gradient, optimiser.init(parameters), parameters)
    moved = eqx.combine(eqx.apply_updates(parameters, updates), rest)
    assert moved.slope != network.slope
    assert np.array_equal(moved.offset.array, network.offset.array)
