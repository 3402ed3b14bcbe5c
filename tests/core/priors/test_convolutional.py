"""ConvPrior: its formula on a ring in NumPy, and equivariance along periodic axes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.layers.convolution import Padding
from xdvn.core.priors import ConvPrior


def correlate(x, kernel, bias):
    """Correlation on a ring, cell by cell."""
    n, taps = len(x), len(kernel)
    return np.array([sum(x[(p + t - taps // 2) % n] @ kernel[t] for t in range(taps)) for p in range(n)]) + bias


def test_the_formula_on_a_ring():
    prior = ConvPrior(2, 1, hidden=5, taps=5, padding=Padding.CIRCULAR, key=jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    layers = [(np.asarray(c.kernel), np.asarray(c.bias)) for c in (prior.encode, prior.decode)]
    expected = correlate(np.maximum(correlate(x, *layers[0]), 0), *layers[1])
    assert np.allclose(prior(jnp.asarray(x)), expected, atol=1e-5)


@pytest.mark.parametrize("periodic", [0, 1])
def test_it_commutes_with_shifts_along_periodic_axes_only(periodic):
    padding = tuple(Padding.CIRCULAR if axis == periodic else Padding.ZERO for axis in range(2))
    prior = ConvPrior(3, 2, hidden=4, padding=padding, key=jax.random.key(0))
    x = jnp.asarray(np.random.default_rng(0).normal(size=(7, 8, 3)), jnp.float32)
    differences = [np.abs(prior(jnp.roll(x, 3, axis)) - jnp.roll(prior(x), 3, axis)).max() for axis in range(2)]
    assert differences[periodic] < 1e-5
    assert differences[1 - periodic] > 1e-2
