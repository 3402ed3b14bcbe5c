"""4DVarNet and the abstract class of all networks, which map ``Observations`` to a ``Solution``."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.adjoints import AbstractAdjoint, Unrolled
from xdvn.core.cost import CostTerms, LearnedWeight, VariationalCost
from xdvn.core.layers.init import split_key
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.trace import Trace, trace
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import (
    AbstractSolver,
    AnnealedSchedule,
    GradientSolver,
    ObservedState,
    ReferenceSchedule,
    SolverState,
)

__all__ = ["AbstractNetwork", "FourDVarNet", "Solution"]


class Solution(eqx.Module):
    """Result of a solve.

    Parameters
    ----------
    x : Array, "*space channel"
        The state x*.
    terms : CostTerms
        The two terms of J at x*, before weighting.
    residual : Array, scalar
        Distance from convergence, in the Euclidean norm: of T(x) - x if the solver step is one map T of x, else of
        dJ/dx.
    variance : Array, "*space channel", optional
        Error variance of x, if the network predicts it.
    """

    x: Float[Array, "*space channel"]
    terms: CostTerms
    residual: Float[Array, ""]
    variance: Float[Array, "*space channel"] | None = None


class AbstractNetwork(eqx.Module):
    """Map from the observations of one sample to a complete state."""

    @abc.abstractmethod
    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Reconstruct one sample. A key enables training mode (dropout); None means inference."""


class FourDVarNet(AbstractNetwork):
    """Learned variational solver of a learned variational cost.

    x* is the state after K steps of the solver on J(x; y, Omega), from a first guess.

    Parameters
    ----------
    cost : VariationalCost
        J, which contains the prior phi.
    solver : AbstractSolver
        Minimisation of J in K steps.
    adjoint : AbstractAdjoint
        Differentiation of the K steps; it does not change the result.
    apply_prior_last : bool
        If True, return phi(x_K) at inference, as the published code does; training uses x_K. Default: False.

    Examples
    --------
    The default network of ``fit``, for windows of 15 days on a grid:

    >>> import jax, jax.numpy as jnp
    >>> network = FourDVarNet.default(channels=15, ndim=2, key=jax.random.key(0))
    >>> obs = Observations(jnp.ones((8, 9, 15)), jnp.ones((8, 9, 15), bool))
    >>> network(obs).x.shape
    (8, 9, 15)

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572; Beauchamp et al. 2023, doi:10.5194/gmd-16-2119-2023.
    """

    cost: VariationalCost
    solver: AbstractSolver
    adjoint: AbstractAdjoint = Unrolled()
    apply_prior_last: bool = eqx.field(static=True, default=False)

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
        """Build the default network: bilinear prior, ConvLSTM at half resolution, 5 annealed steps.

        Parameters
        ----------
        channels : int
            Channels of the state (variables x times of the window).
        ndim : int
            Number of space dimensions.
        obs_operator : AbstractObservationOperator, optional
            H. If None, the identity.
        key : PRNGKeyArray
            Random key of the initial weights.
        """
        k_prior, k_modulator = split_key(key, 2)
        cost = VariationalCost(
            BilinearPrior(channels, ndim, hidden=24, key=k_prior),
            obs_operator=IdentityOperator() if obs_operator is None else obs_operator,
            obs_weight=LearnedWeight(1.0),
            prior_weight=LearnedWeight(1.0),
        )
        modulator = ConvLSTMModulator(channels, ndim, hidden=32, init_from_first_guess=True, key=k_modulator)
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

        The prior is bilinear at half resolution, the ConvLSTM has full resolution, and both terms of J have weight 1.
        The solver starts from the data with zeros in the gaps and zero memory. Training applies dropout to the input
        of the modulator; inference applies one last x <- phi(x). The steps are

            x <- x - [ Phi(g)/(k + 1) + lr (k + 1)/K dJ/dx ],   g = dJ/dx / RMS(dJ/dx at k = 0).

        Three differences from the published code make each sample independent of its batch. The means in J and the
        RMS are per sample. The RMS has a floor (0.01 in units of N dJ/dx), so that a window without data stays finite.
        The gradient term is ``descent`` times N dJ/dx, with N the number of cells, where the code has lr dJ/dx with
        means over B windows: descent = lr / (B N).

        Parameters
        ----------
        channels : int
            Channels of the state (variables x times of the window).
        ndim : int
            Number of space dimensions.
        n_steps : int
            K. Default: 10; the published large model has 15.
        prior_hidden, modulator_hidden : int
            Features of the prior and of the LSTM. Default: 32 and 48; the published large model has 64 and 96.
        dropout : float
            Fraction of g that dropout removes in training. Default: 0.1.
        descent : float
            Weight of the gradient term at the last step. Default: the published lr = 1000 for a batch of 4 windows of
            15 x 240 x 240.
        key : PRNGKeyArray
            Random key of the initial weights.

        References
        ----------
        Fablet, Febvre & Chapron 2023, doi:10.1109/TGRS.2023.3268370; code: github.com/CIA-Oceanix/4dvarnet-starter.
        """
        k_prior, k_modulator = split_key(key, 2)
        prior = BilinearPrior(channels, ndim, hidden=prior_hidden, downsampling=2, key=k_prior)
        modulator = ConvLSTMModulator(channels, ndim, hidden=modulator_hidden, factor=1, scale=1.0, key=k_modulator)
        solver = GradientSolver(
            n_steps=n_steps,
            modulator=modulator,
            schedule=ReferenceSchedule(descent),
            normalise=True,
            dropout=dropout,
            start=ObservedState(),
        )
        return cls(VariationalCost(prior, obs_weight=1.0, prior_weight=1.0), solver, apply_prior_last=True)

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
            x_0. If None, the solver's initial state.
        key : PRNGKeyArray, optional
            If given, training mode: dropout is on and the last phi is off. If None, inference.
        """
        # eqx.tree_at can replace the adjoint without a call of __check_init__.
        self.adjoint.check(self.cost, self.solver)
        state = self.solver.init(self.cost, obs, first_guess, key)
        x = self.adjoint.loop(_step, (self.cost, self.solver, obs), state, self.solver.n_steps).x
        if self.apply_prior_last and key is None:
            x = obs.mask_land(self.cost.prior(x))
        return Solution(x, self.cost.terms(x, obs), self.solver.residual(self.cost, obs, x))

    def trace(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Trace:
        """Run the solver and return every iterate with its cost, without the last phi.

        Examples
        --------
        >>> import jax, jax.numpy as jnp
        >>> network = FourDVarNet.default(channels=3, ndim=1, key=jax.random.key(0))
        >>> steps = network.trace(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool)))
        >>> steps.x.shape, steps.cost.shape
        ((6, 8, 3), (6,))
        """
        return trace(self.cost, self.solver, obs, first_guess, key)


def _step(args: PyTree, state: SolverState) -> SolverState:
    cost, solver, obs = args
    return solver.step(cost, obs, state)
