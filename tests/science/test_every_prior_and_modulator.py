"""What holds for every prior and every modulator, in one and in two dimensions.

Values and gradients are finite for windows that are wholly missing, wholly observed or in between, with and without
land, with NaN wherever nothing is known; batches are their samples; every weight matters; files give back what was
written.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn import storage
from xdvn.core.convolution import Padding
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.frozen import learnable
from xdvn.core.modulators import AttentionModulator, ConvLSTMModulator, IdentityModulator, MLPModulator
from xdvn.core.observations import Observations
from xdvn.core.priors import (
    BilinearPrior,
    ConvPrior,
    DenseBilinearPrior,
    DynamicalPrior,
    EOFPrior,
    ExponentialCovariance,
    GaussianPrior,
    IdentityPrior,
    MLPPrior,
    TruncatedSVDPrior,
    TwoScalePrior,
)
from xdvn.core.solvers import GradientSolver
from xdvn.dynamics import Lorenz63, Lorenz96, QGForecast, Rescaled, RungeKutta4, TwoLayerQG

KEY = jax.random.key(0)
SHAPES = {1: (12, 6), 2: (8, 8, 6)}  # two variables at three times, or one at six


def size(ndim):
    return int(np.prod(SHAPES[ndim]))


def dynamical(ndim):
    if ndim == 1:
        return DynamicalPrior(RungeKutta4(Lorenz96(forcing=jnp.asarray(8.0)), dt=0.05), n_variables=1)
    return DynamicalPrior(Rescaled(QGForecast(TwoLayerQG(n=8, length=320e3)), scale=0.1), n_variables=2)


def gaussian(ndim):
    axes = [np.arange(float(n)) for n in SHAPES[ndim]]
    return GaussianPrior.stationary(axes, ExponentialCovariance((2.0,) * (ndim + 1), nugget=0.1))


def eof(ndim):
    return EOFPrior.from_samples(np.random.default_rng(0).normal(size=(9, *SHAPES[ndim])), 3, n_variables=2)


PRIORS = {
    "identity": lambda ndim: IdentityPrior(),
    "bilinear": lambda ndim: BilinearPrior(6, ndim, hidden=4, key=KEY),
    "dense bilinear": lambda ndim: DenseBilinearPrior(size(ndim), hidden=4, key=KEY),
    "two-scale": lambda ndim: TwoScalePrior(
        ConvPrior(6, ndim, hidden=3, key=KEY), ConvPrior(6, ndim, hidden=3, key=jax.random.key(1))
    ),
    "convolutional": lambda ndim: ConvPrior(
        6, ndim, hidden=4, padding=(Padding.CIRCULAR, Padding.ZERO)[:ndim], key=KEY
    ),
    "MLP": lambda ndim: MLPPrior(size(ndim), hidden=6, latent=4, key=KEY),
    "dynamical": dynamical,
    "Gaussian": gaussian,
    "EOF": eof,
    "truncated SVD": lambda ndim: TruncatedSVDPrior(2, n_variables=1),
}
MODULATORS = {
    "identity": lambda ndim: IdentityModulator(),
    "ConvLSTM": lambda ndim: ConvLSTMModulator(6, ndim, hidden=4, scale=1.0, key=KEY),
    "MLP": lambda ndim: MLPModulator(size(ndim), hidden=6, memory=4, scale=1.0, key=KEY),
    "attention": lambda ndim: AttentionModulator(6, ndim, patch=3, heads=2, width=8, scale=1.0, key=KEY),
}


def windows(ndim):
    """Return seven windows: {missing, observed, half} x {land, none}, and one that is all land."""
    shape = SHAPES[ndim]
    rng = np.random.default_rng(0)
    masks = [np.zeros(shape, bool), np.ones(shape, bool), rng.random(shape) < 0.5]
    coast = np.broadcast_to(np.arange(shape[0]).reshape(-1, *[1] * ndim) < 5, shape)
    seas = [np.ones(shape, bool), coast]
    cases = [(mask, sea) for mask in masks for sea in seas] + [(masks[1], np.zeros(shape, bool))]
    values = [np.where(mask & sea, rng.normal(size=shape), np.nan) for mask, sea in cases]
    masks, seas = zip(*cases, strict=True)
    stacked = (jnp.asarray(np.stack(a)) for a in (np.float32(values), masks, seas))
    return jax.vmap(lambda y, mask, sea: Observations(y, mask, valid=sea))(*stacked)


# What is compiled here runs once: less optimisation halves the time.
quickly = partial(eqx.filter_jit, compiler_options={"xla_backend_optimization_level": 0})


@quickly
def solve(net, batch):
    """Return solutions, costs and the gradient of each window's loss with respect to the network."""

    def loss(net, obs):
        solution = net(obs)
        return (solution.x**2).sum() + net.cost(solution.x, obs), solution.x

    return jax.vmap(lambda obs: eqx.filter_value_and_grad(loss, has_aux=True)(net, obs))(batch)


def check(net, ndim):
    """Finite everywhere, nothing on land, and every learnable leaf moved by some window."""
    obs = windows(ndim)
    (losses, x), gradient = solve(net, obs)
    assert np.isfinite(losses).all()
    assert np.isfinite(x).all()
    assert not np.asarray(x)[~np.asarray(obs.valid)].any()
    trained = eqx.filter(gradient, learnable(net))
    assert len(jax.tree.leaves(trained)) >= 2
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        assert np.isfinite(leaf).all(), path
    for path, leaf in jax.tree_util.tree_leaves_with_path(trained):
        assert np.asarray(leaf).any(), path


def network(prior, modulator):
    cost = VariationalCost(prior, obs_weight=LearnedWeight(1.0), prior_weight=LearnedWeight(1.0))
    return FourDVarNet(cost, GradientSolver(n_steps=3, modulator=modulator, step_size=0.5, normalise=True))


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", [name for name in PRIORS if name != "identity"])
def test_solves_with_this_prior_are_finite_in_value_and_gradient(name, ndim):
    check(network(PRIORS[name](ndim), IdentityModulator()), ndim)


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", [name for name in MODULATORS if name != "identity"])
def test_solves_with_this_modulator_are_finite_in_value_and_gradient(name, ndim):
    check(network(ConvPrior(6, ndim, hidden=4, key=KEY), MODULATORS[name](ndim)), ndim)


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
    net = FourDVarNet(VariationalCost(prior), GradientSolver(n_steps=2, modulator=IdentityModulator()))
    assert not np.asarray(net(obs).x).any()
    assert np.isfinite(net(obs, jnp.ones((1, 24))).x).all()
