"""A gradient modulator with self-attention over space."""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.layers.dense import Dense
from xdvn.core.layers.init import split_key
from xdvn.core.layers.resampling import depth_to_space, space_to_depth
from xdvn.core.modulators.abstract import AbstractGradientModulator

__all__ = ["AttentionModulator"]


class AttentionModulator(AbstractGradientModulator):
    """One transformer block on patches of the gradient, without memory.

        z = E patches(g) + p,  z <- z + W_o softmax(q k^T / sqrt(d)) v,  z <- z + W_2 ReLU(W_1 s(z)),  u = unpatch(D z)

    q, k and v are linear in s(z), the standardised tokens. A token is a block of ``patch`` cells per dimension with all
    channels. p contains sines and cosines of its position, so that the weights apply to every window size.

    Attention weights have ``heads`` (cells / patch^ndim)^2 entries: 1 MB for 128 x 128 cells, 4 heads and patches of 8,
    256 times as much for patches of 2. Fields are padded with zeros at the end of each dimension to a multiple of
    ``patch``.

    Parameters
    ----------
    channels : int
        Channels of the state.
    ndim : int
        Number of space dimensions.
    patch : int
        Cells of a token per dimension.
    heads : int
        Number of attention heads.
    width : int
        Features of a token, a multiple of ``heads`` and of 2 ``ndim``.
    scale : float
        Factor on the initial weights of the output layer; if small, initial updates are small.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        If ``width`` is no multiple of ``heads`` and of 2 ``ndim``.

    References
    ----------
    Vaswani et al. 2017, arXiv:1706.03762; Dosovitskiy et al. 2020, arXiv:2010.11929.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> modulator = AttentionModulator(3, 2, patch=4, key=jax.random.key(0))
    >>> modulator(jnp.ones((9, 10, 3)), None)[0].shape
    (9, 10, 3)
    """

    embed: Dense
    query_key_value: Dense
    mix: Dense
    expand: Dense
    contract: Dense
    output: Dense
    patch: int = eqx.field(static=True)
    heads: int = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        ndim: int = 2,
        *,
        patch: int = 8,
        heads: int = 4,
        width: int = 64,
        scale: float = 0.1,
        key: PRNGKeyArray,
    ) -> None:
        if width % heads or width % (2 * ndim):
            raise ValueError(
                f"width={width}: expected a multiple of {math.lcm(heads, 2 * ndim)}, for {heads} heads and sines and "
                f"cosines of {ndim} dimensions. Change width or heads."
            )
        deep = channels * patch**ndim
        keys = split_key(key, 6)
        self.embed = Dense(deep, width, key=keys[0])
        self.query_key_value = Dense(width, 3 * width, key=keys[1])
        self.mix = Dense(width, width, key=keys[2])
        self.expand = Dense(width, 2 * width, key=keys[3])
        self.contract = Dense(2 * width, width, key=keys[4])
        self.output = Dense(width, deep, scale=scale, key=keys[5])
        self.patch = patch
        self.heads = heads

    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return no hidden state."""
        return None

    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the update."""
        patches = space_to_depth(gradient, self.patch)
        coarse, deep = patches.shape[:-1], patches.shape[-1]
        z = self.embed(patches.reshape(-1, deep))
        z = z + jnp.asarray(_position_features(coarse, z.shape[-1]), z.dtype)
        z = z + self.mix(self._attend(_standardised(z)))
        z = z + self.contract(jax.nn.relu(self.expand(_standardised(z))))
        return depth_to_space(self.output(z).reshape(*coarse, deep), self.patch, gradient.shape[:-1]), hidden

    def _attend(self, z: Float[Array, "token width"]) -> Float[Array, "token width"]:
        # Not jax.nn.dot_product_attention, whose softmax is always in single precision.
        q, k, v = jnp.moveaxis(self.query_key_value(z).reshape(len(z), 3, self.heads, -1), 1, 0)
        weights = jax.nn.softmax(jnp.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[-1]), axis=-1)
        return jnp.einsum("hqk,khd->qhd", weights, v).reshape(z.shape)


def _standardised(z: Array) -> Array:
    """Return tokens of mean 0 and variance 1; the next layer has scales and offsets."""
    z = z - z.mean(-1, keepdims=True)
    return z / jnp.sqrt((z**2).mean(-1, keepdims=True) + 1e-5)


def _position_features(shape: tuple[int, ...], width: int) -> np.ndarray:
    """Return sines and cosines of each token's index along every dimension, of 1 to 1000 tokens per radian."""
    n_frequencies = width // (2 * len(shape))
    frequencies = 1000.0 ** -np.linspace(0, 1, n_frequencies)
    angles = np.moveaxis(np.indices(shape), 0, -1)[..., None] * frequencies
    return np.concatenate([np.sin(angles), np.cos(angles)], -1).reshape(-1, width)
