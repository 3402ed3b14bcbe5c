"""A U-Net: see far at a coarse resolution, keep the detail of a fine one.

    down: features at 1, 2, 4, ... times the cell;   up: interpolate, lay beside the features of the same size, mix

Each level is a residual block of two convolutions. Called as a network that reads observations (``explicit``), as the
head of a mean and variance (``gaussian_head``) and as a prior (``priors.UNetPrior``).
Ronneberger, Fischer & Brox 2015, arXiv:1505.04597.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.convolution import Convolution
from xdvn.core.resampling import pool, upsample
from xdvn.core.starting_weights import starting_keys

__all__ = ["UNet"]


class _Block(eqx.Module):
    """x -> skip(x) + C_2 ReLU(C_1 ReLU(x)), skip a mixture of channels."""

    first: Convolution
    second: Convolution
    skip: Convolution

    def __init__(self, channels_in: int, channels_out: int, ndim: int, *, key: PRNGKeyArray) -> None:
        k_first, k_second, k_skip = starting_keys(key, 3)
        self.first = Convolution(channels_in, channels_out, ndim, key=k_first)
        self.second = Convolution(channels_out, channels_out, ndim, scale=0.5, key=k_second)
        self.skip = Convolution(channels_in, channels_out, ndim, taps=1, key=k_skip)

    def __call__(self, x: Array) -> Array:
        return self.skip(x) + self.second(jax.nn.relu(self.first(jax.nn.relu(x))))


class UNet(eqx.Module):
    """(*space, channels_in) -> (*space, channels_out), for windows of any size.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels that come in and go out.
    ndim : int
        Space dimensions.
    widths : tuple of int
        Features at each resolution, finest first; each is half as fine as the one before.
    factor : int
        Cells per dimension averaged before the finest level, undone by linear interpolation at the end.
    scale : float
        Factor on the starting weights of the last layer: a small one starts close to zero.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Raises
    ------
    ValueError
        There is no level.

    Examples
    --------
    >>> net = UNet(3, 2, ndim=2, widths=(4, 8), key=jax.random.key(0))
    >>> net(jnp.ones((9, 10, 3))).shape
    (9, 10, 2)
    """

    enter: Convolution
    down: tuple[_Block, ...]
    up: tuple[_Block, ...]
    leave: Convolution
    factor: int = eqx.field(static=True)

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        ndim: int = 2,
        *,
        widths: tuple[int, ...] = (32, 48, 64),
        factor: int = 1,
        scale: float = 1.0,
        key: PRNGKeyArray,
    ) -> None:
        if not widths:
            raise ValueError("widths=() leaves no level; give the features of each resolution, such as (32, 48, 64)")
        k_enter, k_leave, *keys = starting_keys(key, 2 + 2 * len(widths))
        self.enter = Convolution(channels_in, widths[0], ndim, key=k_enter)
        before = (widths[0], *widths[:-1])
        self.down = tuple(_Block(a, b, ndim, key=k) for a, b, k in zip(before, widths, keys, strict=False))
        # From the coarsest back to the finest: what comes up is laid beside what went down.
        pairs = list(zip(widths[:-1], widths[1:], strict=True))[::-1]
        self.up = tuple(
            _Block(fine + coarse, fine, ndim, key=k)
            for (fine, coarse), k in zip(pairs, keys[len(widths) :], strict=False)
        )
        self.leave = Convolution(widths[0], channels_out, ndim, scale=scale, key=k_leave)
        self.factor = factor

    def __call__(self, x: Float[Array, "*space channels_in"]) -> Float[Array, "*space channels_out"]:
        """Return the output."""
        z = self.enter(pool(x, self.factor) if self.factor > 1 else x)
        passed = []
        for level, block in enumerate(self.down):
            z = block(pool(z, 2) if level else z)
            passed.append(z)
        for block, beside in zip(self.up, passed[-2::-1], strict=True):
            z = block(jnp.concatenate([beside, upsample(z, beside.shape[:-1])], -1))
        out = self.leave(jax.nn.relu(z))
        return upsample(out, x.shape[:-1]) if self.factor > 1 else out
