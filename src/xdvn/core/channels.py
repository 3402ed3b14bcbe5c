"""Channels are variables x times, the variable slowest: the one place where they are told apart.

Called by the priors for which time is not just another channel.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Array, Float

__all__ = ["variables_and_times"]


def variables_and_times(
    x: Float[Array | np.ndarray, "*space channel"], n_variables: int
) -> Float[Array | np.ndarray, "*space variable time"]:
    """Split the channels; ``reshape`` undoes it.

    Raises
    ------
    ValueError
        The channels are no multiple of the variables.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> variables_and_times(jnp.array([[1.0, 2.0, 10.0, 20.0]]), 2)[0].tolist()
    [[1.0, 2.0], [10.0, 20.0]]
    """
    if n_variables < 1 or x.shape[-1] % n_variables:
        raise ValueError(
            f"{x.shape[-1]} channels are no whole number of times of {n_variables} variables; "
            "set n_variables so that channels = variables x times"
        )
    return x.reshape(*x.shape[:-1], n_variables, -1)
