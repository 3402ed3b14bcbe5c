"""A dense modulator on the flattened gradient, for small states: every entry may depend on every other.

    f = tanh(A [g ; h]),   h <- tanh(R f),   u = U [f ; h]

The memory h, if any, is carried over the solver's iterations (Elman 1990, doi:10.1207/s15516709cog1402_1); the update
uses the new memory, so that R has a gradient even if only the last step is differentiated. It works for one window
size; on grids use the convolutional or the attention modulator.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.layers.dense import Dense
from xdvn.core.layers.init import split_key
from xdvn.core.modulators.abstract import AbstractGradientModulator

__all__ = ["MLPModulator"]


class MLPModulator(AbstractGradientModulator):
    """Dense layers with a memory.

    Parameters
    ----------
    size : int
        Entries of a state: cells x channels.
    hidden : int
        Features.
    memory : int
        Numbers that are remembered from step to step; 0 makes every step forget the ones before.
    scale : float
        Factor on the output layer's starting weights: a small one starts training close to no learned step.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Raises
    ------
    ValueError
        ``memory`` is negative, or, when applied, the gradient has another size.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> modulator = MLPModulator(24, memory=8, key=jax.random.key(0))
    >>> gradient = jnp.ones((1, 24))
    >>> update, h = modulator(gradient, modulator.init(gradient))
    >>> update.shape, h.shape
    ((1, 24), (8,))
    """

    features: Dense
    output: Dense
    recall: Dense | None

    def __init__(self, size: int, *, hidden: int = 64, memory: int = 32, scale: float = 0.1, key: PRNGKeyArray) -> None:
        if memory < 0:
            raise ValueError(f"memory is {memory}; it is a number of features, 0 for none")
        k_features, k_output, k_recall = split_key(key, 3)
        self.features = Dense(size + memory, hidden, key=k_features)
        self.output = Dense(hidden + memory, size, scale=scale, key=k_output)
        self.recall = Dense(hidden, memory, key=k_recall) if memory else None

    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return h = 0, or no memory."""
        return None if self.recall is None else jnp.zeros(self.recall.bias.shape, x.dtype)

    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the update and h."""
        known = gradient.reshape(-1) if hidden is None else jnp.concatenate([gradient.reshape(-1), hidden])
        f = jnp.tanh(self.features(known))
        if self.recall is None:
            return self.output(f).reshape(gradient.shape), None
        h = jnp.tanh(self.recall(f))
        return self.output(jnp.concatenate([f, h])).reshape(gradient.shape), h
