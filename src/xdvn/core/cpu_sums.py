"""The sums of a correlation and its derivative on CPUs: in which of several forms depends on taps and channels.

Samples lie along one axis, before space; channels are last. Inside of loops XLA's CPU compiler keeps only
channels-last, unreversed convolutions fast; all else here are products of matrices. What each form is worth is in
docs/performance.md. Called by ``correlation``.
"""

from __future__ import annotations

import functools
import itertools
import math

import jax
import jax.numpy as jnp
from jaxtyping import Array

from xdvn.core.jit import compiling_lean
from xdvn.core.library_sums import by_convolution
from xdvn.core.rims import Paddings, Taps, with_rims
from xdvn.core.tiles import LANES, summed_products, tiled_correlate, tiled_derivative

__all__ = ["correlate_on_cpu", "derivative_on_cpu"]

_NARROW = 16  # channels
_SPREAD = 9 * _NARROW  # channels out x taps
_FILLED = 3  # channels short of a multiple of LANES that are worth filling up
_WORTHWHILE, _WORTHWHILE_LEAN = 4096, 3072  # channels in x channels out


def correlate_on_cpu(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return C(x, kernel)."""
    c_in, c_out = kernel.shape[-2:]
    if _tiles_pay(taps, c_in, c_out):
        return tiled_correlate(with_rims(x, padding, taps), kernel)
    if c_out < c_in and c_out * math.prod(taps) <= _SPREAD:
        return _by_products(x, kernel, padding=padding, taps=taps)
    if 0 < (short := -c_in % LANES) <= _FILLED:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, short)])
        kernel = jnp.pad(kernel, [(0, 0)] * len(taps) + [(0, short), (0, 0)])
    return by_convolution(x, kernel, padding=padding, taps=taps)


def derivative_on_cpu(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """Return D(x, g)."""
    # Few channels out of many are one narrow product, the cheapest of all forms.
    if _tiles_pay(taps, x.shape[-1], g.shape[-1]) and g.shape[-1] > _NARROW:
        return tiled_derivative(with_rims(x, padding, taps), g)
    return _derivative_by_products(x, g, padding=padding, taps=taps)


def _tiles_pay(taps: Taps, channels_in: int, channels_out: int) -> bool:
    """Whether saved products outweigh the sums that tiles cost, which grow with channels and not with their product.

    They do so by little for the smaller layers of a prior, whose many convolutions would take long to compile; less so
    where compilation is lean.
    """
    return taps == (3, 3) and channels_in * channels_out >= (_WORTHWHILE_LEAN if compiling_lean() else _WORTHWHILE)


def _by_products(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """C as one product of matrices for all taps, whose results are added up from where each tap looks."""
    c_in, c_out = kernel.shape[-2:]
    padded = with_rims(x, padding, taps)
    products = jax.lax.dot(padded.reshape(-1, c_in), jnp.moveaxis(kernel, -2, 0).reshape(c_in, -1))
    products = products.reshape(*padded.shape[:-1], math.prod(taps) * c_out)
    samples, *shape, _ = x.shape
    seen = []
    for at, tap in enumerate(itertools.product(*[range(t) for t in taps])):
        stop = [i + n for i, n in zip(tap, shape, strict=True)]
        seen.append(jax.lax.slice(products, [0, *tap, at * c_out], [samples, *stop, (at + 1) * c_out]))
    return functools.reduce(jax.lax.add, seen)


def _derivative_by_products(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """D as products of matrices; which of three forms is fastest depends on which side is narrow."""
    c_in, c_out, n = x.shape[-1], g.shape[-1], math.prod(taps)
    if c_out <= _NARROW and c_out < c_in:
        columns = jnp.concatenate(_seen_from_taps(g, padding, taps, -1), 1)
        flat = summed_products(x.reshape(-1, c_in), columns).reshape(c_in, n, c_out)
        return flat.swapaxes(0, 1).reshape(*taps, c_in, c_out)
    seen = _seen_from_taps(x, padding, taps, 1)
    flat_g = g.reshape(-1, c_out)
    if c_in <= _NARROW:
        return summed_products(jnp.concatenate(seen, 1), flat_g).reshape(*taps, c_in, c_out)
    return jnp.stack([summed_products(s, flat_g) for s in seen]).reshape(*taps, c_in, c_out)


def _seen_from_taps(field: Array, padding: Paddings, taps: Taps, sign: int) -> list[Array]:
    """List the field as seen from every tap, as (pixels, channels) matrices; ``sign`` -1 looks the other way."""
    samples, *shape, channels = field.shape
    padded = with_rims(field, padding, taps)
    seen = []
    for tap in itertools.product(*[range(t) for t in taps]):
        start = [i if sign > 0 else t - 1 - i for i, t in zip(tap, taps, strict=True)]
        stop = [s + n for s, n in zip(start, shape, strict=True)]
        seen.append(jax.lax.slice(padded, [0, *start, 0], [samples, *stop, channels]).reshape(-1, channels))
    return seen
