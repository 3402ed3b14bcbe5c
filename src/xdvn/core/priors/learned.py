"""Learned priors: convolutional autoencoders and U-Nets on grids, and dense autoencoders of the flattened state."""

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
    """Convolutional bilinear autoencoder, the prior of 4DVarNet.

        phi(x) = D [C_1 z, C_2 z * C_3 z],   z = C_0 ReLU(E x)

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Number of space dimensions. Default: 2.
    hidden : int
        Number of features z per cell. Default: 32.
    downsampling : int
        Number of cells per dimension averaged before the first layer; the result is interpolated linearly. Default: 2.
    taps : int
        Odd kernel size along every dimension. Default: 3.
    key : PRNGKeyArray
        Random key of the initial weights.

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
        # C_1, C_2 and C_3 are one convolution, which reads z once.
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
    """Convolutional autoencoder phi(x) = D ReLU(E x), with a choice of padding.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Number of space dimensions. Default: 2.
    hidden : int
        Number of features per cell. Default: 32.
    taps : int
        Odd kernel size along every dimension. Default: 3.
    padding : Padding or tuple of Padding
        Values outside the boundary, for all axes or one for each; ``Padding.CIRCULAR`` for a periodic axis. Default:
        zeros.
    key : PRNGKeyArray
        Random key of the initial weights.

    Examples
    --------
    On a ring, phi commutes with a cyclic shift:

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
    """Dense bilinear autoencoder phi(x) = D [ReLU(A x) * tanh(B x)] of the flattened state.

    Each value can depend on all others. The size of the windows is fixed.

    Parameters
    ----------
    size : int
        Size of a state: cells x channels.
    hidden : int
        Number of features A x and B x. Default: 32.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        On application, if the state has another size.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> DenseBilinearPrior(3 * 8, hidden=6, key=jax.random.key(0))(jnp.ones((1, 24))).shape
    (1, 24)

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
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
    """Dense autoencoder of the flattened state, with two layers and a ReLU in encoder and decoder.

    Each value can depend on all others. The size of the windows is fixed.

    Parameters
    ----------
    size : int
        Size of a state: cells x channels.
    hidden : int
        Number of hidden features of encoder and decoder. Default: 64.
    latent : int
        Number of latent features. Default: 16.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        On application, if the state has another size.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> MLPPrior(3 * 8, hidden=16, latent=4, key=jax.random.key(0))(jnp.ones((1, 24))).shape
    (1, 24)

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
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
    """Sum of a prior on the grid and a prior on the averaged grid.

    Parameters
    ----------
    fine : AbstractPrior
        Prior of the state.
    coarse : AbstractPrior
        Prior of the state averaged over ``factor`` cells per dimension. Its result is interpolated linearly.
    factor : int
        Number of cells per dimension that are averaged, at least 2. Default: 4.

    Raises
    ------
    ValueError
        If ``factor`` is below 2.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import IdentityPrior
    >>> TwoScalePrior(IdentityPrior(), IdentityPrior())(jnp.ones((8, 8, 1)))[0, 0].tolist()
    [2.0]

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    fine: AbstractPrior
    coarse: AbstractPrior
    factor: int = eqx.field(static=True, default=4)

    def __check_init__(self) -> None:
        if self.factor < 2:
            raise ValueError(f"factor={self.factor}: expected 2 or more, for a coarser grid. Use, for example, 4.")

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.fine(x) + upsample(self.coarse(pool(x, self.factor)), x.shape[:-1])


class UNetPrior(AbstractPrior):
    """Residual U-Net phi(x) = x + U(x), the prior with the largest receptive field.

    Parameters
    ----------
    channels : int
        Channels of the state (variables x times).
    ndim : int
        Number of space dimensions. Default: 2.
    widths : tuple of int
        Number of features at each resolution, finest first. Default: 24, 32 and 48.
    factor : int
        Number of cells per dimension averaged before the finest level. Default: 2.
    key : PRNGKeyArray
        Random key of the initial weights.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> UNetPrior(3, 2, widths=(4, 8), key=jax.random.key(0))(jnp.ones((9, 10, 3))).shape
    (9, 10, 3)

    References
    ----------
    Fablet, Febvre & Chapron 2023, doi:10.1109/TGRS.2023.3268370.
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
