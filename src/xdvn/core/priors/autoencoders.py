"""Learned priors that squeeze a state through a narrower description of it.

The bilinear form is 4DVarNet's own: products of features can express the quadratic terms of advection,

    z = C_h ReLU(C_in down(x)),   phi(x) = up(C_out [C_1 z ; (C_2 z) * (C_3 z)]).

Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.convolution import Convolution
from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.resampling import pool, upsample
from xdvn.core.starting_weights import starting_keys

__all__ = ["BilinearPrior"]


class BilinearPrior(AbstractPrior):
    """Convolutional bilinear autoencoder, the standard start on grids.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Space dimensions.
    hidden : int
        Features per cell.
    down : int
        Averaging factor before the first layer, undone by linear interpolation after the last; 1 switches it off.
    taps : int
        Odd kernel size along every dimension.
    key : PRNGKeyArray
        Randomness of the starting weights.

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    encode: Convolution
    hide: Convolution
    features: Convolution
    decode: Convolution
    down: int = eqx.field(static=True)

    def __init__(
        self, channels: int, ndim: int = 2, *, hidden: int = 32, down: int = 2, taps: int = 3, key: PRNGKeyArray
    ) -> None:
        k_encode, k_hide, k_features, k_decode = starting_keys(key, 4)
        self.encode = Convolution(channels, hidden, ndim, taps=taps, key=k_encode)
        self.hide = Convolution(hidden, hidden, ndim, taps=taps, key=k_hide)
        # C_1, C_2 and C_3 in one convolution: three times fewer passes over z.
        self.features = Convolution(hidden, 3 * hidden, ndim, taps=taps, key=k_features)
        self.decode = Convolution(2 * hidden, channels, ndim, taps=taps, key=k_decode)
        self.down = down

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        coarse = pool(x, self.down) if self.down > 1 else x
        z = self.hide(jax.nn.relu(self.encode(coarse)))
        linear, left, right = jnp.split(self.features(z), 3, axis=-1)
        decoded = self.decode(jnp.concatenate([linear, left * right], -1))
        return upsample(decoded, x.shape[:-1]) if self.down > 1 else decoded
