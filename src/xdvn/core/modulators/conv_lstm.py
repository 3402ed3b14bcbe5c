"""The gradient modulator of 4DVarNet, a convolutional LSTM over the iterations of the solver."""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.layers.convolution import Convolution, Padding
from xdvn.core.layers.init import split_key
from xdvn.core.layers.resampling import depth_to_space, space_to_depth
from xdvn.core.modulators.abstract import AbstractGradientModulator

__all__ = ["GATES", "ConvLSTMModulator"]

GATES = "gates"
"""Name of the gates for a checkpoint policy (see ``adjoints.Unrolled``)."""


class ConvLSTMModulator(AbstractGradientModulator):
    """Convolutional LSTM with a memory (h, c) of earlier gradients.

        i, f, o = sigma(C [g, h]),  c~ = tanh(C [g, h]),  c <- f c + i c~,  h <- o tanh(c),  u = C_u h

    The gates are the most expensive convolution of the network. Moving blocks of ``factor`` cells per dimension into
    channels reduces their cost to a quarter in two dimensions, without loss of information.

    Parameters
    ----------
    channels : int
        Channels of the state.
    ndim : int
        Number of space dimensions.
    hidden : int
        Channels of h and c.
    factor : int
        Cells per dimension moved into channels; 1 for full resolution.
    scale : float
        Factor on the initial weights of the output layer; if small, initial updates are small.
    init_from_first_guess : bool
        Whether (h, c) = tanh(C_0 x_0) at the first step, from the first guess x_0. Default: h = c = 0, as published.
    taps : int
        Odd kernel size along every dimension.
    padding : Padding or tuple of Padding
        Values beyond the edges, one for all axes or one for each; ``Padding.CIRCULAR`` for a periodic axis.
    key : PRNGKeyArray
        Random key of the initial weights.

    References
    ----------
    Shi et al. 2015, arXiv:1506.04214; Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    gates: Convolution
    output: Convolution
    start: Convolution | None
    hidden: int = eqx.field(static=True)
    factor: int = eqx.field(static=True)

    def __init__(
        self,
        channels: int,
        ndim: int = 2,
        *,
        hidden: int = 32,
        factor: int = 2,
        scale: float = 0.1,
        init_from_first_guess: bool = False,
        taps: int = 3,
        padding: Padding | tuple[Padding, ...] = Padding.ZERO,
        key: PRNGKeyArray,
    ) -> None:
        k_gates, k_output, k_start = split_key(key, 3)
        deep = channels * factor**ndim
        layer = partial(Convolution, ndim=ndim, taps=taps, padding=padding)
        self.gates = layer(deep + hidden, 4 * hidden, key=k_gates)
        self.output = layer(hidden, deep, scale=scale, key=k_output)
        self.start = layer(deep, 2 * hidden, key=k_start) if init_from_first_guess else None
        self.hidden = hidden
        self.factor = factor

    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return h and c on the coarse grid: zero, or computed from the first guess."""
        if self.start is not None:
            h, c = jnp.split(jnp.tanh(self.start(space_to_depth(x, self.factor))), 2, axis=-1)
            return h, c
        coarse = [-(-n // self.factor) for n in x.shape[:-1]]
        zeros = jnp.zeros((*coarse, self.hidden), x.dtype)
        return zeros, zeros

    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the update and (h, c)."""
        h, c = hidden
        g = space_to_depth(gradient, self.factor)
        gates = checkpoint_name(self.gates(jnp.concatenate([g, h], -1)), GATES)
        i, f, o, candidate = jnp.split(gates, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(candidate)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return depth_to_space(self.output(h), self.factor, gradient.shape[:-1]), (h, c)
