"""Channels are variables x times, with the variable slowest."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors.abstract import split_channels


def test_the_variable_is_slowest_and_reshape_is_the_inverse():
    x = np.arange(2 * 6.0).reshape(2, 6)
    split = split_channels(jnp.asarray(x), 2)
    assert np.array_equal(split[1, 0], x[1, :3])
    assert np.array_equal(split[1, 1], x[1, 3:])
    assert np.array_equal(split.reshape(x.shape), x)


@pytest.mark.parametrize("n_variables", [0, 4])
def test_channels_must_be_a_multiple_of_the_variables(n_variables):
    with pytest.raises(
        ValueError, match=f"n_variables={n_variables}: expected a divisor of the 6 channels. Set n_variables"
    ):
        split_channels(jnp.ones((2, 6)), n_variables)
