"""A dense gradient modulator for small states."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.layers.dense import Dense
from xdvn.core.layers.init import split_key
from xdvn.core.modulators.abstract import AbstractGradientModulator

__all__ = ["MLPModulator"]


class MLPModulator(AbstractGradientModulator):
    """Dense layers on the flattened gradient, with a memory h.

        f = tanh(A [g ; h]),   h <- tanh(R f),   u = U [f ; h]

    The update uses the new memory, so that R has a gradient even if only the last step is differentiated. The weights
    apply to one window size; use ``ConvLSTMModulator`` or ``AttentionModulator`` on grids.

    Parameters
    ----------
    size : int
        Number of entries of a state, cells times channels.
    hidden : int
        Number of features f.
    memory : int
        Size of h; 0 for no memory.
    scale : float
        Factor on the initial weights of the output layer; if small, initial updates are small.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        If ``memory`` is negative. On a call: if the gradient has another size.

    References
    ----------
    Elman 1990, doi:10.1207/s15516709cog1402_1.

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
            raise ValueError(f"memory={memory}: expected 0 (no memory) or more. Pass e.g. memory=32.")
        k_features, k_output, k_recall = split_key(key, 3)
        self.features = Dense(size + memory, hidden, key=k_features)
        self.output = Dense(hidden + memory, size, scale=scale, key=k_output)
        self.recall = Dense(hidden, memory, key=k_recall) if memory else None

    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return h = 0, or None without memory."""
        return None if self.recall is None else jnp.zeros(self.recall.bias.shape, x.dtype)

    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the update and h."""
        flat = gradient.reshape(-1)
        f = jnp.tanh(self.features(flat if hidden is None else jnp.concatenate([flat, hidden])))
        if self.recall is None:
            return self.output(f).reshape(gradient.shape), None
        h = jnp.tanh(self.recall(f))
        return self.output(jnp.concatenate([f, h])).reshape(gradient.shape), h
