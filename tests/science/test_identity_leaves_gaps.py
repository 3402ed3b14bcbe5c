"""Nothing known beforehand, nothing filled: with IdentityPrior gaps keep their first guess, bit by bit."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import IdentityPrior
from xdvn.core.solvers import GradientSolver, ProjectionSolver

SOLVERS = [GradientSolver(n_steps=20, modulator=IdentityModulator(), step_size=2.0), ProjectionSolver(n_steps=20)]


@pytest.mark.parametrize("solver", SOLVERS, ids=["plain descent", "projection"])
@pytest.mark.parametrize("shape", [(30, 2), (6, 7, 3)], ids=["1-D", "2-D"])
def test_gaps_keep_the_first_guess_exactly_and_data_pull(solver, shape):
    rng = np.random.default_rng(0)
    y, start = (rng.normal(size=shape).astype(np.float32) for _ in range(2))
    mask = rng.random(shape) < 0.4
    obs = Observations(jnp.asarray(np.where(mask, y, np.nan)), jnp.asarray(mask))
    x = np.asarray(FourDVarNet(VariationalCost(IdentityPrior()), solver)(obs, jnp.asarray(start)).x)
    assert np.array_equal(x[~mask], start[~mask])
    assert (np.abs(x - y)[mask] < np.abs(start - y)[mask]).all()
