"""Two scales: a sum whose parts are seen one at a time, exact for what each of them can carry."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import AbstractPrior, IdentityPrior, TwoScalePrior


class Nothing(AbstractPrior):
    def __call__(self, x):
        return jnp.zeros_like(x)


class Double(AbstractPrior):
    def __call__(self, x):
        return 2 * x


@pytest.mark.parametrize("shape", [(9, 2), (8, 13, 1)])
def test_each_part_works_at_its_own_scale(shape):
    x = jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)
    assert np.array_equal(TwoScalePrior(Double(), Nothing())(x), 2 * x)
    coarse = TwoScalePrior(Nothing(), Double())
    assert np.allclose(coarse(jnp.ones(shape)), 2, atol=1e-6)
    # The coarse part sees means over blocks: what has none leaves no trace.
    checkers = jnp.asarray((-1.0) ** np.indices((8, 12))[1][..., None], jnp.float32)
    assert np.abs(coarse(checkers)).max() < 1e-6
    assert np.allclose(TwoScalePrior(Double(), Double())(checkers), 2 * checkers, atol=1e-6)


def test_a_coarse_part_needs_a_coarser_grid():
    with pytest.raises(ValueError, match="factor is 1: .* use 2 or more"):
        TwoScalePrior(IdentityPrior(), IdentityPrior(), factor=1)
