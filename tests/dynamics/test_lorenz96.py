"""Lorenz-96: the definition cell by cell, conserved energy, the state of rest, and symmetry on the ring."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.dynamics import Lorenz96, RungeKutta4


def ring(n=40, variables=1):
    return np.random.default_rng(0).normal(size=(n, variables)).astype(np.float32)


def test_the_definition_cell_by_cell():
    x = ring(7, 2)
    expected = [(x[(i + 1) % 7] - x[(i - 2) % 7]) * x[(i - 1) % 7] - 0.5 * x[i] + 3 for i in range(7)]
    assert np.allclose(Lorenz96(forcing=3.0, damping=0.5).tendency(jnp.asarray(x)), expected, atol=1e-5)


def test_advection_conserves_energy_and_damping_removes_it():
    """With E = sum x^2 / 2, dE/dt = sum x f(x) is 0 from advection, -2 d E from damping and F sum x from forcing."""
    x = ring().astype(np.float64)
    power = lambda system: float((x * np.asarray(system.tendency(jnp.asarray(x, jnp.float32)))).sum())  # noqa: E731
    energy = (x**2).sum() / 2
    assert abs(power(Lorenz96(forcing=0.0, damping=0.0))) < 1e-5 * energy
    assert np.isclose(power(Lorenz96(forcing=0.0, damping=1.5)), -3 * energy, rtol=1e-5)
    assert np.isclose(power(Lorenz96(forcing=8.0, damping=0.0)), 8 * x.sum(), rtol=1e-4)


def test_energy_is_conserved_over_a_run_without_forcing_and_damping():
    x = jnp.asarray(ring())
    run = RungeKutta4(Lorenz96(forcing=0.0, damping=0.0), dt=0.01, n_steps=500)
    after = run(x)
    assert np.abs(after - x).max() > 1
    assert np.isclose((after**2).sum(), (x**2).sum(), rtol=1e-4)


def test_rest_is_a_fixed_point_and_the_tendency_commutes_with_rolls():
    system = Lorenz96(forcing=8.0)
    assert np.abs(system.tendency(jnp.full((40, 1), 8.0))).max() == 0
    x = jnp.asarray(ring())
    assert np.array_equal(system.tendency(jnp.roll(x, 5, 0)), jnp.roll(system.tendency(x), 5, 0))


def test_a_ring_has_at_least_four_cells():
    with pytest.raises(
        ValueError, match=r"ring of 3 cells: expected at least 4 along the first axis\. Use, for example, 40"
    ):
        Lorenz96().tendency(jnp.ones((3, 1)))
