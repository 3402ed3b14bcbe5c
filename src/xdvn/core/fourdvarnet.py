"""4DVarNet: a variational cost, a solver that descends it, and an adjoint that differentiates the descent.

    x* = K steps of the solver on J(x; y, Omega, theta), from a first guess;  at inference, optionally, x* <- phi(x*)

A network here is anything that maps ``Observations`` to a ``Solution``; this is the one the package exists for.
Fablet et al. 2021, doi:10.1029/2021MS002572; Beauchamp et al. 2023, doi:10.5194/gmd-16-2119-2023.
"""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.adjoints import AbstractAdjoint, Unrolled
from xdvn.core.cost import CostTerms, LearnedWeight, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import (
    AbstractSolver,
    AnnealedSchedule,
    GradientSolver,
    ObservationStart,
    ReferenceSchedule,
    SolverState,
)
from xdvn.core.starting_weights import starting_keys
from xdvn.core.trace import Trace, trace

__all__ = ["AbstractNetwork", "FourDVarNet", "Solution"]


class Solution(eqx.Module):
    """What a solve returns.

    Parameters
    ----------
    x : Array, "*space channel"
        The state x*.
    terms : CostTerms
        The two terms of J there, before weighting.
    residual : Array, scalar
        How far x* is from being solved, as the solver measures it: the Euclidean norm of T(x) - x where its step is
        one map T of x, that of dJ/dx otherwise.
    variance : Array, "*space channel", optional
        Variance of the error of x, where the network predicts it.
    """

    x: Float[Array, "*space channel"]
    terms: CostTerms
    residual: Float[Array, ""]
    variance: Float[Array, "*space channel"] | None = None


class AbstractNetwork(eqx.Module):
    """Observations of one sample in, a complete state out."""

    @abc.abstractmethod
    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Fill the gaps of one sample; a key means training (dropout and the like), None inference."""


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
    last_prior : bool
        Whether the result at inference is phi(x_K) instead of x_K, as in the published code. Training sees x_K.

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
    last_prior: bool = eqx.field(static=True, default=False)

    def __check_init__(self) -> None:
        self.adjoint.check(self.cost, self.solver)

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
        k_prior, k_modulator = starting_keys(key, 2)
        cost = VariationalCost(
            BilinearPrior(channels, ndim, hidden=24, key=k_prior),
            obs_operator=IdentityOperator() if obs_operator is None else obs_operator,
            obs_weight=LearnedWeight(1.0),
            prior_weight=LearnedWeight(1.0),
        )
        modulator = ConvLSTMModulator(channels, ndim, hidden=32, informed=True, key=k_modulator)
        return cls(cost, GradientSolver(n_steps=5, modulator=modulator, schedule=AnnealedSchedule(), normalise=True))

    @classmethod
    def reference(
        cls,
        channels: int,
        ndim: int = 2,
        *,
        n_steps: int = 10,
        prior_hidden: int = 32,
        modulator_hidden: int = 48,
        dropout: float = 0.1,
        descent: float = 1e3 / (4 * 15 * 240 * 240),
        key: PRNGKeyArray,
    ) -> FourDVarNet:
        """Build the network of the published code, 4dvarnet-starter.

        Bilinear prior at half resolution, ConvLSTM at full resolution, both terms of J with weight 1, start from the
        data with zeros in the gaps and zero memory, dropout on the modulator's input while training, one last
        x <- phi(x) at inference, and steps

            x <- x - [ Phi(g)/(k + 1) + lr (k + 1)/K dJ/dx ],   g = dJ/dx / RMS(dJ/dx at k = 0).

        It differs from the published code in three points, each so that a sample's map does not depend on the other
        samples of its batch: the means in J and the RMS are taken per sample, not over the batch; the RMS has a floor
        (0.01 in units of N dJ/dx), so that a window without data stays finite; and the plain descent is weighed by
        ``descent`` times N dJ/dx, N the number of cells, where the code has lr dJ/dx with means over B windows:
        descent = lr / (B N).

        Parameters
        ----------
        channels : int
            Channels of the state (variables x times of the window).
        ndim : int
            Space dimensions.
        n_steps : int
            K; 15 in the published large model.
        prior_hidden, modulator_hidden : int
            Features of the prior and of the LSTM; 64 and 96 in the large model.
        dropout : float
            Share of g that is dropped while training.
        descent : float
            Weight of the plain descent at the last step; the default is the published lr = 1000 for a batch of 4
            windows of 15 x 240 x 240.
        key : PRNGKeyArray
            Randomness of the starting weights.

        References
        ----------
        Fablet, Febvre & Chapron 2023, doi:10.1109/TGRS.2023.3268370; code: github.com/CIA-Oceanix/4dvarnet-starter.
        """
        k_prior, k_modulator = starting_keys(key, 2)
        prior = BilinearPrior(channels, ndim, hidden=prior_hidden, down=2, key=k_prior)
        modulator = ConvLSTMModulator(channels, ndim, hidden=modulator_hidden, factor=1, scale=1.0, key=k_modulator)
        solver = GradientSolver(
            n_steps=n_steps,
            modulator=modulator,
            schedule=ReferenceSchedule(descent),
            normalise=True,
            dropout=dropout,
            start=ObservationStart(),
        )
        return cls(VariationalCost(prior, obs_weight=1.0, prior_weight=1.0), solver, last_prior=True)

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Run the solver.

        Parameters
        ----------
        obs : Observations
            One sample.
        first_guess : Array, "*space channel", optional
            x_0; by default the solver's own start.
        key : PRNGKeyArray, optional
            Means training: dropout is on and the last phi off. None means inference.
        """
        # Again here: a network can be given another adjoint without being built anew (eqx.tree_at).
        self.adjoint.check(self.cost, self.solver)
        state = self.solver.init(self.cost, obs, first_guess, key)
        x = self.adjoint.loop(_step, (self.cost, self.solver, obs), state, self.solver.n_steps).x
        if self.last_prior and key is None:
            x = obs.at_sea(self.cost.prior(x))
        return Solution(x, self.cost.terms(x, obs), self.solver.residual(self.cost, obs, x))

    def trace(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Trace:
        """Run the solver and return every iterate with the cost there; a last phi is not part of it.

        Examples
        --------
        >>> import jax, jax.numpy as jnp
        >>> net = FourDVarNet.default(channels=3, ndim=1, key=jax.random.key(0))
        >>> seen = net.trace(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool)))
        >>> seen.x.shape, seen.cost.shape
        ((6, 8, 3), (6,))
        """
        return trace(self.cost, self.solver, obs, first_guess, key)


def _step(args: PyTree, state: SolverState) -> SolverState:
    cost, solver, obs = args
    return solver.step(cost, obs, state)
