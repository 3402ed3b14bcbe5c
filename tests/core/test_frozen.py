"""Frozen arrays: used, saved, and never moved by an optimiser, whatever its weight decay."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from xdvn.core.frozen import Frozen, learnable


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

    # d/da (c a)^2 = 2 c^2 a with c = a held still: 2 a^3, and its derivative 2 c^2 with c held still.
    assert float(jax.grad(squared)(jnp.asarray(3.0))) == 2 * 3.0**3
    assert float(jax.grad(jax.grad(squared))(jnp.asarray(3.0))) == 2 * 3.0**2
    assert float(eqx.filter_grad(lambda m: m(5.0) ** 2)(line()).offset.array) == 0.0


def test_the_mask_of_learnable_leaves_keeps_decay_off():
    net = line()
    assert jax.tree.leaves(learnable(net)) == [True, False, False]
    parameters, rest = eqx.partition(net, learnable(net))
    optimiser = optax.adamw(0.1, weight_decay=0.5)
    gradient = eqx.filter_grad(lambda p: eqx.combine(p, rest)(5.0) ** 2)(parameters)
    updates, _ = optimiser.update(gradient, optimiser.init(parameters), parameters)
    moved = eqx.combine(eqx.apply_updates(parameters, updates), rest)
    assert moved.slope != net.slope
    assert np.array_equal(moved.offset.array, net.offset.array)
