"""A prior that sees far: phi(x) = x + U(x), U a U-Net. Said to help over the bilinear form where structures are large.

Fablet, Febvre & Chapron 2023, doi:10.1109/TGRS.2023.3268370.
"""

from __future__ import annotations

from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.unet import UNet

__all__ = ["UNetPrior"]


class UNetPrior(AbstractPrior):
    """phi(x) = x + U(x).

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Space dimensions.
    widths : tuple of int
        Features at each resolution, finest first.
    factor : int
        Cells per dimension averaged before the finest of them.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> UNetPrior(3, 2, widths=(4, 8), key=jax.random.key(0))(jnp.ones((9, 10, 3))).shape
    (9, 10, 3)
    """

    net: UNet

    def __init__(
        self,
        channels: int,
        ndim: int = 2,
        *,
        widths: tuple[int, ...] = (24, 32, 48),
        factor: int = 2,
        key: PRNGKeyArray,
    ) -> None:
        self.net = UNet(channels, channels, ndim, widths=widths, factor=factor, scale=0.1, key=key)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return x + self.net(x)
