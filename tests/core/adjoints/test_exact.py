"""Exact adjoints: the value and gradient of a Python loop, and less memory with fewer stored values."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_name

from xdvn.core.adjoints import RecursiveCheckpoint, TruncatedAdjoint, Unrolled
from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.modulators.conv_lstm import GATES
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import IdentityPrior
from xdvn.core.solvers import GradientSolver

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


def temporary(f, *args):
    """Bytes of temporary memory of a compiled function."""
    return eqx.filter_jit(f).lower(*args).compile().compiled.memory_analysis().temp_size_in_bytes


def test_storing_fewer_values_needs_less_memory():
    """All > gates > none > segments > the last step alone, for a long solve."""

    def expensive(args, state):
        wide = checkpoint_name(jnp.sin(state @ args), GATES)
        return jnp.tanh(jnp.cos(wide) @ args.T) + state

    def gradient(adjoint):
        return jax.grad(lambda a, x: (adjoint.loop(expensive, a, x, 16) ** 2).sum())

    args, start = jnp.ones((8, 32)), jnp.ones((4096, 8))
    used = [temporary(gradient(a), args, start) for a in (*ADJOINTS, TruncatedAdjoint(1))]
    assert used == sorted(used, reverse=True)
    assert len(set(used)) == len(used)


def test_storing_only_the_gates_reduces_the_memory_of_the_network():
    """Gradients of these networks are compared in tests/science."""
    modulator = ConvLSTMModulator(4, 1, hidden=8, factor=1, key=jax.random.key(0))
    solver = GradientSolver(n_steps=16, modulator=modulator)
    ones = jnp.ones((512, 4))
    obs = Observations(ones, ones > 0)

    def gradient(network):
        return eqx.filter_grad(lambda n: (n(obs).x ** 2).sum())(network)

    nets = [FourDVarNet(VariationalCost(IdentityPrior()), solver, a) for a in (Unrolled(None), Unrolled())]
    everything, gates = (temporary(gradient, network) for network in nets)
    assert gates < 0.7 * everything
