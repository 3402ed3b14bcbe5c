"""Deep equilibrium network: the contraction, its fixed point and the gradient of the fixed point."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import Unrolled
from xdvn.core.layers.unet import UNet
from xdvn.core.networks.fixed_point import Contraction, DeepEquilibriumNetwork
from xdvn.core.observations import Observations
from xdvn.testing import check_network

KEY = jax.random.key(0)
SHAPE = (8, 3)


def make_network(scale=1.0):
    """Multiply the weights by ``scale``, as training may."""
    k_reader, k_map = jax.random.split(KEY)
    contraction = Contraction(3, 5, 1, rate=0.7, key=k_map)
    grown = jax.tree.map(lambda w: scale * w, contraction)
    return DeepEquilibriumNetwork(UNet(9, 8, 1, widths=(4, 4), key=k_reader), grown, n_steps=60)


def observed():
    rng = np.random.default_rng(0)
    return Observations(jnp.asarray(rng.normal(size=SHAPE), jnp.float32), jnp.asarray(rng.random(SHAPE) < 0.5))


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_the_map_contracts_by_the_rate_for_any_weights(scale):
    f = make_network(scale).map
    rng = np.random.default_rng(1)
    base, context = jnp.asarray(rng.normal(size=SHAPE)), jnp.asarray(rng.normal(size=(8, 5)))
    for _ in range(20):
        one, other = jnp.asarray(rng.normal(size=(2, *SHAPE)))
        apart = np.abs(f(one, base, context) - f(other, base, context)).max()
        assert apart <= 0.7 * np.abs(one - other).max() + 1e-6


def test_the_solution_is_the_fixed_point():
    solution = make_network(100.0)(observed())
    assert solution.residual < 1e-4
    longer = dataclasses.replace(make_network(100.0), n_steps=200)
    np.testing.assert_allclose(solution.x, longer(observed()).x, atol=1e-4)


def test_the_implicit_gradient_is_that_of_the_unrolled_iteration():
    def gradient(adjoint):
        network = dataclasses.replace(make_network(3.0), adjoint=adjoint, n_steps=80)
        return eqx.filter_jit(eqx.filter_grad(lambda n: (n(observed()).x ** 2).sum()))(network)

    implicit = make_network().adjoint
    one, other = (jax.tree.leaves(gradient(a)) for a in (implicit, Unrolled()))
    assert any(np.abs(leaf).max() > 1e-3 for leaf in one)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * max(1.0, float(np.abs(b).max())))


def test_the_residual_has_a_gradient_at_an_exact_fixed_point():
    """The plain norm has no derivative at zero."""
    constant = make_network(scale=0.0)
    obs = Observations(jnp.ones(SHAPE), jnp.ones(SHAPE, bool))
    assert float(constant(obs).residual) == 0.0
    gradient = eqx.filter_grad(lambda network: network(obs).residual + network(obs).x.sum())(constant)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(gradient))


def test_the_contract_of_a_network():
    check_network(make_network(), SHAPE, KEY)


def test_a_rate_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match=r"rate=1\.0: expected a number between 0 and 1\. Use, for example, 0\.8"):
        Contraction(1, 1, rate=1.0, key=KEY)
