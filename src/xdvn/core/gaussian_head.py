"""A head that says how wrong the map may be: a mean and a variance for every cell, from what the network made of it.

    log 1/sigma^2 = bounded(b),   mu = sigma^2 (x*/sigma^2 + a) = x* + sigma^2 a,   (a, b) = U(y, m, x*, x* - x_0)

The pair (mu/sigma^2, 1/sigma^2) is what DINCAE emits, because it trains stably: where nothing is known, both go to
zero. Here it starts from the network's own map. Trained by ``GaussianNLL`` or ``WithheldNLL``.
Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

import dataclasses
import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.explicit import inputs
from xdvn.core.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations
from xdvn.core.unet import UNet

__all__ = ["GaussianHead"]


class GaussianHead(AbstractNetwork):
    """A network that predicts a mean and a variance, around another that predicts a map.

    Parameters
    ----------
    net : AbstractNetwork
        Makes x*.
    channels : int
        Channels of the state.
    ndim : int
        Space dimensions.
    widths : tuple of int
        Features of the head's U-Net at each resolution.
    corrects : bool
        Whether a is learned too; by default the mean is x* itself.
    train_net : bool
        Whether the likelihood moves ``net``; by default it is kept as it was trained.
    start_std, least_std : float
        Standard deviation before training, and the floor below which none is predicted, in normalised units; the
        ceiling is 10.
    key : PRNGKeyArray
        Randomness of the head's starting weights.

    Raises
    ------
    ValueError
        The floor or the start is not positive, or the start is outside floor and ceiling.

    Examples
    --------
    On a model that is trained already, ``functools.partial(GaussianHead, model.net)`` is a maker for ``fit``:

    >>> from xdvn.core.fourdvarnet import FourDVarNet
    >>> net = FourDVarNet.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> head = GaussianHead(net, 3, 1, start_std=0.3, key=jax.random.key(1))
    >>> solution = head(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool)))
    >>> solution.variance.shape, bool(abs(solution.variance.mean() - 0.09) < 0.05)
    ((8, 3), True)
    """

    net: AbstractNetwork
    head: UNet
    corrects: bool = eqx.field(static=True)
    train_net: bool = eqx.field(static=True)
    start_std: float = eqx.field(static=True)
    least_std: float = eqx.field(static=True)

    def __init__(
        self,
        net: AbstractNetwork,
        channels: int,
        ndim: int = 2,
        *,
        widths: tuple[int, ...] = (24, 32, 48),
        corrects: bool = False,
        train_net: bool = False,
        start_std: float = 0.3,
        least_std: float = 0.01,
        key: PRNGKeyArray,
    ) -> None:
        if not 0 < least_std < start_std < _MOST_STD:
            raise ValueError(
                f"least_std={least_std}, start_std={start_std}: expected 0 < least_std < start_std < {_MOST_STD:g}, in "
                "normalised units"
            )
        self.net = net
        self.head = UNet(4 * channels, (2 if corrects else 1) * channels, ndim, widths=widths, scale=0.1, key=key)
        self.corrects = corrects
        self.train_net = train_net
        self.start_std = start_std
        self.least_std = least_std

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return mu as ``x`` and sigma^2 as ``variance``; on land 0 and 1."""
        solution = self.net(obs, first_guess, key=key if self.train_net else None)
        if not self.train_net:
            solution = jax.lax.stop_gradient(solution)
        x = solution.x
        start = jnp.zeros_like(x) if first_guess is None else obs.at_sea(first_guess)
        told = self.head(inputs(obs, x, x - start))
        precision = jnp.exp(self._bounded(told[..., : x.shape[-1]]))
        if self.corrects:
            x = obs.at_sea(x + told[..., x.shape[-1] :] / precision)
        variance = 1 / precision
        if obs.valid is not None:
            variance = jnp.where(obs.valid, variance, 1)
        return dataclasses.replace(solution, x=x, variance=variance)

    def _bounded(self, b: Array) -> Array:
        """Log precision, held between floor and ceiling; the start is where b = 0."""
        return jnp.clip(b - 2 * math.log(self.start_std), -2 * math.log(_MOST_STD), -2 * math.log(self.least_std))


_MOST_STD = 10.0
