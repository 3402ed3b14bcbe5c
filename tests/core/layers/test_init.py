"""Initial weights and keys equal those of jax.random."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.layers import init as module
from xdvn.core.layers.init import init_scalar, init_uniform, split_key

same_numbers = pytest.mark.skipif(
    not jax.config.jax_threefry_partitionable, reason="the random numbers of this JAX depend on how many are drawn"
)


@same_numbers
@pytest.mark.parametrize("shape", [(48,), (3, 3, 15, 32), (5, 1)])
@pytest.mark.parametrize("bound", [0.123, 1 / 7])
def test_weights_are_uniform(shape, bound):
    key = jax.random.key(3)
    expected = jax.random.uniform(key, shape, minval=-bound, maxval=bound)
    np.testing.assert_array_equal(init_uniform(key, shape, bound), expected)


@same_numbers
def test_a_layer_larger_than_a_block_has_the_same_values(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 8)
    expected = jax.random.uniform(jax.random.key(3), (3, 100), minval=-1, maxval=1)
    np.testing.assert_array_equal(init_uniform(jax.random.key(3), (3, 100), 1.0), expected)


@same_numbers
@pytest.mark.parametrize("n", [2, 3, 8, 11])
def test_keys_are_those_of_a_split(n):
    keys = split_key(jax.random.key(3), n)
    expected = jax.random.split(jax.random.key(3), n)
    np.testing.assert_array_equal([jax.random.key_data(k) for k in keys], jax.random.key_data(expected))


def test_weights_can_be_drawn_inside_jit():
    key = jax.random.key(3)
    drawn = jax.jit(lambda k: init_uniform(k, (4, 3), 0.5))(key)
    np.testing.assert_allclose(drawn, init_uniform(key, (4, 3), 0.5), atol=1e-7)


def test_a_traced_scalar_is_unchanged():
    numbers = jnp.asarray([0.25, 0.5])
    np.testing.assert_array_equal(jax.vmap(init_scalar)(numbers), numbers)
    assert init_scalar(2).dtype == init_scalar(numbers[0]).dtype == jnp.float32
