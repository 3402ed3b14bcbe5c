"""Learned priors: autoencoders and U-Nets on grids, dense autoencoders for small states.

``BilinearPrior`` is the prior of 4DVarNet. ``ConvPrior`` is the simplest one, with padding chosen per axis;
``TwoScalePrior`` adds a coarse and a fine prior; ``UNetPrior`` has the widest receptive field. ``DenseBilinearPrior``
and ``MLPPrior`` work on the flattened window: every entry may depend on every other, for one window size only.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.layers.convolution import Convolution, Padding
from xdvn.core.layers.dense import Dense
from xdvn.core.layers.init import split_key
from xdvn.core.layers.resampling import pool, upsample
from xdvn.core.layers.unet import UNet
from xdvn.core.priors.abstract import AbstractPrior

__all__ = ["BilinearPrior", "ConvPrior", "DenseBilinearPrior", "MLPPrior", "TwoScalePrior", "UNetPrior"]


class BilinearPrior(AbstractPrior):
    """Convolutional bilinear autoencoder, the standard start on grids.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Space dimensions.
    hidden : int
        Features per cell.
    downsampling : int
        Averaging factor before the first layer, undone by linear interpolation after the last; 1 switches it off.
    taps : int
        Odd kernel size along every dimension.
    key : PRNGKeyArray
        Randomness of the starting weights.

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    encode: Convolution
    hide: Convolution
    features: Convolution
    decode: Convolution
    downsampling: int = eqx.field(static=True)

    def __init__(
        self, channels: int, ndim: int = 2, *, hidden: int = 32, downsampling: int = 2, taps: int = 3, key: PRNGKeyArray
    ) -> None:
        k_encode, k_hide, k_features, k_decode = split_key(key, 4)
        self.encode = Convolution(channels, hidden, ndim, taps=taps, key=k_encode)
        self.hide = Convolution(hidden, hidden, ndim, taps=taps, key=k_hide)
        # C_1, C_2 and C_3 in one convolution: three times fewer passes over z.
        self.features = Convolution(hidden, 3 * hidden, ndim, taps=taps, key=k_features)
        self.decode = Convolution(2 * hidden, channels, ndim, taps=taps, key=k_decode)
        self.downsampling = downsampling

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        coarse = pool(x, self.downsampling) if self.downsampling > 1 else x
        z = self.hide(jax.nn.relu(self.encode(coarse)))
        linear, left, right = jnp.split(self.features(z), 3, axis=-1)
        decoded = self.decode(jnp.concatenate([linear, left * right], -1))
        return upsample(decoded, x.shape[:-1]) if self.downsampling > 1 else decoded


class ConvPrior(AbstractPrior):
    """Convolution, ReLU, convolution.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Space dimensions.
    hidden : int
        Features per cell.
    taps : int
        Odd kernel size along every dimension.
    padding : Padding or tuple of Padding
        What lies beyond the rim, for all axes or one for each; ``Padding.CIRCULAR`` for a periodic axis.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Examples
    --------
    On a ring, turning the state turns its image:

    >>> import jax, jax.numpy as jnp
    >>> prior = ConvPrior(1, 1, hidden=4, padding=Padding.CIRCULAR, key=jax.random.key(0))
    >>> x = jnp.arange(40.0)[:, None]
    >>> bool(jnp.allclose(prior(jnp.roll(x, 7, 0)), jnp.roll(prior(x), 7, 0), atol=1e-5))
    True
    """

    encode: Convolution
    decode: Convolution

    def __init__(
        self,
        channels: int,
        ndim: int = 2,
        *,
        hidden: int = 32,
        taps: int = 3,
        padding: Padding | tuple[Padding, ...] = Padding.ZERO,
        key: PRNGKeyArray,
    ) -> None:
        k_encode, k_decode = split_key(key, 2)
        self.encode = Convolution(channels, hidden, ndim, taps=taps, padding=padding, key=k_encode)
        self.decode = Convolution(hidden, channels, ndim, taps=taps, padding=padding, key=k_decode)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.decode(jax.nn.relu(self.encode(x)))


class DenseBilinearPrior(AbstractPrior):
    """Bilinear autoencoder: products of features, decoded.

    Fablet et al. 2021, doi:10.1029/2021MS002572.

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
        k_left, k_right, k_decode = split_key(key, 3)
        self.left = Dense(size, hidden, key=k_left)
        self.right = Dense(size, hidden, key=k_right)
        self.decode = Dense(hidden, size, key=k_decode)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        flat = x.reshape(-1)
        return self.decode(jax.nn.relu(self.left(flat)) * jnp.tanh(self.right(flat))).reshape(x.shape)


class MLPPrior(AbstractPrior):
    """Autoencoder of two dense-ReLU-dense networks.

    Fablet et al. 2021, doi:10.1029/2021MS002572.

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
        k_in, k_latent, k_out, k_decode = split_key(key, 4)
        self.encode = (Dense(size, hidden, key=k_in), Dense(hidden, latent, key=k_latent))
        self.decode = (Dense(latent, hidden, key=k_decode), Dense(hidden, size, key=k_out))

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        z = self.encode[1](jax.nn.relu(self.encode[0](x.reshape(-1))))
        return self.decode[1](jax.nn.relu(self.decode[0](z))).reshape(x.shape)


class TwoScalePrior(AbstractPrior):
    """The sum of a prior on the grid and of one on the averaged grid.

    Fablet et al. 2021, doi:10.1029/2021MS002572.

    Parameters
    ----------
    fine : AbstractPrior
        Sees the state.
    coarse : AbstractPrior
        Sees averages over ``factor`` cells per dimension; its result is interpolated linearly.
    factor : int
        Cells per dimension that are averaged, 2 or more.

    Raises
    ------
    ValueError
        ``factor`` is below 2.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import IdentityPrior
    >>> TwoScalePrior(IdentityPrior(), IdentityPrior())(jnp.ones((8, 8, 1)))[0, 0].tolist()
    [2.0]
    """

    fine: AbstractPrior
    coarse: AbstractPrior
    factor: int = eqx.field(static=True, default=4)

    def __check_init__(self) -> None:
        if self.factor < 2:
            raise ValueError(f"factor is {self.factor}: the coarse part would see no coarser grid; use 2 or more")

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.fine(x) + upsample(self.coarse(pool(x, self.factor)), x.shape[:-1])


class UNetPrior(AbstractPrior):
    """phi(x) = x + U(x).

    Fablet, Febvre & Chapron 2023, doi:10.1109/TGRS.2023.3268370.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Space dimensions.
    widths : tuple of int
        Features at each resolution, finest first.
    factor : int
        Cells per dimension averaged before the finest of them.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> UNetPrior(3, 2, widths=(4, 8), key=jax.random.key(0))(jnp.ones((9, 10, 3))).shape
    (9, 10, 3)
    """

    unet: UNet

    def __init__(
        self,
        channels: int,
        ndim: int = 2,
        *,
        widths: tuple[int, ...] = (24, 32, 48),
        factor: int = 2,
        key: PRNGKeyArray,
    ) -> None:
        self.unet = UNet(channels, channels, ndim, widths=widths, factor=factor, scale=0.1, key=key)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return x + self.unet(x)
