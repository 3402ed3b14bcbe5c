"""Settings of a training: defaults, mappings with their names checked, numbers of updates."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from xdvn import Training


def test_a_mapping_gives_the_same_settings_as_the_class():
    assert Training.of({"epochs": 3, "seed": 1}) == Training(epochs=3, seed=1)
    assert Training.of(None) == Training.of({}) == Training()
    own = Training(batch_size=8)
    assert Training.of(own) is own
    with pytest.raises(dataclasses.FrozenInstanceError):
        own.epochs = 2


def test_unknown_settings_raise_with_the_valid_ones():
    with pytest.raises(
        TypeError, match=r"training={'accumulate': ...}: expected settings among epochs, batch_size, acc"
    ):
        Training.of({"epochs": 1, "accumulate": 2})


@pytest.mark.parametrize("name", ["epochs", "batch_size", "accumulation_steps"])
def test_numbers_below_one_raise(name):
    for value in (0, -3):
        with pytest.raises(ValueError, match=f"{name}={value}: expected at least 1"):
            Training.of({name: value})
    assert getattr(Training(**{name: 1}), name) == 1


def test_default_epochs_are_about_a_thousand_updates():
    assert [Training().n_epochs(n) for n in (4, 300, 5000)] == [250, 3, 1]
    assert Training(epochs=7).n_epochs(4) == 7


def steps(settings, n):
    """Parameters after each of ``n`` batches with the gradient 1."""
    optimiser = settings.make_optimiser(n)
    weights, path = jnp.ones(()), []
    state = optimiser.init(weights)
    for _ in range(n):
        updates, state = optimiser.update(jnp.ones(()), state, weights)
        weights = optax.apply_updates(weights, updates)
        path.append(float(weights))
    return path


def test_batches_are_accumulated_to_one_update():
    plain, two = Training(optimiser=optax.sgd(0.1)), Training(optimiser=optax.sgd(0.1), accumulation_steps=2)
    np.testing.assert_allclose(steps(plain, 4), [0.9, 0.8, 0.7, 0.6], rtol=1e-6)
    np.testing.assert_allclose(steps(two, 4), [1, 0.9, 0.9, 0.8], rtol=1e-6)


def test_the_default_schedule_ends_with_the_last_update():
    """Accumulated batches make fewer updates, and the learning rate decays over these."""
    every = steps(Training(), 20)
    np.testing.assert_allclose(steps(Training(accumulation_steps=2), 40)[1::2], every, rtol=1e-6)
    changes = np.abs(np.diff(every))
    assert changes[-1] < 0.1 * changes.max()


def test_settings_other_than_a_mapping_raise():
    with pytest.raises(TypeError, match=r"training=3: expected Training\(...\) or a mapping, such as {'epochs': 20}"):
        Training.of(3)
