"""Gaussian head, which predicts a mean and an error variance in every grid cell from the output of a network."""

from __future__ import annotations

import dataclasses
import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.layers.unet import UNet
from xdvn.core.networks.feed_forward import stack_inputs
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations

__all__ = ["GaussianHead"]


class GaussianHead(AbstractNetwork):
    """Network that adds an error variance to the reconstruction of another network.

        log 1/sigma^2 = bounded(b),   mu = sigma^2 (x*/sigma^2 + a) = x* + sigma^2 a,   (a, b) = U(y, m, x*, x* - x_0)

    As in DINCAE, the head predicts the natural parameters (mu/sigma^2, 1/sigma^2), which train stably. Train it with
    ``GaussianNLL`` or ``WithheldNLL``.

    Parameters
    ----------
    network : AbstractNetwork
        Network that computes x*.
    channels : int
        Channels of the state.
    ndim : int
        Number of space dimensions.
    widths : tuple of int
        Features of the head's U-Net at each resolution, finest first.
    learn_mean : bool
        If True, learn a as well. If False (default), the mean is x*.
    train_net : bool
        If True, train ``network`` too. If False (default), its weights are fixed.
    init_std, min_std : float
        Standard deviation before training, and lower bound of the predicted one, in normalised units. The upper bound
        is 10.
    key : PRNGKeyArray
        Random key of the initial weights of the head.

    Raises
    ------
    ValueError
        Unless 0 < ``min_std`` < ``init_std`` < 10.

    Examples
    --------
    For a trained model, pass ``network=functools.partial(GaussianHead, model.network)`` to ``fit``:

    >>> from xdvn.core.networks.fourdvarnet import FourDVarNet
    >>> network = FourDVarNet.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> head = GaussianHead(network, 3, 1, init_std=0.3, key=jax.random.key(1))
    >>> solution = head(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool)))
    >>> solution.variance.shape, bool(abs(solution.variance.mean() - 0.09) < 0.05)
    ((8, 3), True)

    References
    ----------
    Barth et al. 2020, doi:10.5194/gmd-13-1609-2020 (DINCAE).
    """

    network: AbstractNetwork
    head: UNet
    learn_mean: bool = eqx.field(static=True)
    train_net: bool = eqx.field(static=True)
    init_std: float = eqx.field(static=True)
    min_std: float = eqx.field(static=True)

    def __init__(
        self,
        network: AbstractNetwork,
        channels: int,
        ndim: int = 2,
        *,
        widths: tuple[int, ...] = (24, 32, 48),
        learn_mean: bool = False,
        train_net: bool = False,
        init_std: float = 0.3,
        min_std: float = 0.01,
        key: PRNGKeyArray,
    ) -> None:
        if not 0 < min_std < init_std < _MAX_STD:
            raise ValueError(
                f"min_std={min_std}, init_std={init_std}: expected 0 < min_std < init_std < {_MAX_STD:g}. Give both in "
                "normalised units."
            )
        self.network = network
        self.head = UNet(4 * channels, (2 if learn_mean else 1) * channels, ndim, widths=widths, scale=0.1, key=key)
        self.learn_mean = learn_mean
        self.train_net = train_net
        self.init_std = init_std
        self.min_std = min_std

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return mu as ``x`` and sigma^2 as ``variance``, 0 and 1 on land."""
        solution = self.network(obs, first_guess, key=key if self.train_net else None)
        if not self.train_net:
            solution = jax.lax.stop_gradient(solution)
        x = solution.x
        start = jnp.zeros_like(x) if first_guess is None else obs.mask_land(first_guess)
        output = self.head(stack_inputs(obs, x, x - start))
        precision = jnp.exp(self._bounded(output[..., : x.shape[-1]]))
        if self.learn_mean:
            x = obs.mask_land(x + output[..., x.shape[-1] :] / precision)
        variance = 1 / precision
        if obs.ocean_mask is not None:
            variance = jnp.where(obs.ocean_mask, variance, 1)
        return dataclasses.replace(solution, x=x, variance=variance)

    def _bounded(self, b: Array) -> Array:
        """Return the bounded log precision; b = 0 gives ``init_std``."""
        return jnp.clip(b - 2 * math.log(self.init_std), -2 * math.log(_MAX_STD), -2 * math.log(self.min_std))


_MAX_STD = 10.0
