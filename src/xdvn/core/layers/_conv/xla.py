"""Correlation and its kernel derivative as one convolution of XLA each, for all platforms except CPUs.

The arrays have the shape (sample, *space, channel).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from xdvn.core.layers._conv.padding import Padding, Paddings, Taps, halo_widths, pad_circular

__all__ = ["conv_xla", "kernel_derivative_xla", "plain_conv"]


def _at_default_precision(convolution: Callable[..., Array]) -> Callable[..., Array]:
    """Round factors and results to bfloat16 if ``jax_default_matmul_precision`` is "bfloat16".

    XLA itself applies that setting on TPUs only.
    """

    @functools.wraps(convolution)
    def rounded(a: Array, b: Array, **p: Any) -> Array:
        precision = jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
        if a.dtype != jnp.float32 or precision != "bfloat16":
            return convolution(a, b, **p)
        return convolution(a.astype(jnp.bfloat16), b.astype(jnp.bfloat16), **p).astype(a.dtype)

    return rounded


def plain_conv(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel) as one convolution."""
    space = "DHW"[-len(taps) :]
    layout = (f"N{space}C", f"{space}IO", f"N{space}C")
    # The operation pads with zeros at no cost; circular padding must precede it.
    zeros = halo_widths(padding, taps, Padding.ZERO)
    x = pad_circular(x, padding, taps)
    return jax.lax.conv_general_dilated(x, kernel, (1,) * len(taps), zeros, dimension_numbers=layout)


@_at_default_precision
def conv_xla(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel), with channels filled to multiples of 8, for which GPUs have fast kernels."""
    c_out = kernel.shape[-1]
    extra_in, extra_out = (-c % _ALIGNED for c in kernel.shape[-2:])
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, extra_in)])
    kernel = jnp.pad(kernel, [(0, 0)] * len(taps) + [(0, extra_in), (0, extra_out)])
    y = plain_conv(x, kernel, padding=padding, taps=taps)
    return jax.lax.slice_in_dim(y, 0, c_out, axis=-1)


_ALIGNED = 8  # channels: 16 bytes of bfloat16, one load of a GPU


@_at_default_precision
def kernel_derivative_xla(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return D(x, g) as the transpose of ``conv_xla`` with respect to the kernel."""
    blank = jax.ShapeDtypeStruct((*taps, x.shape[-1], g.shape[-1]), x.dtype)
    convolve = partial(conv_xla, x, padding=padding, taps=taps)
    return jax.linear_transpose(convolve, blank)(g)[0]
