"""The training loop on problems with a closed form: updates, averages, validation, keys and restarts."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from xdvn.core.cost import CostTerms, LearnedWeight
from xdvn.core.losses import AbstractLoss, Sample
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations
from xdvn.core.solvers import AnnealedSchedule
from xdvn.core.training import Recovery, default_optimiser, evaluate, train


class Constant(AbstractNetwork):
    """Constant field; the best constant is the mean of the truth."""

    number: jax.Array

    def __call__(self, obs, first_guess=None, *, key=None):
        zero = jnp.zeros(())
        return Solution(jnp.broadcast_to(self.number, obs.values.shape), CostTerms(zero, zero), zero)


class Squared(AbstractLoss):
    def __call__(self, network, sample, key=None):
        return ((network(sample.obs, sample.first_guess).x - sample.truth) ** 2).mean()


def batch(truths, weights):
    truth = jnp.asarray(truths, jnp.float32)[:, None, None] * jnp.ones((1, 3, 1))
    obs = jax.vmap(Observations)(truth, truth > 1e9)
    return jax.vmap(Sample)(obs, truth, truth < 1e9, None, jnp.asarray(weights, jnp.float32))


def run(epochs, optimiser, ema_decay, validation=()):
    start = Constant(jnp.zeros(()))
    key = jax.random.key(0)
    return list(train(start, Squared(), optimiser, epochs, lambda: iter(validation), key=key, ema_decay=ema_decay))


def test_updates_follow_the_closed_form_without_an_effect_of_padding():
    """d/dc mean (c - t)^2 = 2 (c - mean t): c_n = m (1 - (1 - 2 a)^n), for any padding of the batch."""
    padded = batch([1.0, 2.0, 99.0], [1.0, 1.0, 0.0])
    progress = run([[padded] * 4, [padded] * 3], optax.sgd(0.1), ema_decay=0.0)
    assert np.isclose(progress[0].network.number, 1.5 * (1 - 0.8**4), rtol=1e-5)
    assert np.isclose(progress[1].network.number, 1.5 * (1 - 0.8**7), rtol=1e-5)
    assert np.isclose(progress[0].loss, np.mean([0.25 + (1.5 * 0.8**n) ** 2 for n in range(4)]), rtol=1e-5)
    assert [p.epoch for p in progress] == [1, 2]


def test_the_average_of_the_first_updates_is_their_plain_mean():
    one = batch([1.0], [1.0])
    (progress,) = run([[one] * 5], optax.sgd(0.1), ema_decay=0.99)
    visited = [1 - 0.8**n for n in range(1, 6)]
    assert np.isclose(progress.network.number, np.mean(visited), rtol=1e-5)


@pytest.mark.parametrize("convert", [lambda n: float(n), lambda n: np.asarray(n).item()], ids=["float", "NumPy"])
def test_an_optimiser_can_use_concrete_values(convert):
    """The rate is 0.1 plus the first parameter, which is 0."""
    plain = optax.sgd(0.1)

    def init(parameters):
        return plain.init(parameters), jnp.asarray(0.1 + convert(jax.tree.leaves(parameters)[0]))

    def update(gradient, state, parameters=None):
        return jax.tree.map(lambda g: -state[1] * g, gradient), state

    (progress,) = run([[batch([1.0], [1.0])] * 3], optax.GradientTransformation(init, update), ema_decay=0.0)
    assert np.isclose(progress.network.number, 1 - 0.8**3, rtol=1e-5)


def test_an_update_is_compiled_once_also_for_weights_of_weak_type():
    traced = []

    class Counting(Squared):
        def __call__(self, network, sample, key=None):
            if key is not None:  # in updates, not in validation
                traced.append(1)
            return super().__call__(network, sample, key)

    start, one = Constant(jnp.asarray(1.0)), batch([1.0], [1.0])
    assert start.number.weak_type
    (progress,) = train(start, Counting(), default_optimiser(4), [[one] * 4], lambda: iter(()), key=jax.random.key(0))
    assert len(traced) == 1
    assert np.isfinite(progress.network.number)


@pytest.mark.parametrize("weight", [LearnedWeight(2.0).log, AnnealedSchedule(0.5).descent])
def test_trained_scalars_have_strong_type(weight):
    assert not weight.weak_type


def test_validation_is_the_mean_over_samples():
    batches = [batch([1.0, 3.0], [1.0, 1.0]), batch([5.0, 5.0], [1.0, 0.0])]
    assert np.isclose(evaluate(Constant(jnp.zeros(())), Squared(), batches), (1 + 9 + 25) / 3)
    assert np.isnan(evaluate(Constant(jnp.zeros(())), Squared(), []))


@pytest.mark.parametrize(("step", "factor"), [(0, 0.0), (3, 1.0), (100, 0.0)])
def test_the_rate_starts_and_ends_at_zero(step, factor):
    optimiser = default_optimiser(100, learning_rate=0.1)
    tree = {"solver": jnp.ones(()), "cost": jnp.ones(())}
    state = optimiser.init(tree)
    for _ in range(step):
        _, state = optimiser.update(jax.tree.map(jnp.ones_like, tree), state, tree)
    update, _ = optimiser.update(jax.tree.map(jnp.ones_like, tree), state, tree)
    assert np.isclose(-update["solver"], 0.1 * factor, atol=1e-4)


def test_the_rate_of_the_prior_is_scaled_and_gradients_are_clipped():
    class Cost(eqx.Module):
        prior: jax.Array
        other: jax.Array

    tree = Cost(jnp.ones(()), jnp.ones(()))
    optimiser = default_optimiser(10, prior_rate=0.25)
    huge = jax.tree.map(lambda x: 1e6 * x, tree)
    state = optimiser.init(tree)
    for _ in range(2):
        update, state = optimiser.update(huge, state, tree)
    assert np.isfinite(update.other)
    assert np.isclose(update.prior / update.other, 0.25)


class Draw(AbstractLoss):
    """Uniform random number from the key, or -1 without a key."""

    def __call__(self, network, sample, key=None):
        return 0 * network.number + (-1.0 if key is None else jax.random.uniform(key))


def zeros(weights):
    return batch([0.0] * len(weights), weights)


def losses(key, weights):
    values = []
    network = Constant(jnp.ones(()))
    epochs = [[zeros(weights)] * 3] * 2
    run = train(
        network, Draw(), optax.sgd(0.0), epochs, lambda: iter([zeros(weights)]), key=key, after_step=values.append
    )
    validated = [progress.validation_loss for progress in run]
    assert validated == [-1.0, -1.0]
    return values


def test_the_keys_of_updates_and_samples_derive_from_one_key():
    first = losses(jax.random.key(0), [1.0, 0.0])
    assert len(set(first)) == 6
    assert losses(jax.random.key(0), [1.0, 0.0]) == first
    assert losses(jax.random.key(1), [1.0, 0.0]) != first
    second = losses(jax.random.key(0), [0.0, 1.0])
    assert not set(first) & set(second)
    assert np.isclose(first[0], jax.random.uniform(jax.random.split(jax.random.fold_in(jax.random.key(0), 0), 2)[0]))


def test_validation_has_no_key():
    assert evaluate(Constant(jnp.ones(())), Draw(), [zeros([1.0, 1.0])]) == -1.0


def test_after_a_divergence_training_continues_from_a_stored_state():
    """The weights are those of a training without the bad batches and without the updates that they undo."""
    good, bad, huge = batch([1.0], [1.0]), batch([np.nan], [1.0]), batch([1e6], [1.0])
    values = []
    start = Constant(jnp.zeros(()))

    def final(batches, after_step=lambda loss: None):
        progress = train(
            start, Squared(), optax.sgd(0.1), [batches], lambda: iter([good]), key=jax.random.key(0), ema_decay=0.0,
            after_step=after_step, recovery=Recovery(snapshot_every=1, warmup_updates=1),
        )  # fmt: skip
        return next(progress)

    with pytest.warns(UserWarning, match=r"training diverged \(loss .* restarts from an earlier state") as warned:
        recovered = final([good, good, bad, good, huge, good], values.append)
    assert len(warned) == 2
    assert np.isnan(values[2])
    assert np.isfinite(recovered.loss)
    # With a state stored at every update, a divergence undoes the update before it: 4 good batches less 2.
    assert np.isclose(recovered.network.number, final([good] * 2).network.number)


def test_an_error_after_too_many_divergences_names_a_cure():
    bad = batch([np.nan], [1.0])
    with (
        pytest.raises(
            FloatingPointError,
            match=r"loss=nan after 0: training diverged 3 times\. Lower the learning rate, as in default_optimiser",
        ),
        pytest.warns(UserWarning, match="restarts from an earlier state"),
    ):
        list(
            train(
                Constant(jnp.zeros(())),
                Squared(),
                optax.sgd(0.1),
                [[bad] * 5],
                lambda: iter([]),
                key=jax.random.key(0),
                recovery=Recovery(max_restarts=2),
            )  # fmt: skip
        )
