"""U-Net: any window size, and a receptive field that grows with the levels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.layers.unet import UNet
from xdvn.core.priors import UNetPrior
from xdvn.testing import check_prior

KEY = jax.random.key(0)


@pytest.mark.parametrize("shape", [(8, 8), (9, 14), (5, 4), (7,)])
@pytest.mark.parametrize("factor", [1, 2])
def test_any_size_of_window(shape, factor):
    network = UNet(3, 2, len(shape), widths=(4, 4, 4), factor=factor, key=KEY)
    out = network(jnp.ones((*shape, 3)))
    assert out.shape == (*shape, 2)
    assert np.isfinite(out).all()


def test_coarse_levels_extend_the_receptive_field():
    """One level of four 3-tap convolutions reaches 4 cells; three levels reach farther."""
    x = jnp.zeros((41, 1)).at[20].set(1.0)

    def reach(widths):
        network = UNet(1, 1, 1, widths=widths, key=KEY)
        return int((np.abs(network(x) - network(0 * x)) > 0).sum()) // 2

    assert reach((4,)) == 4
    assert reach((4, 4, 4)) > 8


def test_no_level_is_refused():
    with pytest.raises(ValueError, match=r"widths=\(\): expected at least one level\. Give the features of each"):
        UNet(1, 1, widths=(), key=KEY)


def test_the_prior_passes_its_check():
    check_prior(UNetPrior(2, 1, widths=(4, 4), key=KEY), (9, 2), KEY)
