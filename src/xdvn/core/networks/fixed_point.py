"""Deep equilibrium network, whose reconstruction is the fixed point of a learned contraction."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.adjoints import AbstractAdjoint, Implicit
from xdvn.core.layers.convolution import Convolution
from xdvn.core.layers.init import split_key
from xdvn.core.layers.unet import UNet
from xdvn.core.networks.feed_forward import make_solution, stack_inputs
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.solvers import SolverState

__all__ = ["Contraction", "DeepEquilibriumNetwork"]


class Contraction(eqx.Module):
    """Contraction f(x) = b + C_out ReLU(C_in x + h), with factor ``rate`` in the maximum norm.

    For each output of C_in and C_out, the absolute weights sum to at most sqrt(rho). f therefore reduces the largest
    error by rho < 1: the fixed point exists, is unique, and is the limit from any start.

    Parameters
    ----------
    channels, hidden : int
        Channels of the state and of h.
    ndim : int
        Number of space dimensions.
    rate : float
        rho, between 0 and 1 (exclusive). Default: 0.8.
    key : PRNGKeyArray
        Random key of the initial weights.

    Raises
    ------
    ValueError
        If ``rate`` is not between 0 and 1.
    """

    enter: Convolution
    leave: Convolution
    rate: float = eqx.field(static=True)

    def __init__(self, channels: int, hidden: int, ndim: int = 2, *, rate: float = 0.8, key: PRNGKeyArray) -> None:
        if not 0 < rate < 1:
            raise ValueError(f"rate={rate}: expected a number between 0 and 1. Use, for example, 0.8.")
        k_enter, k_leave = split_key(key, 2)
        self.enter = Convolution(channels, hidden, ndim, key=k_enter)
        self.leave = Convolution(hidden, channels, ndim, key=k_leave)
        self.rate = rate

    def __call__(
        self,
        x: Float[Array, "*space channel"],
        base: Float[Array, "*space channel"],
        context: Float[Array, "*space hidden"],
    ) -> Float[Array, "*space channel"]:
        """Return f(x); ``base`` is b, ``context`` is h."""
        bound = self.rate**0.5
        return base + _bounded(self.leave, bound)(jax.nn.relu(_bounded(self.enter, bound)(x) + context))


def _bounded(layer: Convolution, bound: float) -> Convolution:
    """Scale the weights of each output so that their absolute values sum to at most ``bound``."""
    total = jnp.abs(layer.kernel).sum(tuple(range(layer.kernel.ndim - 1)))
    kernel = layer.kernel * (bound / jnp.maximum(total, bound))
    return eqx.tree_at(lambda c: c.kernel, layer, kernel)


class DeepEquilibriumNetwork(AbstractNetwork):
    """Network x* = f(x*; y, m, x_0), iterated to convergence.

        f(x) = b + C_out ReLU(C_in x + h),   (b, h) = U(y, m, x_0)

    Parameters
    ----------
    reader : UNet
        U, which computes (b, h) from (y, m, x_0).
    map : Contraction
        f.
    n_steps : int
        Number of iterations; each reduces the distance to the fixed point by ``rate``. Default: 30.
    adjoint : AbstractAdjoint
        Differentiation of the iteration; ``Implicit()`` (default) differentiates the fixed point.
    obs_operator : AbstractObservationOperator
        H, for the data term in ``Solution.terms``.

    Examples
    --------
    >>> network = DeepEquilibriumNetwork.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> solution = network(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool)))
    >>> solution.x.shape, bool(solution.residual < 1e-2)
    ((8, 3), True)

    References
    ----------
    Bai, Kolter & Koltun 2019, arXiv:1909.01377.
    """

    reader: UNet
    map: Contraction
    n_steps: int = eqx.field(static=True, default=30)
    adjoint: AbstractAdjoint = Implicit()
    obs_operator: AbstractObservationOperator = IdentityOperator()

    @classmethod
    def default(cls, channels: int, ndim: int = 2, *, key: PRNGKeyArray) -> DeepEquilibriumNetwork:
        """Build a network about as expensive as ``FourDVarNet.default``."""
        k_reader, k_map = split_key(key, 2)
        reader = UNet(3 * channels, channels + _HIDDEN, ndim, widths=(32, 48, 64), scale=0.1, key=k_reader)
        return cls(reader, Contraction(channels, _HIDDEN, ndim, key=k_map))

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Iterate x* - x_0 to its fixed point and return x*."""
        start = obs.mask_land(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
        features, n = self.reader(stack_inputs(obs, start)), start.shape[-1]
        base, context = features[..., :n], features[..., n:]
        args = (self.map, base, context)
        state = SolverState.start(jnp.zeros_like(start))
        departure = self.adjoint.loop(_step, args, state, self.n_steps).x
        solution = make_solution(start + departure, start, obs, self.obs_operator)
        # The iteration can reach the fixed point exactly, where the plain norm has no derivative.
        residual = optax.safe_norm((self.map(departure, base, context) - departure).ravel(), 0.0)
        return dataclasses.replace(solution, residual=residual)


_HIDDEN = 32


def _step(args: PyTree, state: SolverState) -> SolverState:
    contraction, base, context = args
    return SolverState(contraction(state.x, base, context), state.hidden, state.scale, state.k + 1, state.key)
