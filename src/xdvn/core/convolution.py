"""The one place where a convolution is computed.

A learned solver differentiates inside its own loop, so the derivatives of a convolution run inside ``lax.scan``,
where XLA's CPU compiler keeps only channels-last, unreversed convolutions fast and falls back to a naive loop nest
(tens of times slower) for the ones autodiff makes. The remedy is a family closed under any order of reverse mode:
with C(x, w) the convolution and D(x, g) its kernel derivative,

    dC/dx . g = C(g, w'),  dC/dw . g = D(x, g),  dD/dx . W = C(g, W'),  dD/dg . W = C(x, W),

where w' is w reversed in space with its channels swapped. Everything is again C (fast path) or D (matrix products).
Forward mode is given up by the custom rules; a product J v is had as the vjp of the vjp. The same holds axis by axis
for either padding: what lies beyond the rim is zero, or the other side of the grid.
"""

from __future__ import annotations

import enum
import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

__all__ = ["Convolution", "Padding", "convolve"]


class Padding(enum.Enum):
    """What a convolution sees beyond the rim of one axis."""

    ZERO = "zero"
    CIRCULAR = "circular"


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
    return _convolve(padding, x, kernel)


def _correlate(padding: tuple[Padding, ...], x: Array, kernel: Array) -> Array:
    space = "DHW"[-(x.ndim - 1) :]
    layout = (f"N{space}C", f"{space}IO", f"N{space}C")
    taps = kernel.shape[:-2]
    # Zeros are free inside the operation; the other side of the grid has to be laid on first.
    zeros = [(t // 2, t // 2) if p is Padding.ZERO else (0, 0) for t, p in zip(taps, padding, strict=True)]
    x = _wrap(padding, taps, x)
    return jax.lax.conv_general_dilated(x[None], kernel, (1,) * len(taps), zeros, dimension_numbers=layout)[0]


_convolve = jax.custom_vjp(_correlate, nondiff_argnums=(0,))


def _convolve_fwd(padding: tuple[Padding, ...], x: Array, kernel: Array) -> tuple[Array, tuple[Array, Array]]:
    # The wrapped function, not the raw operation: otherwise the second order falls back to lax's own derivatives.
    return _convolve(padding, x, kernel), (x, kernel)


def _convolve_bwd(padding: tuple[Padding, ...], saved: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    x, kernel = saved
    return _convolve(padding, g, _transposed(kernel)), _kernel_derivative(padding, kernel.shape[:-2], x, g)


_convolve.defvjp(_convolve_fwd, _convolve_bwd)


def _wrap(padding: tuple[Padding, ...], taps: tuple[int, ...], field: Array) -> Array:
    """Extend the circular axes by half a kernel at either end."""
    if Padding.CIRCULAR not in padding:
        return field
    rims = [(t // 2, t // 2) if p is Padding.CIRCULAR else (0, 0) for t, p in zip(taps, padding, strict=True)]
    return jnp.pad(field, [*rims, (0, 0)], mode="wrap")


def _transposed(kernel: Array) -> Array:
    return jnp.flip(kernel, range(kernel.ndim - 2)).swapaxes(-1, -2)


def _gather_taps(padding: tuple[Padding, ...], taps: tuple[int, ...], field: Array, sign: int) -> list[Array]:
    """List the field as seen from every tap, as (pixels, channels) matrices; ``sign`` -1 looks the other way."""
    shape = field.shape[:-1]
    zeros = [(t // 2, t // 2) if p is Padding.ZERO else (0, 0) for t, p in zip(taps, padding, strict=True)]
    padded = jnp.pad(_wrap(padding, taps, field), [*zeros, (0, 0)])
    seen = []
    for tap in itertools.product(*[range(t) for t in taps]):
        start = [i if sign > 0 else t - 1 - i for i, t in zip(tap, taps, strict=True)]
        window = jax.lax.slice(
            padded, [*start, 0], [*(s + n for s, n in zip(start, shape, strict=True)), field.shape[-1]]
        )
        seen.append(window.reshape(-1, field.shape[-1]))
    return seen


def _products(padding: tuple[Padding, ...], taps: tuple[int, ...], x: Array, g: Array) -> Array:
    """D(x, g)[tap, i, o] = sum over pixels p of x[p + tap, i] g[p, o]."""
    # Three forms of one sum; which is fastest depends on which side is narrow.
    c_in, c_out, n = x.shape[-1], g.shape[-1], math.prod(taps)
    if c_out <= 16 and c_out < c_in:
        columns = jnp.concatenate(_gather_taps(padding, taps, g, -1), 1)
        flat = (x.reshape(-1, c_in).T @ columns).reshape(c_in, n, c_out)
        return flat.swapaxes(0, 1).reshape(*taps, c_in, c_out)
    if c_in <= 16:
        columns = jnp.concatenate(_gather_taps(padding, taps, x, 1), 1)
        return (columns.T @ g.reshape(-1, c_out)).reshape(*taps, c_in, c_out)
    flat_g = g.reshape(-1, c_out)
    seen = _gather_taps(padding, taps, x, 1)
    return jnp.stack([s.T @ flat_g for s in seen]).reshape(*taps, c_in, c_out)


_kernel_derivative = jax.custom_vjp(_products, nondiff_argnums=(0, 1))


def _derivative_fwd(
    padding: tuple[Padding, ...], taps: tuple[int, ...], x: Array, g: Array
) -> tuple[Array, tuple[Array, Array]]:
    return _kernel_derivative(padding, taps, x, g), (x, g)


def _derivative_bwd(
    padding: tuple[Padding, ...], taps: tuple[int, ...], saved: tuple[Array, Array], cotangent: Array
) -> tuple[Array, Array]:
    x, g = saved
    return _convolve(padding, g, _transposed(cotangent)), _convolve(padding, x, cotangent)


_kernel_derivative.defvjp(_derivative_fwd, _derivative_bwd)


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
        k_kernel, k_bias = jax.random.split(key)
        bound = scale / math.sqrt(channels_in * taps**ndim)
        shape = (*(taps,) * ndim, channels_in, channels_out)
        self.kernel = jax.random.uniform(k_kernel, shape, minval=-bound, maxval=bound)
        self.bias = jax.random.uniform(k_bias, (channels_out,), minval=-bound, maxval=bound)
        self.padding = (padding,) * ndim if isinstance(padding, Padding) else padding

    def __call__(self, x: Float[Array, "*space channels_in"]) -> Float[Array, "*space channels_out"]:
        """Apply to one sample."""
        return convolve(x, self.kernel, self.padding) + self.bias
