"""A U-Net serves windows of any size, sees far, and keeps detail."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import UNetPrior
from xdvn.core.unet import UNet
from xdvn.testing import check_prior

KEY = jax.random.key(0)


@pytest.mark.parametrize("shape", [(8, 8), (9, 14), (5, 4), (7,)])
@pytest.mark.parametrize("factor", [1, 2])
def test_any_size_of_window(shape, factor):
    net = UNet(3, 2, len(shape), widths=(4, 4, 4), factor=factor, key=KEY)
    out = net(jnp.ones((*shape, 3)))
    assert out.shape == (*shape, 2)
    assert np.isfinite(out).all()


def test_far_cells_are_seen_through_the_coarse_levels_only():
    """One level of two blocks of 3 x 3 and two single ones sees 3 or 4 cells away; three levels see farther."""
    x = jnp.zeros((41, 1)).at[20].set(1.0)

    def reach(widths):
        net = UNet(1, 1, 1, widths=widths, key=KEY)
        return int((np.abs(net(x) - net(0 * x)) > 0).sum()) // 2

    assert reach((4,)) == 4
    assert reach((4, 4, 4)) > 8


def test_no_level_is_refused():
    with pytest.raises(ValueError, match=r"widths=\(\) leaves no level"):
        UNet(1, 1, widths=(), key=KEY)


def test_the_prior_keeps_the_contract():
    check_prior(UNetPrior(2, 1, widths=(4, 4), key=KEY), (9, 2), KEY)
