"""The two bilinear maps that a convolution and all its derivatives are made of, as primitives of JAX.

A learned solver differentiates inside its own loop, so the derivatives of a convolution run inside ``lax.scan``, where
XLA's CPU compiler keeps only channels-last, unreversed convolutions fast and falls back to a naive loop nest (tens of
times slower) for the ones autodiff makes. The remedy is a family that is closed under differentiation: with C(x, w) the
correlation of x with the kernel w and D(x, g) its derivative by the kernel,

    C(x, w)[p, o] = sum_ti x[p + t, i] w[t, i, o],   D(x, g)[t, i, o] = sum_p x[p + t, i] g[p, o],
    transposes:   C by x: C(g, w'),  C by w: D(x, g),  D by x: C(g, W'),  D by g: C(x, W),

where w' is w reversed in space with its channels swapped. Both maps are linear in each argument, so forward mode is the
maps themselves, reverse mode these four lines, and any order of either stays inside the family. The same holds axis by
axis for either padding: what lies beyond the rim is zero, or the other side of the grid. How the sums are done depends
on the platform: on a CPU as below, elsewhere by the convolutions of the platform's own library.
"""

from __future__ import annotations

import enum
import functools
import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float

from xdvn.core.jit import compiling_lean
from xdvn.core.tiles import LANES, summed_products, tiled_correlate, tiled_derivative

__all__ = ["Padding", "correlate", "kernel_derivative"]


class Padding(enum.Enum):
    """What a convolution sees beyond the rim of one axis."""

    ZERO = "zero"
    CIRCULAR = "circular"


Paddings = tuple[Padding, ...]
Taps = tuple[int, ...]


def correlate(
    x: Float[Array, "*samples_and_space channels_in"],
    kernel: Float[Array, "*taps channels_in channels_out"],
    padding: Paddings,
) -> Float[Array, "*samples_and_space channels_out"]:
    """Return C(x, kernel) of one sample or many: one dtype, odd taps, one padding for each dimension of space."""
    return _C.bind(x, kernel, padding=padding, taps=kernel.shape[:-2])


def kernel_derivative(
    x: Float[Array, "*samples_and_space channels_in"],
    g: Float[Array, "*samples_and_space channels_out"],
    padding: Paddings,
    taps: Taps,
) -> Float[Array, "*taps channels_in channels_out"]:
    """Return D(x, g), summed over the samples, if there are several."""
    return _D.bind(x, g, padding=padding, taps=taps)


_NARROW = 16  # channels
_SPREAD = 9 * _NARROW  # channels out x taps
_FILLED = 3  # channels short of a multiple of LANES that are worth filling up
_ALIGNED = 8  # channels: 16 bytes of bfloat16, as much as a GPU loads at once
_WORTHWHILE, _WORTHWHILE_LEAN = 4096, 3072  # channels in x channels out

_C, _D = Primitive("correlate"), Primitive("kernel_derivative")


# ---- shapes ----------------------------------------------------------------------------------------------------------


@_C.def_abstract_eval
def _(x: Any, kernel: Any, *, padding: Paddings, taps: Taps) -> Any:
    return jax.core.ShapedArray((*x.shape[:-1], kernel.shape[-1]), x.dtype)


@_D.def_abstract_eval
def _(x: Any, g: Any, *, padding: Paddings, taps: Taps) -> Any:
    return jax.core.ShapedArray((*taps, x.shape[-1], g.shape[-1]), x.dtype)


# Outside of a compiled function: as one.
_C.def_impl(jax.jit(_C.bind, static_argnames=("padding", "taps")))
_D.def_impl(jax.jit(_D.bind, static_argnames=("padding", "taps")))


# ---- derivatives -----------------------------------------------------------------------------------------------------

ad.defbilinear(
    _C,
    lambda g, x, kernel, **p: _C.bind(g, _transposed(kernel), **p),
    lambda g, x, kernel, **p: _D.bind(x, g, **p),
)
ad.defbilinear(
    _D,
    lambda W, x, g, **p: _C.bind(g, _transposed(W), **p),
    lambda W, x, g, **p: _C.bind(x, W, **p),
)


def _transposed(kernel: Array) -> Array:
    n = kernel.ndim
    return jax.lax.transpose(jax.lax.rev(kernel, range(n - 2)), (*range(n - 2), n - 1, n - 2))


# ---- vmap: more samples, or more channels ----------------------------------------------------------------------------


def _batched_correlate(args: tuple[Array, Array], axes: tuple[int | None, int | None], **p: Any) -> tuple[Array, int]:
    x, kernel = args
    at_x, at_kernel = axes
    if at_kernel is None:
        return _C.bind(jnp.moveaxis(x, at_x, 0) if at_x else x, kernel, **p), 0
    if at_x is None:
        return _by_channels(lambda k: _C.bind(x, k, **p), kernel, at_kernel, -1)
    return _one_by_one(partial(_C.bind, **p), args, (at_x, at_kernel))


def _batched_derivative(args: tuple[Array, Array], axes: tuple[int | None, int | None], **p: Any) -> tuple[Array, int]:
    x, g = args
    at_x, at_g = axes
    if at_g is None:
        return _by_channels(lambda x: _D.bind(x, g, **p), x, at_x or 0, -2)
    if at_x is None:
        return _by_channels(lambda g: _D.bind(x, g, **p), g, at_g, -1)
    return _one_by_one(partial(_D.bind, **p), args, (at_x, at_g))


def _by_channels(product: Callable[[Array], Array], many: Array, at: int, out: int) -> tuple[Array, int]:
    """Let one side's batch be more channels of it; ``out`` is where those come out."""
    many = jnp.moveaxis(many, at, -2)
    n, c = many.shape[-2:]
    y = product(many.reshape(*many.shape[:-2], n * c))
    place = y.ndim + out
    return y.reshape(*y.shape[:place], n, c, *y.shape[place + 1 :]), place


def _one_by_one(product: Callable[[Array, Array], Array], args: tuple[Array, Array], axes: Any) -> tuple[Array, int]:
    """Both sides differ from sample to sample: networks or gradients side by side, which is rare."""
    both = tuple(jnp.moveaxis(a, at, 0) for a, at in zip(args, axes, strict=True))
    return jax.lax.map(lambda pair: product(*pair), both), 0


batching.primitive_batchers[_C] = _batched_correlate
batching.primitive_batchers[_D] = _batched_derivative


# ---- how the sums are done, of samples along one axis ----------------------------------------------------------------


def _as_precise_as_asked(convolution: Callable[..., Array]) -> Callable[..., Array]:
    """Round both factors where ``jax.default_matmul_precision("bfloat16")`` is set: XLA itself does so on TPUs only."""

    @functools.wraps(convolution)
    def rounded(a: Array, b: Array, **p: Any) -> Array:
        asked = jax.config.jax_default_matmul_precision  # type: ignore[attr-defined]
        if a.dtype != jnp.float32 or asked != "bfloat16":
            return convolution(a, b, **p)
        return convolution(a.astype(jnp.bfloat16), b.astype(jnp.bfloat16), **p).astype(a.dtype)

    return rounded


def _by_convolution(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """C as one convolution of the platform."""
    space = "DHW"[-len(taps) :]
    layout = (f"N{space}C", f"{space}IO", f"N{space}C")
    # Zeros are free inside the operation; the other side of the grid has to be laid on first.
    zeros = _rims(padding, taps, Padding.ZERO)
    x = _wrapped(x, padding, taps)
    return jax.lax.conv_general_dilated(x, kernel, (1,) * len(taps), zeros, dimension_numbers=layout)


def _by_aligned_convolution(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """C as one convolution of whole groups of channels, for which GPUs have their fast ones."""
    c_out = kernel.shape[-1]
    short_in, short_out = (-c % _ALIGNED for c in kernel.shape[-2:])
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, short_in)])
    kernel = jnp.pad(kernel, [(0, 0)] * len(taps) + [(0, short_in), (0, short_out)])
    y = _by_convolution(x, kernel, padding=padding, taps=taps)
    return jax.lax.slice_in_dim(y, 0, c_out, axis=-1)


def _derivative_by_convolution(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    """D as one convolution of the platform, the one that its library has for this."""
    blank = jax.ShapeDtypeStruct((*taps, x.shape[-1], g.shape[-1]), x.dtype)
    convolved = partial(_by_aligned_convolution, x, padding=padding, taps=taps)
    by_kernel = jax.linear_transpose(convolved, blank)
    return by_kernel(g)[0]


def _by_products(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    """C as one product of matrices for all taps, whose results are added up from where each tap looks."""
    c_in, c_out = kernel.shape[-2:]
    padded = _with_rims(x, padding, taps)
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
    padded = _with_rims(field, padding, taps)
    seen = []
    for tap in itertools.product(*[range(t) for t in taps]):
        start = [i if sign > 0 else t - 1 - i for i, t in zip(tap, taps, strict=True)]
        stop = [s + n for s, n in zip(start, shape, strict=True)]
        seen.append(jax.lax.slice(padded, [0, *start, 0], [samples, *stop, channels]).reshape(-1, channels))
    return seen


def _with_rims(field: Array, padding: Paddings, taps: Taps) -> Array:
    """Extend every axis by half a kernel at either end."""
    return jnp.pad(_wrapped(field, padding, taps), [(0, 0), *_rims(padding, taps, Padding.ZERO), (0, 0)])


def _wrapped(field: Array, padding: Paddings, taps: Taps) -> Array:
    """Extend the circular axes by half a kernel at either end."""
    if Padding.CIRCULAR not in padding:
        return field
    return jnp.pad(field, [(0, 0), *_rims(padding, taps, Padding.CIRCULAR), (0, 0)], mode="wrap")


def _rims(padding: Paddings, taps: Taps, kind: Padding) -> list[tuple[int, int]]:
    return [(t // 2, t // 2) if p is kind else (0, 0) for t, p in zip(taps, padding, strict=True)]


def _correlate_on_cpu(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
    c_in, c_out = kernel.shape[-2:]
    if _tiles_pay(taps, c_in, c_out):
        return tiled_correlate(_with_rims(x, padding, taps), kernel)
    if c_out < c_in and c_out * math.prod(taps) <= _SPREAD:
        return _by_products(x, kernel, padding=padding, taps=taps)
    if 0 < (short := -c_in % LANES) <= _FILLED:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, short)])
        kernel = jnp.pad(kernel, [(0, 0)] * len(taps) + [(0, short), (0, 0)])
    return _by_convolution(x, kernel, padding=padding, taps=taps)


def _derivative_on_cpu(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
    # Few channels out of many are one narrow product, the cheapest of all forms.
    if _tiles_pay(taps, x.shape[-1], g.shape[-1]) and g.shape[-1] > _NARROW:
        return tiled_derivative(_with_rims(x, padding, taps), g)
    return _derivative_by_products(x, g, padding=padding, taps=taps)


def _tiles_pay(taps: Taps, channels_in: int, channels_out: int) -> bool:
    """Whether saved products outweigh the sums that tiles cost, which grow with channels and not with their product.

    They do so by little for the smaller layers of a prior, whose many convolutions would take long to compile; less so
    where compilation is lean.
    """
    return taps == (3, 3) and channels_in * channels_out >= (_WORTHWHILE_LEAN if compiling_lean() else _WORTHWHILE)


# ---- what is compiled ------------------------------------------------------------------------------------------------

Sums = Callable[..., Array]


def _all_correlated(sums: Sums) -> Sums:
    """Let a way to compute C take samples along any number of axes, also none."""

    def correlated(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
        y = sums(_along_one_axis(x, taps), kernel, padding=padding, taps=taps)
        return y.reshape(*x.shape[:-1], y.shape[-1])

    return correlated


def _all_derived(sums: Sums) -> Sums:
    """Let a way to compute D take samples along any number of axes, also none."""

    def derived(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
        return sums(_along_one_axis(x, taps), _along_one_axis(g, taps), padding=padding, taps=taps)

    return derived


def _along_one_axis(x: Array, taps: Taps) -> Array:
    return x.reshape(-1, *x.shape[-len(taps) - 1 :])


for _primitive, _anywhere, _cpu in (
    (_C, _all_correlated(_by_aligned_convolution), _all_correlated(_correlate_on_cpu)),
    (_D, _all_derived(_derivative_by_convolution), _all_derived(_derivative_on_cpu)),
):
    mlir.register_lowering(_primitive, mlir.lower_fun(_as_precise_as_asked(_anywhere), multiple_results=False))
    mlir.register_lowering(_primitive, mlir.lower_fun(_cpu, multiple_results=False), platform="cpu")
