"""The outer loop against what optax is known to do, on a problem whose answer is known."""

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
    """Answers the same number everywhere: the best one is the mean of the truth."""

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


def test_descent_on_a_mean_follows_its_closed_form_and_padding_does_not_count():
    """d/dc mean (c - t)^2 = 2 (c - mean t): c_n = m (1 - (1 - 2 a)^n), whatever pads the batch."""
    padded = batch([1.0, 2.0, 99.0], [1.0, 1.0, 0.0])
    progress = run([[padded] * 4, [padded] * 3], optax.sgd(0.1), ema_decay=0.0)
    assert np.isclose(progress[0].network.number, 1.5 * (1 - 0.8**4), rtol=1e-5)
    assert np.isclose(progress[1].network.number, 1.5 * (1 - 0.8**7), rtol=1e-5)
    assert np.isclose(progress[0].loss, np.mean([0.25 + (1.5 * 0.8**n) ** 2 for n in range(4)]), rtol=1e-5)
    assert [p.epoch for p in progress] == [1, 2]


def test_the_average_is_the_plain_mean_at_first_and_never_lags():
    one = batch([1.0], [1.0])
    (progress,) = run([[one] * 5], optax.sgd(0.1), ema_decay=0.99)
    visited = [1 - 0.8**n for n in range(1, 6)]
    assert np.isclose(progress.network.number, np.mean(visited), rtol=1e-5)


@pytest.mark.parametrize("look", [lambda n: float(n), lambda n: np.asarray(n).item()], ids=["float", "NumPy"])
def test_an_optimiser_may_look_at_the_numbers_it_starts_from(look):
    """Steps of 0.1 + the first number, which is 0: those of plain descent."""
    plain = optax.sgd(0.1)

    def init(parameters):
        return plain.init(parameters), jnp.asarray(0.1 + look(jax.tree.leaves(parameters)[0]))

    def update(gradient, state, parameters=None):
        return jax.tree.map(lambda g: -state[1] * g, gradient), state

    (progress,) = run([[batch([1.0], [1.0])] * 3], optax.GradientTransformation(init, update), ema_decay=0.0)
    assert np.isclose(progress.network.number, 1 - 0.8**3, rtol=1e-5)


def test_an_update_is_compiled_once_even_for_weights_of_weak_type():
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
def test_ours_are_of_strong_type(weight):
    assert not weight.weak_type


def test_validation_weighs_samples_not_batches():
    batches = [batch([1.0, 3.0], [1.0, 1.0]), batch([5.0, 5.0], [1.0, 0.0])]
    assert np.isclose(evaluate(Constant(jnp.zeros(())), Squared(), batches), (1 + 9 + 25) / 3)
    assert np.isnan(evaluate(Constant(jnp.zeros(())), Squared(), []))


@pytest.mark.parametrize(("step", "factor"), [(0, 0.0), (3, 1.0), (100, 0.0)])
def test_the_schedule_warms_up_and_comes_to_rest(step, factor):
    optimiser = default_optimiser(100, learning_rate=0.1)
    tree = {"solver": jnp.ones(()), "cost": jnp.ones(())}
    state = optimiser.init(tree)
    for _ in range(step):
        _, state = optimiser.update(jax.tree.map(jnp.ones_like, tree), state, tree)
    update, _ = optimiser.update(jax.tree.map(jnp.ones_like, tree), state, tree)
    assert np.isclose(-update["solver"], 0.1 * factor, atol=1e-4)


def test_the_prior_learns_at_its_own_rate_and_gradients_are_clipped():
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
    """A uniform number from the key it is given, -1 without one."""

    def __call__(self, network, sample, key=None):
        return 0 * network.number + (-1.0 if key is None else jax.random.uniform(key))


def zeros(weights):
    return batch([0.0] * len(weights), weights)


def losses(key, weights):
    told = []
    network = Constant(jnp.ones(()))
    epochs = [[zeros(weights)] * 3] * 2
    run = train(
        network, Draw(), optax.sgd(0.0), epochs, lambda: iter([zeros(weights)]), key=key, after_step=told.append
    )
    validated = [progress.validation_loss for progress in run]
    assert validated == [-1.0, -1.0]
    return told


def test_updates_and_samples_draw_from_one_key():
    first = losses(jax.random.key(0), [1.0, 0.0])
    assert len(set(first)) == 6
    assert losses(jax.random.key(0), [1.0, 0.0]) == first
    assert losses(jax.random.key(1), [1.0, 0.0]) != first
    second = losses(jax.random.key(0), [0.0, 1.0])
    assert not set(first) & set(second)
    assert np.isclose(first[0], jax.random.uniform(jax.random.split(jax.random.fold_in(jax.random.key(0), 0), 2)[0]))


def test_validation_has_no_key():
    assert evaluate(Constant(jnp.ones(())), Draw(), [zeros([1.0, 1.0])]) == -1.0


def test_after_an_explosion_training_goes_on_from_a_good_state():
    """Without the poisoned batches the run is another: every good batch is used, the bad ones leave no trace."""
    good, bad, huge = batch([1.0], [1.0]), batch([np.nan], [1.0]), batch([1e6], [1.0])
    told = []
    start = Constant(jnp.zeros(()))

    def final(batches, after_step=lambda loss: None):
        progress = train(
            start, Squared(), optax.sgd(0.1), [batches], lambda: iter([good]), key=jax.random.key(0), ema_decay=0.0,
            after_step=after_step, recovery=Recovery(snapshot_every=1, warmup_updates=1),
        )  # fmt: skip
        return next(progress)

    with pytest.warns(UserWarning, match=r"training diverged \(loss .* restarts from an earlier state") as warned:
        poisoned = final([good, good, bad, good, huge, good], told.append)
    assert len(warned) == 2
    assert np.isnan(told[2])
    assert np.isfinite(poisoned.loss)
    # With a state kept at every step, an explosion costs the step before it: 4 good batches less 2 undone.
    assert np.isclose(poisoned.network.number, final([good] * 2).network.number)


def test_a_training_that_cannot_be_saved_says_what_to_do():
    bad = batch([np.nan], [1.0])
    with (
        pytest.raises(FloatingPointError, match=r"diverged 3 times.*Lower the learning rate"),
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
