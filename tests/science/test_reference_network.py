"""The published network, step for step, against its formulas written out for one batch with other operations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import ReferenceSchedule

pytestmark = pytest.mark.usefixtures("quick_compile")


def conv(layer, x):
    """Channels first, as PyTorch has it; x is (batch, channel, y, x)."""
    kernel = jnp.transpose(layer.kernel, (3, 2, 0, 1))
    return jax.lax.conv(x, kernel, (1, 1), "SAME") + layer.bias[:, None, None]


def upsampled(x):
    """Bilinear, aligned corners, by two: each axis by np.interp's rule."""

    def along(n):
        rows = [np.interp(np.linspace(0, n - 1, 2 * n), np.arange(n), row) for row in np.eye(n)]
        return jnp.asarray(np.transpose(rows))

    return jnp.einsum("ai,bj,ncij->ncab", along(x.shape[2]), along(x.shape[3]), x)


def autoencoder(prior, x):
    batch, channels, ny, nx = x.shape
    coarse = x.reshape(batch, channels, ny // 2, 2, nx // 2, 2).mean((3, 5))
    z = conv(prior.hide, jax.nn.relu(conv(prior.encode, coarse)))
    linear, left, right = jnp.split(conv(prior.features, z), 3, axis=1)
    return upsampled(conv(prior.decode, jnp.concatenate([linear, left * right], 1)))


def published(network, y, mask, lr, n_steps):
    """Solve a batch: means and the gradient's size over all of it, no floor, no projection."""
    prior, modulator = network.cost.prior, network.solver.modulator

    def cost(x):
        observed = (jnp.where(mask, x - y, 0) ** 2).sum() / mask.sum()
        return observed + ((x - autoencoder(prior, x)) ** 2).mean()

    x = jnp.where(mask, y, 0)
    hidden = cell = jnp.zeros((x.shape[0], modulator.hidden, *x.shape[2:]))
    size = None
    for step in range(n_steps):
        gradient = jax.grad(cost)(x)
        size = jnp.sqrt((gradient**2).mean()) if size is None else size
        gates = conv(modulator.gates, jnp.concatenate([gradient / size, hidden], 1))
        enter, keep, leave, new = jnp.split(gates, 4, axis=1)
        cell = jax.nn.sigmoid(keep) * cell + jax.nn.sigmoid(enter) * jnp.tanh(new)
        hidden = jax.nn.sigmoid(leave) * jnp.tanh(cell)
        x = x - (conv(modulator.output, hidden) / (step + 1) + lr * (step + 1) / n_steps * gradient)
    return autoencoder(prior, x)


SHAPE = (8, 6, 3)  # y, x, channel


def window(seed=0):
    rng = np.random.default_rng(seed)
    # Far from zero, so that the floor under the gradient's size, which the published code has not, is of no account.
    return jnp.asarray(30 * rng.normal(size=SHAPE)), jnp.asarray(rng.random(SHAPE) < 0.3)


def test_one_window_is_solved_as_published():
    with jax.enable_x64(True):
        y, mask = window()
        lr = 40.0
        options = {"n_steps": 3, "prior_hidden": 4, "modulator_hidden": 3, "descent": lr / np.prod(SHAPE)}
        network = FourDVarNet.reference(3, 2, key=jax.random.key(0), **options)
        network = jax.tree.map(lambda a: a.astype(jnp.float64) if hasattr(a, "astype") else a, network)
        first = [jnp.moveaxis(a, -1, 0)[None] for a in (y, mask)]
        expected = jnp.moveaxis(jax.jit(lambda a, b: published(network, a, b, lr, 3))(*first)[0], 0, -1)
        found = jax.jit(lambda a, b: network(Observations(a, b)).x)(y, mask)
        assert np.abs(found - expected).max() < 1e-7 * np.abs(expected).max()
        iterate = network.trace(Observations(y, mask))
        assert np.array_equal(iterate.x[0], jnp.where(mask, y, 0))
        # In training the last phi is not applied: the key says so, and without dropout nothing else changes.
        still = FourDVarNet.reference(3, 2, key=jax.random.key(0), **{**options, "dropout": 0.0})
        still = jax.tree.map(lambda a: a.astype(jnp.float64) if hasattr(a, "astype") else a, still)
        trained = jax.jit(lambda a, b: still(Observations(a, b), key=jax.random.key(1)).x)(y, mask)
        assert np.allclose(trained, iterate.x[-1], rtol=1e-10)


def test_the_learning_rate_over_a_batch_is_our_descent_per_window():
    """lr dJ/dx with means over B windows of N cells = descent N dJ/dx with means per window, descent = lr / (B N)."""
    y, mask = window()
    cells, batch, lr = y.size, 3, 1e3
    prior = BilinearPrior(3, 2, hidden=4, key=jax.random.key(0))
    x = jnp.ones(SHAPE)

    def batch_cost(xs):
        observed = (jnp.where(mask, xs - y, 0) ** 2).sum() / (batch * mask.sum())
        return observed + ((xs - jax.vmap(prior)(xs)) ** 2).mean()

    published_part = lr * jax.grad(batch_cost)(jnp.broadcast_to(x, (batch, *SHAPE)))[2]
    ours = cells * VariationalCost(prior, obs_weight=1.0, prior_weight=1.0).gradient(x, Observations(y, mask))
    _, weight = ReferenceSchedule(lr / (batch * cells))(jnp.asarray(9), 10)
    assert np.allclose(weight * ours, published_part, rtol=1e-4, atol=1e-5)


def test_dividing_both_terms_by_the_number_of_cells_is_a_weight_of_the_coverage():
    """Published forms that divide by N: our a_obs times |Omega| / N gives the same gradient, hence the same solve."""
    y, mask = window()
    prior = BilinearPrior(3, 2, hidden=4, key=jax.random.key(0))
    x = jnp.ones(SHAPE)

    def published_cost(x):
        return 0.99 * (jnp.where(mask, x - y, 0) ** 2).sum() / x.size + 0.01 * ((x - prior(x)) ** 2).mean()

    ours = VariationalCost(prior, obs_weight=0.99 * float(mask.mean()), prior_weight=0.01)
    assert np.isclose(ours(x, Observations(y, mask)), published_cost(x), rtol=1e-5)
    expected = jax.grad(published_cost)(x)
    assert np.allclose(ours.gradient(x, Observations(y, mask)), expected, rtol=1e-4, atol=1e-6 * np.abs(expected).max())


def test_sizes_are_the_published_ones():
    network = FourDVarNet.reference(15, 2, key=jax.random.key(0))
    assert (network.solver.n_steps, network.solver.dropout, network.apply_prior_last) == (10, 0.1, True)
    assert network.solver.modulator.gates.kernel.shape == (3, 3, 15 + 48, 4 * 48)
    assert network.cost.prior.encode.kernel.shape == (3, 3, 15, 32)
    large = FourDVarNet.reference(15, 2, n_steps=15, prior_hidden=64, modulator_hidden=96, key=jax.random.key(0))
    assert large.solver.modulator.gates.kernel.shape == (3, 3, 15 + 96, 4 * 96)
    assert large.cost.prior.decode.kernel.shape == (3, 3, 128, 15)
