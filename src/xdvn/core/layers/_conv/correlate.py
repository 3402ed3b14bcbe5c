"""Correlation and its kernel derivative, the bilinear maps of which all derivatives of a convolution consist."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float

from xdvn.core.layers._conv.cpu import conv_cpu, kernel_derivative_cpu
from xdvn.core.layers._conv.padding import Paddings, Taps
from xdvn.core.layers._conv.xla import conv_xla, kernel_derivative_xla

__all__ = ["correlate", "kernel_derivative"]


def correlate(
    x: Float[Array, "*samples_and_space channels_in"],
    kernel: Float[Array, "*taps channels_in channels_out"],
    padding: Paddings,
) -> Float[Array, "*samples_and_space channels_out"]:
    """Return C(x, kernel) of one or several samples, for odd taps, equal dtypes and one padding per space dimension.

    A learned solver differentiates inside its loop, so the derivatives of a convolution run inside ``lax.scan``. There,
    XLA's CPU compiler is fast only for channels-last, unreversed convolutions; those of automatic differentiation are
    tens of times slower. Two primitives of JAX avoid them: the correlation C(x, w) of x with the kernel w, and its
    derivative D(x, g) with respect to the kernel,

        C(x, w)[p, o] = sum_ti x[p + t, i] w[t, i, o],   D(x, g)[t, i, o] = sum_p x[p + t, i] g[p, o],
        transposes:   C by x: C(g, w'),  C by w: D(x, g),  D by x: C(g, W'),  D by g: C(x, W),

    where w' is w reversed in space with its channels swapped. Both maps are linear in each argument, so their forward
    and reverse derivatives of any order are C and D again. This holds axis by axis, for zero and for circular padding.
    The platform selects the implementation: ``cpu`` or ``xla``.
    """
    return _C.bind(x, kernel, padding=padding, taps=kernel.shape[:-2])


def kernel_derivative(
    x: Float[Array, "*samples_and_space channels_in"],
    g: Float[Array, "*samples_and_space channels_out"],
    padding: Paddings,
    taps: Taps,
) -> Float[Array, "*taps channels_in channels_out"]:
    """Return D(x, g), summed over the samples."""
    return _D.bind(x, g, padding=padding, taps=taps)


_C, _D = Primitive("correlate"), Primitive("kernel_derivative")


# ---- shapes ----------------------------------------------------------------------------------------------------------


@_C.def_abstract_eval
def _(x: Any, kernel: Any, *, padding: Paddings, taps: Taps) -> Any:
    return jax.core.ShapedArray((*x.shape[:-1], kernel.shape[-1]), x.dtype)


@_D.def_abstract_eval
def _(x: Any, g: Any, *, padding: Paddings, taps: Taps) -> Any:
    return jax.core.ShapedArray((*taps, x.shape[-1], g.shape[-1]), x.dtype)


def _compiled_impl(primitive: Primitive) -> Callable[..., Array]:
    """Compile the evaluation of a primitive outside ``jit``, also under ``jax.disable_jit``."""
    jitted = jax.jit(primitive.bind, static_argnames=("padding", "taps"))

    def compute(*args: Array, **p: Any) -> Array:
        with jax.disable_jit(False):
            return jitted(*args, **p)

    return compute


_C.def_impl(_compiled_impl(_C))
_D.def_impl(_compiled_impl(_D))


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
    axis_x, axis_kernel = axes
    if axis_kernel is None:
        return _C.bind(jnp.moveaxis(x, axis_x, 0) if axis_x else x, kernel, **p), 0
    if axis_x is None:
        return _batch_as_channels(lambda k: _C.bind(x, k, **p), kernel, axis_kernel, -1)
    return _loop_over_batch(partial(_C.bind, **p), args, (axis_x, axis_kernel))


def _batched_derivative(args: tuple[Array, Array], axes: tuple[int | None, int | None], **p: Any) -> tuple[Array, int]:
    x, g = args
    axis_x, axis_g = axes
    if axis_g is None:
        return _batch_as_channels(lambda x: _D.bind(x, g, **p), x, axis_x or 0, -2)
    if axis_x is None:
        return _batch_as_channels(lambda g: _D.bind(x, g, **p), g, axis_g, -1)
    return _loop_over_batch(partial(_D.bind, **p), args, (axis_x, axis_g))


def _batch_as_channels(product: Callable[[Array], Array], batch: Array, axis: int, out: int) -> tuple[Array, int]:
    """Fold the batch of one argument into its channels, which are axis ``out`` of the result."""
    batch = jnp.moveaxis(batch, axis, -2)
    n, c = batch.shape[-2:]
    y = product(batch.reshape(*batch.shape[:-2], n * c))
    out_axis = y.ndim + out
    return y.reshape(*y.shape[:out_axis], n, c, *y.shape[out_axis + 1 :]), out_axis


def _loop_over_batch(f: Callable[[Array, Array], Array], args: tuple[Array, Array], axes: Any) -> tuple[Array, int]:
    """Loop over a batch of both arguments, which is rare (several networks or gradients)."""
    both = tuple(jnp.moveaxis(a, axis, 0) for a, axis in zip(args, axes, strict=True))
    return jax.lax.map(lambda pair: f(*pair), both), 0


batching.primitive_batchers[_C] = _batched_correlate
batching.primitive_batchers[_D] = _batched_derivative


# ---- lowering --------------------------------------------------------------------------------------------------------

Implementation = Callable[..., Array]


def _over_samples(implementation: Implementation) -> Implementation:
    """Extend an implementation of C to any number of sample axes."""

    def correlate_samples(x: Array, kernel: Array, *, padding: Paddings, taps: Taps) -> Array:
        y = implementation(_flatten_samples(x, taps), kernel, padding=padding, taps=taps)
        return y.reshape(*x.shape[:-1], y.shape[-1])

    return correlate_samples


def _summed_over_samples(implementation: Implementation) -> Implementation:
    """Extend an implementation of D to any number of sample axes."""

    def derive_samples(x: Array, g: Array, *, padding: Paddings, taps: Taps) -> Array:
        return implementation(_flatten_samples(x, taps), _flatten_samples(g, taps), padding=padding, taps=taps)

    return derive_samples


def _flatten_samples(x: Array, taps: Taps) -> Array:
    return x.reshape(-1, *x.shape[-len(taps) - 1 :])


for _primitive, _default, _cpu in (
    (_C, _over_samples(conv_xla), _over_samples(conv_cpu)),
    (_D, _summed_over_samples(kernel_derivative_xla), _summed_over_samples(kernel_derivative_cpu)),
):
    mlir.register_lowering(_primitive, mlir.lower_fun(_default, multiple_results=False))
    mlir.register_lowering(_primitive, mlir.lower_fun(_cpu, multiple_results=False), platform="cpu")
