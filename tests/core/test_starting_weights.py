"""Starting weights and keys are those of jax.random, whatever is drawn beside them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core import starting_weights as module
from xdvn.core.starting_weights import starting_keys, starting_number, starting_weights

same_numbers = pytest.mark.skipif(
    not jax.config.jax_threefry_partitionable, reason="JAX's generator depends on how many are drawn"
)


@same_numbers
@pytest.mark.parametrize("shape", [(48,), (3, 3, 15, 32), (5, 1)])
@pytest.mark.parametrize("bound", [0.123, 1 / 7])
def test_they_are_uniform(shape, bound):
    key = jax.random.key(3)
    expected = jax.random.uniform(key, shape, minval=-bound, maxval=bound)
    np.testing.assert_array_equal(starting_weights(key, shape, bound), expected)


@same_numbers
def test_a_layer_larger_than_a_block_is_the_same(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 8)
    expected = jax.random.uniform(jax.random.key(3), (3, 100), minval=-1, maxval=1)
    np.testing.assert_array_equal(starting_weights(jax.random.key(3), (3, 100), 1.0), expected)


@same_numbers
@pytest.mark.parametrize("n", [2, 3, 8, 11])
def test_keys_are_those_of_a_split(n):
    keys = starting_keys(jax.random.key(3), n)
    expected = jax.random.split(jax.random.key(3), n)
    np.testing.assert_array_equal([jax.random.key_data(k) for k in keys], jax.random.key_data(expected))


def test_they_can_be_drawn_within_a_program():
    key = jax.random.key(3)
    drawn = jax.jit(lambda k: starting_weights(k, (4, 3), 0.5))(key)
    np.testing.assert_allclose(drawn, starting_weights(key, (4, 3), 0.5), atol=1e-7)


def test_a_number_that_is_traced_is_kept():
    numbers = jnp.asarray([0.25, 0.5])
    np.testing.assert_array_equal(jax.vmap(starting_number)(numbers), numbers)
    assert starting_number(2).dtype == starting_number(numbers[0]).dtype == jnp.float32
