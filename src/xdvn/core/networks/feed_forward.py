"""Feed-forward networks, which compute x* in one pass and minimise no cost."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.cost import VariationalCost
from xdvn.core.layers.unet import UNet
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.priors import AbstractPrior, UNetPrior

__all__ = ["ConditionalFeedForwardNetwork", "FeedForwardNetwork", "make_solution", "stack_inputs"]


class FeedForwardNetwork(AbstractNetwork):
    """Feed-forward network x* = f(x_0); without a first guess, x_0 is the data with zeros in the gaps.

    The network does not read the observation mask. The observations enter through x_0, or through a loss with a data
    term: ``VariationalLoss(obs_weight, prior_weight)`` adds one to ||x* - x_0||^2.

    Parameters
    ----------
    predictor : AbstractPrior
        f, a map from complete states to complete states.
    obs_operator : AbstractObservationOperator
        H, for the data term in ``Solution.terms``.

    Examples
    --------
    >>> import jax
    >>> network = FeedForwardNetwork.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> network(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool))).x.shape
    (8, 3)
    """

    predictor: AbstractPrior
    obs_operator: AbstractObservationOperator = IdentityOperator()

    @classmethod
    def default(cls, channels: int, ndim: int = 2, *, key: PRNGKeyArray) -> FeedForwardNetwork:
        """Build the network around a U-Net, for ``fit(network=FeedForwardNetwork.default)``."""
        return cls(UNetPrior(channels, ndim, widths=(32, 48, 64), factor=1, key=key))

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return f(x_0)."""
        start = obs.mask_land(_require_gridded(obs).values if first_guess is None else first_guess)
        return make_solution(self.predictor(start), start, obs, self.obs_operator)


class ConditionalFeedForwardNetwork(AbstractNetwork):
    """Feed-forward network x* = x_0 + U(y, m, x_0), where U reads the observations y and their mask m.

    Parameters
    ----------
    network : UNet
        U, from three times the channels of the state to those of the state.
    obs_operator : AbstractObservationOperator
        H, for the data term in ``Solution.terms``.

    Examples
    --------
    >>> import jax
    >>> network = ConditionalFeedForwardNetwork.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> network(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool))).x.shape
    (8, 3)

    References
    ----------
    Barth et al. 2020, doi:10.5194/gmd-13-1609-2020 (DINCAE).
    """

    network: UNet
    obs_operator: AbstractObservationOperator = IdentityOperator()

    @classmethod
    def default(cls, channels: int, ndim: int = 2, *, key: PRNGKeyArray) -> ConditionalFeedForwardNetwork:
        """Build a network about as expensive as ``FourDVarNet.default``."""
        return cls(UNet(3 * channels, channels, ndim, widths=(32, 48, 64), scale=0.1, key=key))

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return x_0 + U(y, m, x_0)."""
        start = obs.mask_land(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
        return make_solution(start + self.network(stack_inputs(obs, start)), start, obs, self.obs_operator)


def stack_inputs(obs: Observations, *states: Float[Array, "*space channel"]) -> Float[Array, "*space inputs"]:
    """Concatenate y, its mask and the states along the channels."""
    obs = _require_gridded(obs)
    return jnp.concatenate([obs.values, obs.mask.astype(obs.values.dtype), *states], -1)


def _require_gridded(obs: Observations) -> Observations:
    """Return the observations if none is along-track."""
    if obs.points is not None:
        raise ValueError(
            "tracks= given: expected gridded observations, the only ones this network reads. Bin them with "
            "xdvn.tracks.bin_points, or use network=FourDVarNet.default."
        )
    return obs


def make_solution(
    x: Float[Array, "*space channel"],
    start: Float[Array, "*space channel"],
    obs: Observations,
    obs_operator: AbstractObservationOperator,
) -> Solution:
    """Return x with its misfit to the data and its mean squared difference from x_0; the residual is 0."""
    x = obs.mask_land(x)
    terms = VariationalCost(_Anchor(start), obs_operator).terms(x, obs)
    return Solution(x, terms, jnp.zeros((), x.dtype))


class _Anchor(AbstractPrior):
    """Constant prior phi(x) = x_0."""

    state: Float[Array, "*space channel"]

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        return self.state
