"""Convolution of one sample, channels last, padded to the same size.

Its derivatives of any order, in forward (J v) and reverse mode, are as fast as the convolution itself inside a loop;
``_conv.correlate`` explains how.
"""

from __future__ import annotations

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.layers._conv.correlate import correlate
from xdvn.core.layers._conv.padding import Padding
from xdvn.core.layers.init import init_uniform, split_key

__all__ = ["Convolution", "Padding", "convolve"]


def convolve(
    x: Float[Array, "*space channels_in"],
    kernel: Float[Array, "*taps channels_in channels_out"],
    padding: tuple[Padding, ...] | None = None,
) -> Float[Array, "*space channels_out"]:
    """Correlate ``x`` with ``kernel`` over space, padded to the same size.

    Parameters
    ----------
    x : jax.Array
        One sample, channels last, with 1 to 3 space dimensions.
    kernel : jax.Array
        Taps of each space dimension, then input and output channels; odd numbers of taps.
    padding : tuple of Padding, optional
        Padding of each space dimension. If None, zeros.

    Returns
    -------
    jax.Array
        Field on the same grid with ``channels_out`` channels.

    Raises
    ------
    ValueError
        If the kernel has an even size, or ``padding`` does not have one value for each space dimension.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> x = jnp.array([[1.0], [2.0], [3.0]])
    >>> convolve(x, jnp.ones((3, 1, 1)))[:, 0].tolist()
    [3.0, 6.0, 5.0]
    >>> convolve(x, jnp.ones((3, 1, 1)), (Padding.CIRCULAR,))[:, 0].tolist()
    [6.0, 6.0, 6.0]
    """
    ndim = x.ndim - 1
    padding = (Padding.ZERO,) * ndim if padding is None else padding
    if len(padding) != ndim:
        raise ValueError(f"padding={padding}: expected {ndim} values. Give one Padding for each space dimension.")
    if any(t % 2 == 0 for t in kernel.shape[:-2]):
        raise ValueError(f"kernel of {kernel.shape[:-2]} taps: expected odd sizes. Use, for example, 3.")
    dtype = jnp.result_type(x, kernel)
    return correlate(x.astype(dtype), kernel.astype(dtype), padding)


class Convolution(eqx.Module):
    """Learned convolution with a bias.

    Parameters
    ----------
    channels_in, channels_out : int
        Numbers of channels.
    ndim : int
        Number of space dimensions, 1 to 3.
    taps : int
        Odd kernel size along every dimension. Default: 3.
    scale : float
        Factor on the initial kernel, which is uniform in +-1/sqrt(fan in). Default: 1.
    padding : Padding or tuple of Padding
        Values beyond the boundary, for all axes or one for each. Default: zeros.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        On application, if the kernel has an even size or ``padding`` has another number of values than ``ndim``.
    """

    kernel: Float[Array, "*taps channels_in channels_out"]
    bias: Float[Array, " channels_out"]
    padding: tuple[Padding, ...] = eqx.field(static=True)

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        ndim: int,
        *,
        taps: int = 3,
        scale: float = 1.0,
        padding: Padding | tuple[Padding, ...] = Padding.ZERO,
        key: PRNGKeyArray,
    ) -> None:
        k_kernel, k_bias = split_key(key, 2)
        bound = scale / math.sqrt(channels_in * taps**ndim)
        shape = (*(taps,) * ndim, channels_in, channels_out)
        self.kernel = init_uniform(k_kernel, shape, bound)
        self.bias = init_uniform(k_bias, (channels_out,), bound)
        self.padding = (padding,) * ndim if isinstance(padding, Padding) else padding

    def __call__(self, x: Float[Array, "*space channels_in"]) -> Float[Array, "*space channels_out"]:
        """Apply the layer to one sample."""
        return convolve(x, self.kernel, self.padding) + self.bias
