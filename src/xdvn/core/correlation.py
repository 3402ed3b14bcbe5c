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
on the platform: ``cpu_sums`` and ``library_sums``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float

from xdvn.core.cpu_sums import correlate_on_cpu, derivative_on_cpu
from xdvn.core.library_sums import correlate_by_library, derivative_by_library
from xdvn.core.rims import Padding, Paddings, Taps

# Model files name Padding by this module, where it was.
__all__ = ["Padding", "correlate", "kernel_derivative"]


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


_C, _D = Primitive("correlate"), Primitive("kernel_derivative")


# ---- shapes ----------------------------------------------------------------------------------------------------------


@_C.def_abstract_eval
def _(x: Any, kernel: Any, *, padding: Paddings, taps: Taps) -> Any:
    return jax.core.ShapedArray((*x.shape[:-1], kernel.shape[-1]), x.dtype)


@_D.def_abstract_eval
def _(x: Any, g: Any, *, padding: Paddings, taps: Taps) -> Any:
    return jax.core.ShapedArray((*taps, x.shape[-1], g.shape[-1]), x.dtype)


def _as_one(primitive: Primitive) -> Callable[..., Array]:
    """Compute a primitive outside of a compiled function: as one, also where a user looks into others."""
    jitted = jax.jit(primitive.bind, static_argnames=("padding", "taps"))

    def compute(*args: Array, **p: Any) -> Array:
        with jax.disable_jit(False):
            return jitted(*args, **p)

    return compute


_C.def_impl(_as_one(_C))
_D.def_impl(_as_one(_D))


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
    (_C, _all_correlated(correlate_by_library), _all_correlated(correlate_on_cpu)),
    (_D, _all_derived(derivative_by_library), _all_derived(derivative_on_cpu)),
):
    mlir.register_lowering(_primitive, mlir.lower_fun(_anywhere, multiple_results=False))
    mlir.register_lowering(_primitive, mlir.lower_fun(_cpu, multiple_results=False), platform="cpu")
