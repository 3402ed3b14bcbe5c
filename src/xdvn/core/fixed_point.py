"""The implicit framing: the map is the fixed point of a learned contraction that reads the observations.

    x* = f(x*; y, m),   f(x) = b + C_out ReLU(C_in x + h),   (b, h) = U(y, m, x_0)

Every output of C_in and of C_out weighs its inputs by no more than sqrt(rho) in all (sum of |weights|), so that f
contracts the largest error by rho < 1: the fixed point exists, is unique, and is reached from anywhere. Local averages
repeated to the end carry an observation as far as they have to, at the memory of one step under ``Implicit``.
Bai, Kolter & Koltun 2019, arXiv:1909.01377.
"""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.adjoints import AbstractAdjoint, Implicit
from xdvn.core.convolution import Convolution
from xdvn.core.explicit import answer, inputs
from xdvn.core.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.solvers import SolverState
from xdvn.core.starting_weights import starting_keys
from xdvn.core.unet import UNet

__all__ = ["Contraction", "FixedPointNetwork"]


class Contraction(eqx.Module):
    """x -> b + C_out ReLU(C_in x + h), which brings any two states closer by ``rate`` in the largest difference.

    Parameters
    ----------
    channels, hidden : int
        Channels of the state and of h.
    ndim : int
        Space dimensions.
    rate : float
        rho, above 0 and below 1.
    key : PRNGKeyArray
        Randomness of the starting weights.

    Raises
    ------
    ValueError
        ``rate`` is no contraction.
    """

    enter: Convolution
    leave: Convolution
    rate: float = eqx.field(static=True)

    def __init__(self, channels: int, hidden: int, ndim: int = 2, *, rate: float = 0.8, key: PRNGKeyArray) -> None:
        if not 0 < rate < 1:
            raise ValueError(f"rate={rate}: a contraction needs a number between 0 and 1, such as 0.8")
        k_enter, k_leave = starting_keys(key, 2)
        self.enter = Convolution(channels, hidden, ndim, key=k_enter)
        self.leave = Convolution(hidden, channels, ndim, key=k_leave)
        self.rate = rate

    def __call__(
        self,
        x: Float[Array, "*space channel"],
        base: Float[Array, "*space channel"],
        context: Float[Array, "*space hidden"],
    ) -> Float[Array, "*space channel"]:
        """Apply once; ``base`` is b, ``context`` is h."""
        bound = self.rate**0.5
        return base + _bounded(self.leave, bound)(jax.nn.relu(_bounded(self.enter, bound)(x) + context))


def _bounded(layer: Convolution, bound: float) -> Convolution:
    """Scale each output's weights so that their absolute values add up to no more than ``bound``."""
    total = jnp.abs(layer.kernel).sum(tuple(range(layer.kernel.ndim - 1)))
    kernel = layer.kernel * (bound / jnp.maximum(total, bound))
    return eqx.tree_at(lambda c: c.kernel, layer, kernel)


class FixedPointNetwork(AbstractNetwork):
    """x* = f(x*; y, m, x_0), iterated to convergence.

    Parameters
    ----------
    reader : UNet
        (y, m, x_0) -> (b, h), what is known from the observations.
    map : Contraction
        f.
    n_steps : int
        Iterations; the distance to the fixed point falls by ``rate`` in each.
    adjoint : AbstractAdjoint
        ``Implicit()`` differentiates the fixed point itself.
    obs_operator : AbstractObservationOperator
        H, for the data term that is reported.

    Examples
    --------
    >>> net = FixedPointNetwork.default(channels=3, ndim=1, key=jax.random.key(0))
    >>> solution = net(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool)))
    >>> solution.x.shape, bool(solution.residual < 1e-2)
    ((8, 3), True)
    """

    reader: UNet
    map: Contraction
    n_steps: int = eqx.field(static=True, default=30)
    adjoint: AbstractAdjoint = Implicit()
    obs_operator: AbstractObservationOperator = IdentityOperator()

    @classmethod
    def default(cls, channels: int, ndim: int = 2, *, key: PRNGKeyArray) -> FixedPointNetwork:
        """Build one of the default network's cost; a maker for ``fit(net=...)``."""
        k_reader, k_map = starting_keys(key, 2)
        reader = UNet(3 * channels, channels + _HIDDEN, ndim, widths=(32, 48, 64), scale=0.1, key=k_reader)
        return cls(reader, Contraction(channels, _HIDDEN, ndim, key=k_map))

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Iterate to the fixed point of the departure from x_0, and return both together."""
        start = obs.at_sea(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
        known = self.reader(inputs(obs, start))
        args = (self.map, known[..., : start.shape[-1]], known[..., start.shape[-1] :])
        state = SolverState.start(jnp.zeros_like(start))
        departure = self.adjoint.loop(_step, args, state, self.n_steps).x
        solution = answer(start + departure, start, obs, self.obs_operator)
        # A norm has no derivative at zero, which a contraction does reach to the last bit; this one has.
        residual = optax.safe_norm((self.map(departure, *args[1:]) - departure).ravel(), 0.0)
        return dataclasses.replace(solution, residual=residual)


_HIDDEN = 32


def _step(args: PyTree, state: SolverState) -> SolverState:
    contraction, base, context = args
    return SolverState(contraction(state.x, base, context), state.hidden, state.scale, state.k + 1, state.key)
