"""Initial weights of layers, the keys to draw them, and trainable scalars."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

__all__ = ["init_scalar", "init_uniform", "split_key"]


def init_uniform(key: PRNGKeyArray, shape: tuple[int, ...], bound: float) -> Float[Array, "*shape"]:
    """Return weights uniform in +-``bound``.

    Examples
    --------
    >>> weights = init_uniform(jax.random.key(0), (3, 2), 0.5)
    >>> bool((abs(weights) <= 0.5).all()), weights.shape
    (True, (3, 2))
    """
    n, block = math.prod(shape), _BLOCK
    while block < n:
        block *= 16
    drawn = jax.random.uniform(key, (block,), minval=-bound, maxval=bound)
    if isinstance(drawn, jax.core.Tracer):
        return drawn[:n].reshape(shape)
    # NumPy slices and reshapes without two more programs to compile for each layer.
    return jax.device_put(np.array(np.asarray(drawn)[:n]).reshape(shape))


# The random generator is expensive to compile and runs once for each layer. All layers therefore share one program that
# draws 2^17 (or 2^21, ...) numbers, of which a layer uses the first. The n-th number does not depend on how many are
# drawn, so the values equal those of jax.random.uniform with the shape of the layer. Before JAX 0.5 they differ.
_BLOCK = 2**17


def split_key(key: PRNGKeyArray, n: int) -> list[PRNGKeyArray]:
    """Split a key into ``n`` keys, one for each part of a network.

    Examples
    --------
    >>> k_in, k_out = split_key(jax.random.key(0), 2)
    >>> bool(k_in == k_out)
    False
    """
    return list(jax.random.split(key, max(n, _KEYS)))[:n]


_KEYS = 8  # one program for all networks, as for _BLOCK


def init_scalar(value: float | Array) -> Float[Array, ""]:
    """Return a trainable scalar as an array of strong type.

    Examples
    --------
    >>> init_scalar(0.5).weak_type
    False
    """
    if not isinstance(value, float | int):  # an array, possibly traced
        return jnp.asarray(value, dtype=float)
    # jnp.asarray of a Python number would compile a program.
    return jax.device_put(np.asarray(value, jnp.result_type(float)))
