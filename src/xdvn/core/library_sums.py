"""The sums of a correlation and its derivative by the platform's own library, as GPUs have them: one convolution each.

Samples lie along one axis, before space; channels are last. Called by ``correlation`` for all platforms but CPUs; these
take a plain convolution from here where that is the best form.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from xdvn.core.rims import Padding, Paddings, Taps, rims, wrapped

__all__ = ["by_convolution", "correlate_by_library", "derivative_by_library"]

_ALIGNED = 8  # channels: 16 bytes of bfloat16, as much as a GPU loads at once


def _as_precise_as_asked(convolution: Callable[..., Array]) -> Callable[..., Array]:
    """Compute in bfloat16, factors and results, where JAX is told so; XLA itself does it on TPUs only.

    By ``jax.config.update("jax_default_matmul_precision", "bfloat16")``, or around a call.
    """

    @functools.wraps(convolution)
    def rounded(a: Array, b: Array, **p: Any) -> Array:
        asked = jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
        if a.dtype != jnp.float32 or asked != "bfloat16":
            return convolution(a, b, **p)
        return convolution(a.astype(jnp.bfloat16), b.astype(jnp.bfloat16), **p).astype(a.dtype)

    return rounded


def by_convolution(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel) as one convolution."""
    space = "DHW"[-len(taps) :]
    layout = (f"N{space}C", f"{space}IO", f"N{space}C")
    # Zeros are free inside the operation; the other side of the grid has to be laid on first.
    zeros = rims(padding, taps, Padding.ZERO)
    x = wrapped(x, padding, taps)
    return jax.lax.conv_general_dilated(x, kernel, (1,) * len(taps), zeros, dimension_numbers=layout)


@_as_precise_as_asked
def correlate_by_library(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel) as one convolution of whole groups of channels, for which GPUs have their fast ones."""
    c_out = kernel.shape[-1]
    short_in, short_out = (-c % _ALIGNED for c in kernel.shape[-2:])
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, short_in)])
    kernel = jnp.pad(kernel, [(0, 0)] * len(taps) + [(0, short_in), (0, short_out)])
    y = by_convolution(x, kernel, padding=padding, taps=taps)
    return jax.lax.slice_in_dim(y, 0, c_out, axis=-1)


@_as_precise_as_asked
def derivative_by_library(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return D(x, g) as one convolution, the one that the library has for this."""
    blank = jax.ShapeDtypeStruct((*taps, x.shape[-1], g.shape[-1]), x.dtype)
    convolved = partial(correlate_by_library, x, padding=padding, taps=taps)
    by_kernel = jax.linear_transpose(convolved, blank)
    return by_kernel(g)[0]
