"""A learned affine map of the last axis: the only layer the networks on flattened windows are made of.

    y = x W + b

A layer of the package's own, since a model file names the classes it holds and has to be readable for years;
equinox's layers live in private modules and hold functions. Called by priors and modulators.
"""

from __future__ import annotations

import math

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.starting_weights import starting_keys, starting_weights

__all__ = ["Dense"]


class Dense(eqx.Module):
    """y = x W + b over the last axis, whatever comes before it.

    Parameters
    ----------
    features_in, features_out : int
        Numbers of features.
    scale : float
        Factor on the starting weights, which are uniform in +-1/sqrt(features_in).
    key : PRNGKeyArray
        Randomness of the starting weights.

    Raises
    ------
    ValueError
        When applied to another number of features than it was made for.
    """

    weight: Float[Array, "features_in features_out"]
    bias: Float[Array, " features_out"]

    def __init__(self, features_in: int, features_out: int, *, scale: float = 1.0, key: PRNGKeyArray) -> None:
        k_weight, k_bias = starting_keys(key, 2)
        bound = scale / math.sqrt(features_in)
        self.weight = starting_weights(k_weight, (features_in, features_out), bound)
        self.bias = starting_weights(k_bias, (features_out,), bound)

    def __call__(self, x: Float[Array, "*any features_in"]) -> Float[Array, "*any features_out"]:
        """Apply to the last axis."""
        if x.shape[-1] != len(self.weight):
            raise ValueError(
                f"{x.shape[-1]} numbers came to a dense layer made for {len(self.weight)}; a dense network serves the "
                "window size it was made for: make one with size = cells x channels, or take a convolutional one, "
                "which serves all sizes"
            )
        return x @ self.weight + self.bias
