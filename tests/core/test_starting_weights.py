"""Starting weights are those of jax.random.uniform: to the last bit where that is optimised, else to a rounding."""

import jax
import numpy as np
import pytest

from xdvn.core.starting_weights import starting_weights


@pytest.mark.parametrize("shape", [(48,), (3, 3, 15, 32), (5, 1)])
@pytest.mark.parametrize("bound", [0.123, 1 / 7])
def test_they_are_uniform(shape, bound):
    key = jax.random.key(3)
    expected = jax.random.uniform(key, shape, minval=-bound, maxval=bound)
    rounding = 2 * np.spacing(np.float32(bound))
    np.testing.assert_allclose(starting_weights(key, shape, bound), expected, rtol=0, atol=rounding)


def test_they_can_be_drawn_within_a_program():
    key = jax.random.key(3)
    drawn = jax.jit(lambda k: starting_weights(k, (4, 3), 0.5))(key)
    np.testing.assert_allclose(drawn, starting_weights(key, (4, 3), 0.5), atol=1e-7)
