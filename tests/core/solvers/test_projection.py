"""The projection iteration: its fixed point in closed form, its residual, and errors."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations, SubcellOperator
from xdvn.core.points import Points
from xdvn.core.priors import AbstractPrior, IdentityPrior
from xdvn.core.solvers import GradientSolver, ProjectionSolver


class Smooth(AbstractPrior):
    """Mean of the two neighbours on a ring: a linear, averaging prior."""

    def __call__(self, x):
        return (jnp.roll(x, 1, 0) + jnp.roll(x, -1, 0)) / 2


def ring(n=12, observed=(0, 4, 9)):
    mask = np.zeros((n, 1), bool)
    mask[list(observed)] = True
    values = np.where(mask, np.sin(np.arange(n))[:, None], np.nan)
    return Observations(jnp.asarray(values, jnp.float32), jnp.asarray(mask))


def test_projection_with_an_averaging_prior_solves_laplace_between_data():
    """x = mean of neighbours in gaps, x = y on Omega: piecewise linear interpolation around the ring."""
    obs = ring()
    network = FourDVarNet(VariationalCost(Smooth()), ProjectionSolver(n_steps=400))
    cells = np.flatnonzero(np.asarray(obs.mask)[:, 0])
    values = np.asarray(obs.values)[cells, 0]
    expected = np.interp(np.arange(12), [*cells, cells[0] + 12], [*values, values[0]])
    assert np.allclose(network(obs).x[:, 0], expected, atol=1e-4)


def test_projection_requires_the_identity_operator():
    cost = VariationalCost(IdentityPrior(), obs_operator=SubcellOperator())
    with pytest.raises(
        TypeError, match="expected IdentityOperator.*because ProjectionSolver copies .* Use it, or a GradientSolver"
    ):
        FourDVarNet(cost, ProjectionSolver(n_steps=1))(ring())


def test_observations_at_points_raise():
    obs = ring()
    points = Points(jnp.ones(2), jnp.ones(2, bool), jnp.zeros((2, 2)), jnp.zeros(2, int), n_times=1)
    with_points = Observations(obs.values, obs.mask, points=points)
    with pytest.raises(
        TypeError, match="got observations at points, expected gridded ones .* Bin them .* or use a GradientSolver"
    ):
        FourDVarNet(VariationalCost(Smooth()), ProjectionSolver(n_steps=1))(with_points)


@pytest.mark.parametrize(
    "make", [lambda n: ProjectionSolver(n_steps=n), lambda n: GradientSolver(n_steps=n, modulator=IdentityModulator())]
)
def test_solver_without_steps_raises(make):
    with pytest.raises(ValueError, match="n_steps=0: expected 1 or more"):
        make(0)


def test_residual_is_the_norm_of_the_next_step():
    obs = ring()
    network = FourDVarNet(VariationalCost(Smooth()), ProjectionSolver(n_steps=2))
    assert network.solver.step_map().stationary
    first, second = network(obs), FourDVarNet(network.cost, ProjectionSolver(n_steps=3))(obs)
    assert np.isclose(first.residual, np.linalg.norm(second.x - first.x), rtol=1e-6)
    converged = FourDVarNet(network.cost, ProjectionSolver(n_steps=400))(obs)
    assert converged.residual < 1e-5 < first.residual
