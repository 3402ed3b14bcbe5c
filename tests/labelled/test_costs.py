"""Labelled costs against the same costs for arrays, and one trace for all windows of a shape."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import LinearOperator, Observations
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import GradientSolver
from xdvn.labelled import LabelledLoss, LabelledOperator, LabelledPrior, Labels

pytest.importorskip("xarray_jax", reason="xarray-jax is not installed; make test-lowest runs these tests")

DIMS = ("time", "lat", "lon")
SSH = Labels(("ssh",), DIMS, n_times=3)
BOTH = Labels(("ssh", "sst"), DIMS, n_times=3)
SHAPE = (6, 7, 3)
G, F, DX = 9.81, 1e-4, 20e3


def window(seed, channels=3):
    k_truth, k_mask, k_guess = jax.random.split(jax.random.key(seed), 3)
    truth = jax.random.normal(k_truth, (*SHAPE[:2], channels))
    obs = Observations(truth, jax.random.bernoulli(k_mask, 0.4, truth.shape))
    loss_mask = jnp.ones(truth.shape, bool).at[0, 0].set(False)
    return Sample(obs, jnp.where(loss_mask, truth, 0), loss_mask, jax.random.normal(k_guess, truth.shape), jnp.ones(()))


def make_network(channels=3):
    cost = VariationalCost(BilinearPrior(channels, 2, hidden=4, key=jax.random.key(9)))
    return FourDVarNet(cost, GradientSolver(n_steps=2, modulator=IdentityModulator(), step_size=5.0))


def assert_same(loss, other, network, sample):
    """Compare the values and the gradients with respect to all weights of the network."""
    (value, gradient), (expected, expected_gradient) = (
        eqx.filter_jit(eqx.filter_value_and_grad(lambda n, cost=cost: cost(n, sample)))(network)
        for cost in (loss, other)
    )
    assert value == pytest.approx(float(expected), rel=1e-5)
    for ours, theirs in zip(jax.tree.leaves(gradient), jax.tree.leaves(expected_gradient), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_loss_and_gradient_equal_the_array_version():
    """The mean squared error over all cells with a truth is the supervised loss with equal weights."""
    labelled = LabelledLoss(lambda rec, truth: ((rec.ssh - truth.ssh) ** 2).sum() / (6 * 7 * 3 - 3), SSH)
    assert_same(labelled, SupervisedLoss(jnp.ones(SHAPE), gradient_weight=0.0), make_network(), window(0))


def test_a_penalty_on_geostrophic_currents_equals_its_array_version():
    """u = -g/f dh/dy, v = g/f dh/dx, by differences of neighbours; the field in metres."""

    def currents(rec, truth):
        error = rec.ssh - truth.ssh
        u, v = -G / F * error.diff("lat") / DX, G / F * error.diff("lon") / DX
        return 0.5 * (u**2).mean() + 0.5 * (v**2).mean()

    class ByArrays(SupervisedLoss):
        def evaluate(self, solution, sample):
            error = jnp.where(sample.loss_mask, 0.1 * (solution.x - sample.truth), 0)
            u, v = (G / F * jnp.diff(error, axis=axis) / DX for axis in (0, 1))
            return 0.5 * (u**2).mean() + 0.5 * (v**2).mean()

    metres = Labels(("ssh",), DIMS, n_times=3, scales=(0.1,))
    assert_same(LabelledLoss(currents, metres), ByArrays(jnp.ones(SHAPE)), make_network(), window(1))


def test_a_hundred_windows_are_one_trace():
    traced = []

    def squares(rec, truth):
        traced.append(rec.sizes)
        return ((rec.ssh - truth.ssh) ** 2).mean()

    loss, network = LabelledLoss(squares, SSH), make_network()
    evaluate = eqx.filter_jit(eqx.filter_value_and_grad(lambda n, sample: loss(n, sample)))
    values = {float(evaluate(network, window(seed))[0]) for seed in range(100)}
    assert len(values) == 100
    assert len(traced) == 1
    assert dict(traced[0]) == {"time": 3, "lat": 6, "lon": 7}


def test_a_labelled_prior_equals_its_array_version():
    """Persistence of the sea level, in physical units; the temperature is unchanged."""
    labels = Labels(("ssh", "sst"), DIMS, n_times=3, scales=(0.1, 2.0))
    prior = LabelledPrior(lambda ds: ds[["ssh"]].roll(time=1), labels)
    x = window(2, 6).truth
    expected = jnp.concatenate([jnp.roll(x[..., :3], 1, -1), x[..., 3:]], -1)
    np.testing.assert_allclose(eqx.filter_jit(prior)(x), expected, rtol=1e-6)


def test_a_labelled_operator_equals_the_linear_one():
    """The operator observes the sum of both variables in place of the first."""
    named = LabelledOperator(lambda ds: (ds.ssh + ds.sst).to_dataset(name="ssh"), BOTH)
    linear = LinearOperator(jnp.array([[1.0, 1.0], [0.0, 1.0]]), n_times=3)
    sample = window(3, 6)
    costs = [VariationalCost(make_network(6).cost.prior, operator) for operator in (named, linear)]
    gradients = [eqx.filter_jit(cost.gradient)(sample.truth + 1, sample.obs) for cost in costs]
    np.testing.assert_allclose(*gradients, rtol=1e-5, atol=1e-6)


def test_batches_by_vmap_equal_a_loop():
    loss, network = LabelledLoss(lambda rec, truth: abs(rec.ssh - truth.ssh).max(), SSH), make_network()
    samples = [window(seed) for seed in range(3)]
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *samples)
    together = jax.jit(jax.vmap(lambda sample: loss(network, sample)))(batch)
    np.testing.assert_allclose(together, [loss(network, sample) for sample in samples], rtol=1e-5)


def test_a_loss_that_is_no_scalar_is_refused():
    loss = LabelledLoss(lambda rec, truth: (rec.ssh - truth.ssh).mean("lat"), SSH)
    with pytest.raises(ValueError, match=r"shape \(3, 7\): expected a scalar\. End it with .mean\(\) or .sum\(\)"):
        loss(make_network(), window(0))
