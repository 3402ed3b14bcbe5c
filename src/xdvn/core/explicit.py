"""Networks that answer at once, without a cost to descend: two of the four framings of a map.

    explicit              x* = f(x_0)             f sees a complete first guess and nothing else
    conditional explicit  x* = x_0 + U(y, m, x_0)   U reads the observations and where they are

The third, where x* is a fixed point, is ``fixed_point``; 4DVarNet descends a cost. All serve one ``fit`` and one
``reconstruct``. As DINCAE does: Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.cost import VariationalCost
from xdvn.core.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.priors import AbstractPrior, UNetPrior
from xdvn.core.unet import UNet

__all__ = ["ConditionalNetwork", "ExplicitNetwork", "answer", "inputs"]


class ExplicitNetwork(AbstractNetwork):
    """x* = f(x_0); without a first guess, x_0 is the data with zeros in the gaps.

    Where the observations are it is not told: they enter through x_0, or through a loss with a data term, which
    ``VariationalLoss(obs_weight, prior_weight)`` adds to the model term ||x* - x_0||^2.

    Parameters
    ----------
    predictor : AbstractPrior
        f: any map from complete states to complete states.
    obs_operator : AbstractObservationOperator
        H, for the data term that is reported.

    Examples
    --------
    >>> import jax
    >>> net = ExplicitNetwork.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> net(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool))).x.shape
    (8, 3)
    """

    predictor: AbstractPrior
    obs_operator: AbstractObservationOperator = IdentityOperator()

    @classmethod
    def default(cls, channels: int, ndim: int = 2, *, key: PRNGKeyArray) -> ExplicitNetwork:
        """Build one around a U-Net; a maker for ``fit(net=...)``."""
        return cls(UNetPrior(channels, ndim, widths=(32, 48, 64), factor=1, key=key))

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return f(x_0)."""
        start = obs.at_sea(in_cells(obs).values if first_guess is None else first_guess)
        return answer(self.predictor(start), start, obs, self.obs_operator)


class ConditionalNetwork(AbstractNetwork):
    """x* = x_0 + U(y, m, x_0): a U-Net that reads the observations and where they are.

    Parameters
    ----------
    net : UNet
        U: three times the channels of the state in, those of the state out.
    obs_operator : AbstractObservationOperator
        H, for the data term that is reported.

    Examples
    --------
    >>> import jax
    >>> net = ConditionalNetwork.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> net(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool))).x.shape
    (8, 3)
    """

    net: UNet
    obs_operator: AbstractObservationOperator = IdentityOperator()

    @classmethod
    def default(cls, channels: int, ndim: int = 2, *, key: PRNGKeyArray) -> ConditionalNetwork:
        """Build one of the default network's cost; a maker for ``fit(net=...)``."""
        return cls(UNet(3 * channels, channels, ndim, widths=(32, 48, 64), scale=0.1, key=key))

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return x_0 + U(y, m, x_0)."""
        start = obs.at_sea(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
        return answer(start + self.net(inputs(obs, start)), start, obs, self.obs_operator)


def inputs(obs: Observations, *states: Float[Array, "*space channel"]) -> Float[Array, "*space inputs"]:
    """Return what a network reads: y, its mask, and some states, one behind the other."""
    obs = in_cells(obs)
    return jnp.concatenate([obs.values, obs.mask.astype(obs.values.dtype), *states], -1)


def in_cells(obs: Observations) -> Observations:
    """Return the observations, if all are in cells: what lies between them would go unread."""
    if obs.points is not None:
        raise ValueError(
            "this network reads observations in cells, and some came along tracks (tracks=), which it would not see; "
            "take means in cells instead, ds.assign(xdvn.osse.grid_points(tracks.ssh_obs, ds)) without tracks=, or "
            "net=FourDVarNet.default, the default, which reads both"
        )
    return obs


def answer(
    x: Float[Array, "*space channel"],
    start: Float[Array, "*space channel"],
    obs: Observations,
    obs_operator: AbstractObservationOperator,
) -> Solution:
    """Return x as a solution: its misfit to the data and its mean squared departure from x_0; no residual."""
    x = obs.at_sea(x)
    terms = VariationalCost(_Anchor(start), obs_operator).terms(x, obs)
    return Solution(x, terms, jnp.zeros((), x.dtype))


class _Anchor(AbstractPrior):
    """phi(x) = x_0 whatever x."""

    state: Float[Array, "*space channel"]

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        return self.state
