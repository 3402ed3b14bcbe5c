"""4DVarNet: a variational cost, a solver that descends it, and an adjoint that differentiates the descent.

    x* = K steps of the solver on J(x; y, Omega, theta), from a first guess

A network here is anything that maps ``Observations`` to a ``Solution``; this is the one the package exists for.
Fablet et al. 2021, doi:10.1029/2021MS002572; Beauchamp et al. 2023, doi:10.5194/gmd-16-2119-2023.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.adjoints import AbstractAdjoint, Unrolled
from xdvn.core.cost import CostTerms, LearnedWeight, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import AbstractSolver, AnnealedSchedule, GradientSolver, SolverState

__all__ = ["AbstractNetwork", "FourDVarNet", "Solution"]


class Solution(eqx.Module):
    """What a solve returns: the state x*, and the two terms of J there."""

    x: Float[Array, "*space channel"]
    terms: CostTerms


class AbstractNetwork(eqx.Module):
    """Observations of one sample in, a complete state out."""

    @abc.abstractmethod
    def __call__(self, obs: Observations, first_guess: Float[Array, "*space channel"] | None = None) -> Solution:
        """Fill the gaps of one sample."""


class FourDVarNet(AbstractNetwork):
    """Learned variational gap filling.

    Parameters
    ----------
    cost : VariationalCost
        J, owner of the prior.
    solver : AbstractSolver
        How J is descended, and in how many steps.
    adjoint : AbstractAdjoint
        How the descent is differentiated; never changes the result.

    Examples
    --------
    The network that ``fit`` builds by default, for windows of 15 days on a grid:

    >>> import jax, jax.numpy as jnp
    >>> net = FourDVarNet.default(channels=15, ndim=2, key=jax.random.key(0))
    >>> obs = Observations(jnp.ones((8, 9, 15)), jnp.ones((8, 9, 15), bool))
    >>> net(obs).x.shape
    (8, 9, 15)

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.
    """

    cost: VariationalCost
    solver: AbstractSolver
    adjoint: AbstractAdjoint = Unrolled()

    @classmethod
    def default(
        cls,
        channels: int,
        ndim: int = 2,
        *,
        obs_operator: AbstractObservationOperator | None = None,
        key: PRNGKeyArray,
    ) -> FourDVarNet:
        """Build the default network: bilinear prior, informed ConvLSTM at half resolution, 5 annealed steps.

        Parameters
        ----------
        channels : int
            Channels of the state (variables x times of the window).
        ndim : int
            Space dimensions.
        obs_operator : AbstractObservationOperator, optional
            H; the identity unless given.
        key : PRNGKeyArray
            Randomness of the starting weights.
        """
        k_prior, k_modulator = jax.random.split(key)
        cost = VariationalCost(
            BilinearPrior(channels, ndim, hidden=24, key=k_prior),
            obs_operator=IdentityOperator() if obs_operator is None else obs_operator,
            obs_weight=LearnedWeight(1.0),
            prior_weight=LearnedWeight(1.0),
        )
        modulator = ConvLSTMModulator(channels, ndim, hidden=32, informed=True, key=k_modulator)
        return cls(cost, GradientSolver(n_steps=5, modulator=modulator, schedule=AnnealedSchedule(), normalise=True))

    def __call__(self, obs: Observations, first_guess: Float[Array, "*space channel"] | None = None) -> Solution:
        """Run the solver from ``first_guess`` (default: 0, the training mean)."""
        state = self.solver.init(self.cost, obs, first_guess)
        state = self.adjoint.loop(_step, (self.cost, self.solver, obs), state, self.solver.n_steps)
        return Solution(state.x, self.cost.terms(state.x, obs))


def _step(args: PyTree, state: SolverState) -> SolverState:
    cost, solver, obs = args
    return solver.step(cost, obs, state)
