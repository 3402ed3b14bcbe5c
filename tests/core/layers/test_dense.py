"""The dense layer: an affine map on any leading axes, and an error for a wrong size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.layers.dense import Dense


def test_affine_on_the_last_axis():
    layer = Dense(4, 3, key=jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    expected = np.einsum("abi,io->abo", x, layer.weight) + np.asarray(layer.bias)
    assert np.allclose(layer(jnp.asarray(x)), expected, atol=1e-6)
    assert np.abs(layer.weight).max() <= 1 / 2
    assert np.allclose(Dense(4, 3, scale=0.1, key=jax.random.key(0)).weight, 0.1 * layer.weight)


def test_another_size_is_refused():
    with pytest.raises(ValueError, match=r"input of 5 values: expected 4\. Build .* or use a convolutional one"):
        Dense(4, 3, key=jax.random.key(0))(jnp.ones(5))
