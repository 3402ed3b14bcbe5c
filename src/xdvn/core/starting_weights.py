"""Starting weights of layers: uniform between two bounds.

Drawn by programs of their own: a generator of random numbers is long to compile and runs once for each layer. Compiled
without optimisation, those of one layer come in a third of the time.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.jit import hasty_jit

__all__ = ["starting_weights"]


def starting_weights(key: PRNGKeyArray, shape: tuple[int, ...], bound: float) -> Float[Array, "*shape"]:
    """Return weights uniform in +-``bound``: the numbers of ``jax.random.uniform``.

    Examples
    --------
    >>> weights = starting_weights(jax.random.key(0), (3, 2), 0.5)
    >>> bool((abs(weights) <= 0.5).all()), weights.shape
    (True, (3, 2))
    """
    # The draw is exact whatever the compiler does; only the scaling is rounded, and that is compiled as ever.
    return _between(_drawn(key, shape), bound)


@hasty_jit
def _drawn(key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
    return jax.random.uniform(key, shape)


@jax.jit
def _between(drawn: Array, bound: Any) -> Array:
    return jnp.maximum(-bound, drawn * (bound + bound) - bound)
