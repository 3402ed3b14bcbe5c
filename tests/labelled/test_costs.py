"""Costs over named variables against the same written for arrays; traced once, whatever the window."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.modulators import IdentityModulator
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
    scored = jnp.ones(truth.shape, bool).at[0, 0].set(False)
    return Sample(obs, jnp.where(scored, truth, 0), scored, jax.random.normal(k_guess, truth.shape), jnp.ones(()))


def network(channels=3):
    cost = VariationalCost(BilinearPrior(channels, 2, hidden=4, key=jax.random.key(9)))
    return FourDVarNet(cost, GradientSolver(n_steps=2, modulator=IdentityModulator(), step_size=5.0))


def assert_same(loss, other, net, sample):
    """Value, and gradient with respect to all weights of the network."""
    (value, gradient), (expected, expected_gradient) = (
        eqx.filter_jit(eqx.filter_value_and_grad(lambda n, each=each: each(n, sample)))(net) for each in (loss, other)
    )
    assert value == pytest.approx(float(expected), rel=1e-5)
    for ours, theirs in zip(jax.tree.leaves(gradient), jax.tree.leaves(expected_gradient), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_loss_and_gradient_equal_the_array_version():
    """Over all cells that are scored, the mean squared error is the supervised loss with equal weights."""
    labelled = LabelledLoss(lambda rec, truth: ((rec.ssh - truth.ssh) ** 2).sum() / (6 * 7 * 3 - 3), SSH)
    assert_same(labelled, SupervisedLoss(jnp.ones(SHAPE), gradient_weight=0.0), network(), window(0))


def test_a_penalty_on_geostrophic_currents_equals_its_array_version():
    """u = -g/f dh/dy, v = g/f dh/dx, by differences of neighbours; the field in metres."""

    def currents(rec, truth):
        error = rec.ssh - truth.ssh
        u, v = -G / F * error.diff("lat") / DX, G / F * error.diff("lon") / DX
        return 0.5 * (u**2).mean() + 0.5 * (v**2).mean()

    class ByArrays(SupervisedLoss):
        def judge(self, solution, sample):
            error = jnp.where(sample.scored, 0.1 * (solution.x - sample.truth), 0)
            u, v = (G / F * jnp.diff(error, axis=axis) / DX for axis in (0, 1))
            return 0.5 * (u**2).mean() + 0.5 * (v**2).mean()

    metres = Labels(("ssh",), DIMS, n_times=3, scales=(0.1,))
    assert_same(LabelledLoss(currents, metres), ByArrays(jnp.ones(SHAPE)), network(), window(1))


def test_a_hundred_windows_are_one_trace():
    traced = []

    def squares(rec, truth):
        traced.append(rec.sizes)
        return ((rec.ssh - truth.ssh) ** 2).mean()

    loss, net = LabelledLoss(squares, SSH), network()
    judged = eqx.filter_jit(eqx.filter_value_and_grad(lambda n, sample: loss(n, sample)))
    values = {float(judged(net, window(seed))[0]) for seed in range(100)}
    assert len(values) == 100
    assert len(traced) == 1
    assert dict(traced[0]) == {"time": 3, "lat": 6, "lon": 7}


def test_a_prior_over_names_is_the_same_over_arrays():
    """Persistence of the sea level, in units; the temperature is left as it is."""
    labels = Labels(("ssh", "sst"), DIMS, n_times=3, scales=(0.1, 2.0))
    prior = LabelledPrior(lambda ds: ds[["ssh"]].roll(time=1), labels)
    x = window(2, 6).truth
    expected = jnp.concatenate([jnp.roll(x[..., :3], 1, -1), x[..., 3:]], -1)
    np.testing.assert_allclose(eqx.filter_jit(prior)(x), expected, rtol=1e-6)


def test_an_operator_over_names_is_the_linear_one():
    """The instrument of the first variable sees its sum with the second."""
    named = LabelledOperator(lambda ds: (ds.ssh + ds.sst).to_dataset(name="ssh"), BOTH)
    linear = LinearOperator(jnp.array([[1.0, 1.0], [0.0, 1.0]]), n_times=3)
    sample = window(3, 6)
    costs = [VariationalCost(network(6).cost.prior, operator) for operator in (named, linear)]
    gradients = [eqx.filter_jit(cost.gradient)(sample.truth + 1, sample.obs) for cost in costs]
    np.testing.assert_allclose(*gradients, rtol=1e-5, atol=1e-6)


def test_batches_are_mapped_outside():
    loss, net = LabelledLoss(lambda rec, truth: abs(rec.ssh - truth.ssh).max(), SSH), network()
    samples = [window(seed) for seed in range(3)]
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *samples)
    together = jax.jit(jax.vmap(lambda sample: loss(net, sample)))(batch)
    np.testing.assert_allclose(together, [loss(net, sample) for sample in samples], rtol=1e-5)


def test_a_loss_that_is_no_number_is_refused():
    loss = LabelledLoss(lambda rec, truth: (rec.ssh - truth.ssh).mean("lat"), SSH)
    with pytest.raises(ValueError, match=r"array of shape \(3, 7\); end it with .mean\(\) or .sum\(\)"):
        loss(network(), window(0))
