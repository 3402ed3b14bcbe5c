"""Truncated adjoint: the value of the whole loop, the gradient of its last steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import TruncatedAdjoint, Unrolled


def step(args, state):
    a, b = args
    x, memory = state
    return jnp.tanh(a @ x + memory) + b, 0.5 * memory + x


@pytest.mark.parametrize("k", [1, 3, 6, 9])
def test_it_is_the_gradient_of_the_last_k_steps_from_a_given_state(k):
    """The memory is constant as well as x; for k >= K the gradient is exact."""
    rng = np.random.default_rng(0)
    args = (jnp.asarray(rng.normal(size=(4, 4)), jnp.float32) / 2, jnp.asarray(rng.normal(size=4), jnp.float32))
    start = (jnp.asarray(rng.normal(size=4), jnp.float32), jnp.zeros(4))
    n_steps = 6
    last = min(k, n_steps)
    given = Unrolled(None).loop(step, args, start, n_steps - last) if last < n_steps else start

    def end(args):
        state = given
        for _ in range(last):
            state = step(args, state)
        return (state[0] ** 2).sum()

    def looped(args, start):
        return (TruncatedAdjoint(k).loop(step, args, start, n_steps)[0] ** 2).sum()

    value, (gradient, first) = jax.value_and_grad(looped, argnums=(0, 1))(args, start)
    expected, expected_gradient = jax.value_and_grad(end)(args)
    assert np.isclose(value, expected, rtol=1e-6)
    for a, b in zip(gradient, expected_gradient, strict=True):
        assert np.allclose(a, b, rtol=1e-5, atol=1e-6)
    assert np.any(first[0]) == (k >= n_steps)


def test_no_differentiated_step_raises():
    with pytest.raises(ValueError, match=r"k=0: expected 1 or more. Use TruncatedAdjoint\(1\)"):
        TruncatedAdjoint(0)
