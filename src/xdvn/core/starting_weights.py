"""Starting weights: of layers, uniform between two bounds, with the keys that they are drawn from; and of numbers.

A generator of random numbers takes long to compile and runs once for each layer. So layers share a program: numbers are
drawn by the block of 2^17 (or 2^21, ...), keys by the block of 8, and a layer takes the first of them. They are those
of ``jax.random.uniform`` in the layer's own shape and of ``jax.random.split`` into its own number, as the n-th number
of JAX's generator does not depend on how many are drawn; before JAX 0.5 it did, and there they are others.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

__all__ = ["starting_keys", "starting_number", "starting_weights"]


def starting_weights(key: PRNGKeyArray, shape: tuple[int, ...], bound: float) -> Float[Array, "*shape"]:
    """Return weights uniform in +-``bound``.

    Examples
    --------
    >>> weights = starting_weights(jax.random.key(0), (3, 2), 0.5)
    >>> bool((abs(weights) <= 0.5).all()), weights.shape
    (True, (3, 2))
    """
    n, block = math.prod(shape), _BLOCK
    while block < n:
        block *= 16
    drawn = jax.random.uniform(key, (block,), minval=-bound, maxval=bound)
    if isinstance(drawn, jax.core.Tracer):
        return drawn[:n].reshape(shape)
    # By way of NumPy: cutting and shaping would be two programs more for each layer.
    return jax.device_put(np.array(np.asarray(drawn)[:n]).reshape(shape))


def starting_keys(key: PRNGKeyArray, n: int) -> list[PRNGKeyArray]:
    """Return ``n`` keys, one for each part of a network.

    Examples
    --------
    >>> k_in, k_out = starting_keys(jax.random.key(0), 2)
    >>> bool(k_in == k_out)
    False
    """
    return list(jax.random.split(key, max(n, _KEYS)))[:n]


def starting_number(value: float | Array) -> Float[Array, ""]:
    """Return a number to train, or an array of none, as an array of strong type.

    Examples
    --------
    >>> starting_number(0.5).weak_type
    False
    """
    if not isinstance(value, float | int):  # traced, it may be
        return jnp.asarray(value, dtype=float)
    # By way of NumPy: turning a Python number into an array is a program.
    return jax.device_put(np.asarray(value, jnp.result_type(float)))


_BLOCK = 2**17
_KEYS = 8
