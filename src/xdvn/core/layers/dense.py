"""Learned affine map of the last axis, for networks on flattened windows."""

from __future__ import annotations

import math

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.layers.init import init_uniform, split_key

__all__ = ["Dense"]


class Dense(eqx.Module):
    """Affine map y = x W + b of the last axis.

    Model files name this class, so that they do not depend on the layers of equinox.

    Parameters
    ----------
    features_in, features_out : int
        Numbers of features.
    scale : float
        Factor on the initial weights, which are uniform in +-1/sqrt(features_in). Default: 1.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        On application, if the last axis does not have ``features_in`` values.
    """

    weight: Float[Array, "features_in features_out"]
    bias: Float[Array, " features_out"]

    def __init__(self, features_in: int, features_out: int, *, scale: float = 1.0, key: PRNGKeyArray) -> None:
        k_weight, k_bias = split_key(key, 2)
        bound = scale / math.sqrt(features_in)
        self.weight = init_uniform(k_weight, (features_in, features_out), bound)
        self.bias = init_uniform(k_bias, (features_out,), bound)

    def __call__(self, x: Float[Array, "*any features_in"]) -> Float[Array, "*any features_out"]:
        """Apply the layer to the last axis."""
        if x.shape[-1] != len(self.weight):
            raise ValueError(
                f"input of {x.shape[-1]} values: expected {len(self.weight)}. Build the network with size = cells x "
                "channels of the window, or use a convolutional one."
            )
        return x @ self.weight + self.bias
