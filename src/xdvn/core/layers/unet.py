"""U-Net with residual blocks of two convolutions at each level."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.layers.convolution import Convolution
from xdvn.core.layers.init import split_key
from xdvn.core.layers.resampling import pool, upsample

__all__ = ["UNet"]


class UNet(eqx.Module):
    """U-Net from (*space, channels_in) to (*space, channels_out), for windows of any size.

    The way down computes features at resolutions of 1, 2, 4, ... cells. The way up interpolates the features,
    concatenates them with those of the finer level and combines both.

    Parameters
    ----------
    channels_in, channels_out : int
        Numbers of input and output channels.
    ndim : int
        Number of space dimensions.
    widths : tuple of int
        Features at each resolution, finest first. Each level is half as fine as the previous one.
    factor : int
        Cells per dimension averaged before the finest level and interpolated at the end. Default: 1.
    scale : float
        Factor on the initial weights of the last layer; a small one starts the output close to zero. Default: 1.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        If ``widths`` is empty.

    Examples
    --------
    >>> network = UNet(3, 2, ndim=2, widths=(4, 8), key=jax.random.key(0))
    >>> network(jnp.ones((9, 10, 3))).shape
    (9, 10, 2)

    References
    ----------
    Ronneberger, Fischer & Brox 2015, arXiv:1505.04597.
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
            raise ValueError("widths=(): expected at least one level. Give the features of each, such as (32, 48, 64).")
        k_enter, k_leave, *keys = split_key(key, 2 + 2 * len(widths))
        self.enter = Convolution(channels_in, widths[0], ndim, key=k_enter)
        before = (widths[0], *widths[:-1])
        self.down = tuple(_Block(a, b, ndim, key=k) for a, b, k in zip(before, widths, keys, strict=False))
        # From the coarsest to the finest: each block also reads the features of its level on the way down.
        pairs = list(zip(widths[:-1], widths[1:], strict=True))[::-1]
        self.up = tuple(
            _Block(fine + coarse, fine, ndim, key=k)
            for (fine, coarse), k in zip(pairs, keys[len(widths) :], strict=False)
        )
        self.leave = Convolution(widths[0], channels_out, ndim, scale=scale, key=k_leave)
        self.factor = factor

    def __call__(self, x: Float[Array, "*space channels_in"]) -> Float[Array, "*space channels_out"]:
        """Apply the U-Net to one sample."""
        z = self.enter(pool(x, self.factor) if self.factor > 1 else x)
        features = []
        for level, block in enumerate(self.down):
            z = block(pool(z, 2) if level else z)
            features.append(z)
        for block, skipped in zip(self.up, features[-2::-1], strict=True):
            z = block(jnp.concatenate([skipped, upsample(z, skipped.shape[:-1])], -1))
        out = self.leave(jax.nn.relu(z))
        return upsample(out, x.shape[:-1]) if self.factor > 1 else out


class _Block(eqx.Module):
    """Residual block x -> skip(x) + C_2 ReLU(C_1 ReLU(x)), where skip is a 1 x 1 convolution."""

    first: Convolution
    second: Convolution
    skip: Convolution

    def __init__(self, channels_in: int, channels_out: int, ndim: int, *, key: PRNGKeyArray) -> None:
        k_first, k_second, k_skip = split_key(key, 3)
        self.first = Convolution(channels_in, channels_out, ndim, key=k_first)
        self.second = Convolution(channels_out, channels_out, ndim, scale=0.5, key=k_second)
        self.skip = Convolution(channels_in, channels_out, ndim, taps=1, key=k_skip)

    def __call__(self, x: Array) -> Array:
        return self.skip(x) + self.second(jax.nn.relu(self.first(jax.nn.relu(x))))
