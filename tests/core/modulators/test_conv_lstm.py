"""The ConvLSTM against its equations in NumPy, its initial memory, and circular padding."""

import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.layers.convolution import Padding, convolve
from xdvn.core.modulators import ConvLSTMModulator


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_two_steps_equal_the_equations():
    modulator = ConvLSTMModulator(3, hidden=4, factor=1, key=jax.random.key(0))
    rng = np.random.default_rng(0)
    h = c = np.zeros((6, 5, 4))
    hidden = modulator.init(jnp.zeros((6, 5, 3)))
    for _ in range(2):
        g = rng.normal(size=(6, 5, 3)).astype(np.float32)
        update, hidden = modulator(jnp.asarray(g), hidden)
        joined = jnp.asarray(np.concatenate([g, h], -1), jnp.float32)
        gates = np.asarray(convolve(joined, modulator.gates.kernel) + modulator.gates.bias)
        i, f, o, candidate = np.split(gates, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        expected = convolve(jnp.asarray(h, jnp.float32), modulator.output.kernel) + modulator.output.bias
        assert np.allclose(update, expected, atol=1e-5)


def test_initial_memory_is_zero_or_from_the_first_guess():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(6, 5, 3)), jnp.float32)
    blank, init_from_first_guess = (
        ConvLSTMModulator(3, hidden=4, init_from_first_guess=i, key=jax.random.key(0)) for i in (False, True)
    )
    for part in blank.init(x):
        assert part.shape == (3, 3, 4)
        assert not part.any()
    parts, others = init_from_first_guess.init(x), init_from_first_guess.init(2 * x)
    assert all(np.abs(p).max() < 1 and np.abs(p - q).max() > 1e-3 for p, q in zip(parts, others, strict=True))
    update = [init_from_first_guess(jnp.zeros_like(x), m.init(x))[0] for m in (init_from_first_guess,)]
    assert np.abs(update[0] - init_from_first_guess(jnp.zeros_like(x), blank.init(x))[0]).max() > 1e-4


def test_circular_axis_is_equivariant_to_shifts():
    """A shift of the gradient along the circular axis shifts the update; along the other axis it does not."""
    modulator = ConvLSTMModulator(
        1, 2, hidden=3, factor=1, taps=5, padding=(Padding.CIRCULAR, Padding.ZERO), key=jax.random.key(0)
    )
    gradient = jax.random.normal(jax.random.key(1), (8, 6, 1))

    def update(g):
        u, hidden = modulator(g, modulator.init(g))
        return modulator(g, hidden)[0]

    for axis, same in ((0, True), (1, False)):
        turned = jnp.roll(update(jnp.roll(gradient, 3, axis)), -3, axis)
        assert np.allclose(turned, update(gradient), atol=1e-5) == same
