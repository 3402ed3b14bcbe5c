"""Learned priors on the flattened window, for small states: every entry may depend on every other.

    DenseBilinearPrior   phi(x) = D (ReLU(A x) * tanh(B x))
    MLPPrior             phi(x) = D_2 ReLU(D_1 z),  z = E_2 ReLU(E_1 x)

Their number of weights grows with the window, which they serve in one size only; on grids take a convolutional prior.
Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.dense import Dense
from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.starting_weights import starting_keys

__all__ = ["DenseBilinearPrior", "MLPPrior"]


class DenseBilinearPrior(AbstractPrior):
    """Bilinear autoencoder: products of features, decoded.

    Parameters
    ----------
    size : int
        Entries of a state: cells x channels.
    hidden : int
        Features.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Raises
    ------
    ValueError
        When applied to a state of another size.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> DenseBilinearPrior(3 * 8, hidden=6, key=jax.random.key(0))(jnp.ones((1, 24))).shape
    (1, 24)
    """

    left: Dense
    right: Dense
    decode: Dense

    def __init__(self, size: int, *, hidden: int = 32, key: PRNGKeyArray) -> None:
        k_left, k_right, k_decode = starting_keys(key, 3)
        self.left = Dense(size, hidden, key=k_left)
        self.right = Dense(size, hidden, key=k_right)
        self.decode = Dense(hidden, size, key=k_decode)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        flat = x.reshape(-1)
        return self.decode(jax.nn.relu(self.left(flat)) * jnp.tanh(self.right(flat))).reshape(x.shape)


class MLPPrior(AbstractPrior):
    """Autoencoder of two dense-ReLU-dense networks.

    Parameters
    ----------
    size : int
        Entries of a state: cells x channels.
    hidden : int
        Features of the layer in the middle of encoder and decoder.
    latent : int
        Numbers that a state is squeezed through.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Raises
    ------
    ValueError
        When applied to a state of another size.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> MLPPrior(3 * 8, hidden=16, latent=4, key=jax.random.key(0))(jnp.ones((1, 24))).shape
    (1, 24)
    """

    encode: tuple[Dense, Dense]
    decode: tuple[Dense, Dense]

    def __init__(self, size: int, *, hidden: int = 64, latent: int = 16, key: PRNGKeyArray) -> None:
        k_in, k_latent, k_out, k_decode = starting_keys(key, 4)
        self.encode = (Dense(size, hidden, key=k_in), Dense(hidden, latent, key=k_latent))
        self.decode = (Dense(latent, hidden, key=k_decode), Dense(hidden, size, key=k_out))

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        z = self.encode[1](jax.nn.relu(self.encode[0](x.reshape(-1))))
        return self.decode[1](jax.nn.relu(self.decode[0](z))).reshape(x.shape)
