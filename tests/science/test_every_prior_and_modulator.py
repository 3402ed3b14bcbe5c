"""What holds for every prior and every modulator by itself, in one and in two dimensions.

Batches are their samples, and files give back what was written. How they work together: ``test_combinations``.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from parts import MODULATORS, PRIORS, SHAPES, quickly

from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import DynamicalPrior
from xdvn.core.solvers import GradientSolver
from xdvn.dynamics import Lorenz63, RungeKutta4
from xdvn.io import model_file as storage


def check_map(module, apply, ndim, path):
    """Same shape out as in, a batch is its samples, and a file gives back what was written, to the last bit."""
    x = jnp.asarray(np.random.default_rng(0).normal(size=(3, *SHAPES[ndim])), jnp.float32)
    batched = quickly(lambda module, x: jax.vmap(lambda x: apply(module, x))(x))
    batch = batched(module, x)
    assert batch.shape == x.shape
    assert np.allclose(batch[1], quickly(apply)(module, x[1]), atol=1e-5)
    storage.write(path, module, {})
    assert np.array_equal(batched(storage.read(path), x), batch)


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", PRIORS)
def test_a_prior_keeps_shape_batches_and_files(name, ndim, tmp_path):
    prior = PRIORS[name](ndim)
    check_map(prior, lambda prior, x: prior(x), ndim, tmp_path / "prior.xdvn")


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", MODULATORS)
def test_a_modulator_keeps_shape_batches_and_files(name, ndim, tmp_path):
    def twice(modulator, g):
        update, hidden = modulator(g, modulator.init(g))
        return modulator(update, hidden)[0]

    check_map(MODULATORS[name](ndim), twice, ndim, tmp_path / "modulator.xdvn")


def test_lorenz63_is_a_window_over_one_point():
    """Shape (1, 3 T): everything above for a system without space, saved and read again."""
    prior = DynamicalPrior(RungeKutta4(Lorenz63(), dt=0.01), n_variables=3)
    obs = Observations(jnp.full((1, 24), jnp.nan), jnp.zeros((1, 24), bool))
    network = FourDVarNet(VariationalCost(prior), GradientSolver(n_steps=2, modulator=IdentityModulator()))
    assert not np.asarray(network(obs).x).any()
    assert np.isfinite(network(obs, jnp.ones((1, 24))).x).all()
