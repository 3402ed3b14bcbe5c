"""Correlation and its kernel derivative on CPUs, in one of several forms that depend on taps and channels.

The arrays have the shape (sample, *space, channel). Inside loops, XLA's CPU compiler is fast only for channels-last,
unreversed convolutions, so the other forms are matrix products. docs/performance.md compares their speed.
"""

from __future__ import annotations

import functools
import itertools
import math

import jax
import jax.numpy as jnp
from jaxtyping import Array

from xdvn.core.compilation import in_training_jit
from xdvn.core.layers._conv.padding import Paddings, Taps, pad
from xdvn.core.layers._conv.winograd import LANES, contract_cells, winograd_conv, winograd_kernel_derivative
from xdvn.core.layers._conv.xla import plain_conv

__all__ = ["conv_cpu", "kernel_derivative_cpu"]


def conv_cpu(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel)."""
    c_in, c_out = kernel.shape[-2:]
    if _use_winograd(taps, c_in, c_out):
        return winograd_conv(pad(x, padding, taps), kernel)
    if c_out < c_in and c_out * math.prod(taps) <= _MAX_MATMUL:
        return _conv_by_matmul(x, kernel, padding=padding, taps=taps)
    if 0 < (extra := -c_in % LANES) <= _MAX_FILL:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, extra)])
        kernel = jnp.pad(kernel, [(0, 0)] * len(taps) + [(0, extra), (0, 0)])
    return plain_conv(x, kernel, padding=padding, taps=taps)


_NARROW = 16  # channels
_MAX_MATMUL = 9 * _NARROW  # channels out x taps
_MAX_FILL = 3  # largest number of channels added to reach a multiple of LANES


def kernel_derivative_cpu(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return D(x, g)."""
    # For few output channels, one narrow product is the cheapest form.
    if _use_winograd(taps, x.shape[-1], g.shape[-1]) and g.shape[-1] > _NARROW:
        return winograd_kernel_derivative(pad(x, padding, taps), g)
    return _kernel_derivative_by_matmul(x, g, padding=padding, taps=taps)


def _use_winograd(taps: Taps, channels_in: int, channels_out: int) -> bool:
    """Return True if Winograd tiles are faster; they save multiplications and add sums over the channels.

    Smaller layers gain little and would take long to compile; the limit is lower where compilation is cheap.
    """
    smallest = _MIN_WINOGRAD_TRAINING if in_training_jit() else _MIN_WINOGRAD
    return taps == (3, 3) and channels_in * channels_out >= smallest


_MIN_WINOGRAD, _MIN_WINOGRAD_TRAINING = 4096, 3072  # channels in x channels out


def _conv_by_matmul(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel) as one matrix product for all taps, followed by a sum of shifted results."""
    c_in, c_out = kernel.shape[-2:]
    padded = pad(x, padding, taps)
    products = jax.lax.dot(padded.reshape(-1, c_in), jnp.moveaxis(kernel, -2, 0).reshape(c_in, -1))
    products = products.reshape(*padded.shape[:-1], math.prod(taps) * c_out)
    samples, *shape, _ = x.shape
    shifted = []
    for i_tap, tap in enumerate(itertools.product(*[range(t) for t in taps])):
        stop = [i + n for i, n in zip(tap, shape, strict=True)]
        shifted.append(jax.lax.slice(products, [0, *tap, i_tap * c_out], [samples, *stop, (i_tap + 1) * c_out]))
    return functools.reduce(jax.lax.add, shifted)


def _kernel_derivative_by_matmul(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return D(x, g) as matrix products, in the fastest of three forms for these channels."""
    c_in, c_out, n = x.shape[-1], g.shape[-1], math.prod(taps)
    if c_out <= _NARROW and c_out < c_in:
        columns = jnp.concatenate(_shifted_fields(g, padding, taps, -1), 1)
        flat = contract_cells(x.reshape(-1, c_in), columns).reshape(c_in, n, c_out)
        return flat.swapaxes(0, 1).reshape(*taps, c_in, c_out)
    shifted = _shifted_fields(x, padding, taps, 1)
    flat_g = g.reshape(-1, c_out)
    if c_in <= _NARROW:
        return contract_cells(jnp.concatenate(shifted, 1), flat_g).reshape(*taps, c_in, c_out)
    return jnp.stack([contract_cells(s, flat_g) for s in shifted]).reshape(*taps, c_in, c_out)


def _shifted_fields(field: Array, padding: Paddings, taps: Taps, sign: int) -> list[Array]:
    """List the field shifted by every tap, as (cell, channel) matrices; ``sign`` -1 reverses the shifts."""
    samples, *shape, channels = field.shape
    padded = pad(field, padding, taps)
    shifted = []
    for tap in itertools.product(*[range(t) for t in taps]):
        start = [i if sign > 0 else t - 1 - i for i, t in zip(tap, taps, strict=True)]
        stop = [s + n for s, n in zip(start, shape, strict=True)]
        shifted.append(jax.lax.slice(padded, [0, *start, 0], [samples, *stop, channels]).reshape(-1, channels))
    return shifted
