"""The plainest learned prior on a grid: phi(x) = C_out ReLU(C_in x).

Its padding is chosen axis by axis, so that a field on a ring or around the globe has no rim. Called for periodic
fields such as Lorenz-96, in one, two or three dimensions of space.
"""

from __future__ import annotations

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.convolution import Convolution, Padding
from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.starting_weights import starting_keys

__all__ = ["ConvPrior"]


class ConvPrior(AbstractPrior):
    """Convolution, ReLU, convolution.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Space dimensions.
    hidden : int
        Features per cell.
    taps : int
        Odd kernel size along every dimension.
    padding : Padding or tuple of Padding
        What lies beyond the rim, for all axes or one for each; ``Padding.CIRCULAR`` for a periodic axis.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Examples
    --------
    On a ring, turning the state turns its image:

    >>> import jax, jax.numpy as jnp
    >>> prior = ConvPrior(1, 1, hidden=4, padding=Padding.CIRCULAR, key=jax.random.key(0))
    >>> x = jnp.arange(40.0)[:, None]
    >>> bool(jnp.allclose(prior(jnp.roll(x, 7, 0)), jnp.roll(prior(x), 7, 0), atol=1e-5))
    True
    """

    encode: Convolution
    decode: Convolution

    def __init__(
        self,
        channels: int,
        ndim: int = 2,
        *,
        hidden: int = 32,
        taps: int = 3,
        padding: Padding | tuple[Padding, ...] = Padding.ZERO,
        key: PRNGKeyArray,
    ) -> None:
        k_encode, k_decode = starting_keys(key, 2)
        self.encode = Convolution(channels, hidden, ndim, taps=taps, padding=padding, key=k_encode)
        self.decode = Convolution(hidden, channels, ndim, taps=taps, padding=padding, key=k_decode)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.decode(jax.nn.relu(self.encode(x)))
