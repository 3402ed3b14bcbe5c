"""The one place where a convolution is computed: of one sample, channels last, padded to the same size.

It has derivatives of any order, forward (J v) and reverse, that are as fast as itself inside a loop; ``correlation``
says how. Every gridded network is made of ``Convolution``.
"""

from __future__ import annotations

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.correlation import correlate
from xdvn.core.rims import Padding
from xdvn.core.starting_weights import starting_keys, starting_weights

__all__ = ["Convolution", "Padding", "convolve"]


def convolve(
    x: Float[Array, "*space channels_in"],
    kernel: Float[Array, "*taps channels_in channels_out"],
    padding: tuple[Padding, ...] | None = None,
) -> Float[Array, "*space channels_out"]:
    """Correlate ``x`` with ``kernel`` over space, padded to the same size (odd taps only).

    Parameters
    ----------
    x : jax.Array
        One sample, channels last; any number of space dimensions from 1 to 3.
    kernel : jax.Array
        Taps of each space dimension, then input and output channels.
    padding : tuple of Padding, optional
        One for each space dimension; zeros along all of them unless given.

    Returns
    -------
    jax.Array
        The same space, ``channels_out`` channels.

    Raises
    ------
    ValueError
        The kernel has an even size, or there is not one padding for each dimension.

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
        raise ValueError(f"{len(padding)} paddings for {ndim} space dimensions; give one Padding for each")
    if any(t % 2 == 0 for t in kernel.shape[:-2]):
        raise ValueError(f"a kernel of {kernel.shape[:-2]} taps has no centre; use odd sizes such as 3")
    dtype = jnp.result_type(x, kernel)
    return correlate(x.astype(dtype), kernel.astype(dtype), padding)


class Convolution(eqx.Module):
    """A learned convolution with bias: the only layer the gridded networks are made of.

    Parameters
    ----------
    channels_in, channels_out : int
        Numbers of channels.
    ndim : int
        Number of space dimensions, 1 to 3.
    taps : int
        Odd kernel size along every dimension.
    scale : float
        Factor on the starting kernel, whose entries are uniform in +-1/sqrt(fan in).
    padding : Padding or tuple of Padding
        What lies beyond the rim, for all axes or one for each.
    key : PRNGKeyArray
        Randomness of the starting kernel.

    Raises
    ------
    ValueError
        When applied: there is not one padding for each dimension, or the kernel has an even size.
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
        k_kernel, k_bias = starting_keys(key, 2)
        bound = scale / math.sqrt(channels_in * taps**ndim)
        shape = (*(taps,) * ndim, channels_in, channels_out)
        self.kernel = starting_weights(k_kernel, shape, bound)
        self.bias = starting_weights(k_bias, (channels_out,), bound)
        self.padding = (padding,) * ndim if isinstance(padding, Padding) else padding

    def __call__(self, x: Float[Array, "*space channels_in"]) -> Float[Array, "*space channels_out"]:
        """Apply to one sample."""
        return convolve(x, self.kernel, self.padding) + self.bias
