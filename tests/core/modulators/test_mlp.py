"""MLPModulator: the recurrence in NumPy, the effect of the memory, and errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.modulators import MLPModulator


def affine(layer, x):
    return x @ np.asarray(layer.weight) + np.asarray(layer.bias)


def test_the_recurrence_with_memory():
    modulator = MLPModulator(12, hidden=7, memory=5, key=jax.random.key(0))
    rng = np.random.default_rng(0)
    h, expected_h = modulator.init(jnp.zeros((2, 3, 2))), np.zeros(5)
    for _ in range(3):
        g = rng.normal(size=(2, 3, 2)).astype(np.float32)
        update, h = jax.jit(lambda g, h: modulator(g, h))(jnp.asarray(g), h)
        f = np.tanh(affine(modulator.features, np.concatenate([g.ravel(), expected_h])))
        expected_h = np.tanh(affine(modulator.recall, f))
        both = np.concatenate([f, expected_h])
        assert np.allclose(update, affine(modulator.output, both).reshape(2, 3, 2), atol=1e-6)
        assert np.allclose(h, expected_h, atol=1e-6)


def test_the_second_step_depends_on_the_first_only_through_the_memory():
    first, second = (jnp.asarray(np.random.default_rng(i).normal(size=(4, 3)), jnp.float32) for i in range(2))
    for memory, remembers in ((6, True), (0, False)):
        modulator = MLPModulator(12, memory=memory, key=jax.random.key(0))
        fresh = modulator.init(first)
        _, after = modulator(first, fresh)
        assert np.array_equal(modulator(second, after)[0], modulator(second, fresh)[0]) != remembers


def test_invalid_sizes_raise():
    with pytest.raises(ValueError, match="memory=-1: expected 0 .no memory. or more"):
        MLPModulator(12, memory=-1, key=jax.random.key(0))
    modulator = MLPModulator(12, memory=0, key=jax.random.key(0))
    with pytest.raises(ValueError, match=r"input of 15 values: expected 12\. Build the network with size"):
        modulator(jnp.ones((5, 3)), None)
