"""Adjoints never change the forward value, and these are exact: equal to differentiating the written-out loop."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import RecursiveCheckpoint, Unrolled
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations

ADJOINTS = [Unrolled(None), Unrolled(), Unrolled(()), RecursiveCheckpoint()]


def step(args, state):
    a, b = args
    return jnp.tanh(a @ state) + b


@pytest.mark.parametrize("adjoint", ADJOINTS, ids=repr)
@pytest.mark.parametrize("n_steps", [1, 2, 7, 16])
def test_value_and_gradient_equal_the_python_loop(adjoint, n_steps):
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        args = (jnp.asarray(rng.normal(size=(4, 4)) / 2), jnp.asarray(rng.normal(size=4)))
        start = jnp.asarray(rng.normal(size=4))

        def written_out(args, x):
            for _ in range(n_steps):
                x = step(args, x)
            return (x**3).sum()

        def looped(args, x):
            return (adjoint.loop(step, args, x, n_steps) ** 3).sum()

        value, gradient = jax.value_and_grad(looped, argnums=(0, 1))(args, start)
        expected, expected_gradient = jax.value_and_grad(written_out, argnums=(0, 1))(args, start)
        assert np.isclose(value, expected, rtol=1e-13)
        for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(expected_gradient), strict=True):
            assert np.allclose(a, b, rtol=1e-11, atol=1e-13)


def test_gradients_of_the_whole_network_agree():
    rng = np.random.default_rng(0)
    obs = Observations(jnp.asarray(rng.normal(size=(8, 8, 3)), jnp.float32), jnp.asarray(rng.random((8, 8, 3)) < 0.3))
    net = FourDVarNet.default(3, 2, key=jax.random.key(0))
    gradient = eqx.filter_jit(eqx.filter_grad(lambda n: (n(obs).x ** 2).sum()))
    results = [jax.tree.leaves(gradient(eqx.tree_at(lambda n: n.adjoint, net, a))) for a in ADJOINTS]
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert np.abs(a - b).max() <= 1e-4 * (np.abs(a).max() + 1e-6)


def test_saving_less_needs_less_memory():
    """Temporary memory of the compiled gradient: all > gates > nothing, for a solve long enough to show it."""

    def temporary(adjoint):
        net = FourDVarNet.default(6, 2, key=jax.random.key(0))
        net = FourDVarNet(net.cost, dataclasses.replace(net.solver, n_steps=16), adjoint)
        ones = jnp.ones((32, 32, 6))
        obs = Observations(ones, ones > 0)
        f = eqx.filter_jit(eqx.filter_grad(lambda n: (n(obs).x ** 2).sum()))
        return f.lower(net).compile().compiled.memory_analysis().temp_size_in_bytes

    everything, gates, nothing, recursive = (temporary(a) for a in ADJOINTS)
    assert everything > gates > nothing > recursive
