"""AttentionModulator: attention against a loop, global dependence, all sizes, and memory on a large window."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.modulators import AttentionModulator


def draw(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_attention_head_by_head():
    modulator = AttentionModulator(2, 1, heads=2, width=8, key=jax.random.key(0))
    z = draw(5, 8)
    qkv = z @ np.asarray(modulator.query_key_value.weight) + np.asarray(modulator.query_key_value.bias)
    expected = np.zeros((5, 8))
    for head in range(2):
        q, k, v = (qkv[:, part * 8 + head * 4 : part * 8 + head * 4 + 4] for part in range(3))
        for i in range(5):
            weights = np.exp([q[i] @ k[j] / math.sqrt(4) for j in range(5)])
            expected[i, head * 4 : head * 4 + 4] = weights @ v / weights.sum()
    assert np.allclose(modulator._attend(jnp.asarray(z)), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(9, 2), (8, 12, 2), (3, 17, 2)], ids=str)
def test_update_depends_on_the_gradient_in_all_cells(shape):
    modulator = AttentionModulator(2, len(shape) - 1, patch=4, scale=1.0, key=jax.random.key(0))
    gradient = jnp.asarray(draw(*shape))
    update, pullback = jax.vjp(jax.jit(lambda g: modulator(g, modulator.init(g))[0]), gradient)
    assert update.shape == shape
    (last,) = pullback(jnp.zeros(shape).at[(-1,) * len(shape)].set(1.0))
    assert (np.abs(last) > 0).all()


def test_update_depends_on_position():
    """Equal patches have different updates, because positions are features."""
    modulator = AttentionModulator(1, 2, patch=4, scale=1.0, key=jax.random.key(0))
    update, _ = modulator(jnp.ones((8, 8, 1)), None)
    blocks = [update[:4, :4], update[4:, :4], update[:4, 4:], update[4:, 4:]]
    assert all(np.abs(a - b).max() > 1e-3 for i, a in enumerate(blocks) for b in blocks[:i])


def test_derivative_equals_finite_differences():
    with jax.enable_x64(True):
        modulator = AttentionModulator(2, 2, patch=2, width=8, scale=1.0, key=jax.random.key(0))
        g, weight, d = (jnp.asarray(np.random.default_rng(i).normal(size=(5, 4, 2))) for i in range(3))
        f = jax.jit(lambda g: (weight * modulator(g, None)[0]).sum())
        h = 1e-6
        assert np.isclose((jax.grad(f)(g) * d).sum(), (f(g + h * d) - f(g - h * d)) / (2 * h), rtol=1e-7)


def test_memory_on_a_window_of_15_days_and_128_by_128_cells():
    """Forward and backward together need a few times the window itself; attention over cells would need 4 GB."""
    modulator = AttentionModulator(15, 2, key=jax.random.key(0))
    gradient = jnp.zeros((128, 128, 15))
    f = eqx.filter_jit(eqx.filter_grad(lambda m: (m(gradient, None)[0] ** 2).sum()))
    temporary = f.lower(modulator).compile().compiled.memory_analysis().temp_size_in_bytes
    assert temporary <= 8 * gradient.nbytes


def test_invalid_width_raises():
    with pytest.raises(ValueError, match="width=30: expected a multiple of 4"):
        AttentionModulator(1, 2, width=30, key=jax.random.key(0))
    with pytest.raises(ValueError, match="width=64: expected a multiple of 12"):
        AttentionModulator(1, 3, width=64, heads=4, key=jax.random.key(0))
