"""Exact adjoints: the value and the gradient of the written-out loop, in less memory the less they keep."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import KStep, RecursiveCheckpoint, Unrolled
from xdvn.core.cost import VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.observations import Observations
from xdvn.core.priors import BilinearPrior
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


def test_saving_less_needs_less_memory():
    """Temporary memory of the compiled gradient: all > gates > nothing > segments, for a solve long enough to show it.

    The gradients of the whole network are compared in tests/science.
    """
    k_prior, k_modulator = jax.random.split(jax.random.key(0))
    cost = VariationalCost(BilinearPrior(4, 1, hidden=8, down=1, key=k_prior))
    modulator = ConvLSTMModulator(4, 1, hidden=8, factor=1, key=k_modulator)
    solver = GradientSolver(n_steps=16, modulator=modulator)
    ones = jnp.ones((512, 4))
    obs = Observations(ones, ones > 0)

    def temporary(adjoint):
        f = eqx.filter_jit(eqx.filter_grad(lambda n: (n(obs).x ** 2).sum()))
        compiled = f.lower(FourDVarNet(cost, solver, adjoint)).compile().compiled
        return compiled.memory_analysis().temp_size_in_bytes

    everything, gates, nothing, recursive = (temporary(a) for a in ADJOINTS)
    one_step = temporary(KStep(1))
    assert everything > gates > nothing > recursive > one_step
