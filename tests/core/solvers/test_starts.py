"""Initial states."""

import jax.numpy as jnp
import numpy as np

from xdvn.core.cost import VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.priors import IdentityPrior
from xdvn.core.solvers import ObservedState, ZeroState


def test_initial_states_are_zero_or_the_observations():
    obs = Observations(jnp.asarray([[3.0], [jnp.nan]]), jnp.asarray([[True], [False]]))
    cost = VariationalCost(IdentityPrior())
    assert np.array_equal(ZeroState()(cost, obs), [[0], [0]])
    assert np.array_equal(ObservedState()(cost, obs), [[3], [0]])
