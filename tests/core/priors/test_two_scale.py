"""TwoScalePrior: each part alone, and their sum."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import AbstractPrior, IdentityPrior, TwoScalePrior


class Zero(AbstractPrior):
    def __call__(self, x):
        return jnp.zeros_like(x)


class Double(AbstractPrior):
    def __call__(self, x):
        return 2 * x


@pytest.mark.parametrize("shape", [(9, 2), (8, 13, 1)])
def test_each_part_applies_to_its_scale(shape):
    x = jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)
    assert np.array_equal(TwoScalePrior(Double(), Zero())(x), 2 * x)
    coarse = TwoScalePrior(Zero(), Double())
    assert np.allclose(coarse(jnp.ones(shape)), 2, atol=1e-6)
    # The block means of a checkerboard are 0.
    checkers = jnp.asarray((-1.0) ** np.indices((8, 12))[1][..., None], jnp.float32)
    assert np.abs(coarse(checkers)).max() < 1e-6
    assert np.allclose(TwoScalePrior(Double(), Double())(checkers), 2 * checkers, atol=1e-6)


def test_a_factor_below_2_is_refused():
    with pytest.raises(ValueError, match="factor=1: expected 2 or more, for a coarser grid. Use, for example, 4"):
        TwoScalePrior(IdentityPrior(), IdentityPrior(), factor=1)
