"""Lorenz-63: fixed points, constant divergence, and independent copies."""

import jax
import jax.numpy as jnp
import numpy as np

from xdvn.dynamics import Lorenz63


def test_three_fixed_points():
    system = Lorenz63(sigma=9.0, rho=24.0, beta=2.5)
    c = np.sqrt(2.5 * 23.0)
    points = jnp.asarray([[0, 0, 0], [c, c, 23], [-c, -c, 23]], jnp.float32)
    assert np.abs(system.tendency(points)).max() < 1e-4
    assert np.abs(system.tendency(points + 1)).max() > 1


def test_the_divergence_is_constant():
    """The trace of the Jacobian is -(sigma + 1 + beta) at any state."""
    system = Lorenz63(sigma=9.0, rho=24.0, beta=2.5)
    for x in 10 * np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32):
        assert np.isclose(np.trace(jax.jacfwd(system.tendency)(jnp.asarray(x))), -(9 + 1 + 2.5), rtol=1e-6)


def test_grid_cells_are_independent_copies():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(4, 2, 3)), jnp.float32)
    one_by_one = jnp.stack([jnp.stack([Lorenz63().tendency(point) for point in row]) for row in x])
    assert np.array_equal(Lorenz63().tendency(x), one_by_one)
