"""The interface of an inner solver, and the initial states of a solve without a first guess.

    state_{k+1} = step(cost, obs, state_k),   k = 0, ..., K - 1

Everything that changes from step to step is in the state, so that an adjoint can run, cut and repeat the loop.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from xdvn.core.cost import VariationalCost
from xdvn.core.observations import IdentityOperator, Observations

__all__ = [
    "AbstractInitialState",
    "AbstractSolver",
    "ObservedState",
    "SolverState",
    "StepMap",
    "ZeroState",
    "require_identity",
]


class SolverState(eqx.Module):
    """Everything that changes from step to step.

    Parameters
    ----------
    x : Array, "*space channel"
        The state.
    hidden : PyTree
        Memory of the modulator, None without one.
    scale : Array, scalar
        Size of the gradient at the first step, 1 where nothing is normalised.
    k : Array of int, scalar
        Steps taken so far.
    key : PRNGKeyArray, optional
        Randomness of the whole solve; a step folds k into it. None at inference.
    """

    x: Float[Array, "*space channel"]
    hidden: PyTree
    scale: Float[Array, ""]
    k: Int[Array, ""]
    key: PRNGKeyArray | None = None

    @classmethod
    def start(
        cls, x: Float[Array, "*space channel"], hidden: PyTree = None, key: PRNGKeyArray | None = None
    ) -> SolverState:
        """Return the state before the first step."""
        return cls(x, hidden, jnp.ones((), x.dtype), jnp.zeros((), jnp.int32), key)


class StepMap(eqx.Module):
    """The step as a map of x, for adjoints that need its fixed point x = T(x).

    Parameters
    ----------
    nonstationary_reasons : tuple of str
        Why the step is not the same map of x alone at every k; empty when it is.
    symmetric : bool
        Whether dT/dx is a symmetric matrix, as for T(x) = x - a dJ/dx.
    """

    nonstationary_reasons: tuple[str, ...] = eqx.field(static=True, default=())
    symmetric: bool = eqx.field(static=True, default=False)

    @property
    def stationary(self) -> bool:
        """Whether the step is one map T of x, so that a fixed point can exist."""
        return not self.nonstationary_reasons


class AbstractSolver(eqx.Module):
    """A first state, a pure step, and how many of them."""

    n_steps: eqx.AbstractVar[int]

    @abc.abstractmethod
    def init(
        self,
        cost: VariationalCost,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None,
        key: PRNGKeyArray | None = None,
    ) -> SolverState:
        """Return the state before the first step; a key means training."""

    @abc.abstractmethod
    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return the state after one more step."""

    @abc.abstractmethod
    def step_map(self) -> StepMap:
        """Say what kind of map of x the step is."""

    @abc.abstractmethod
    def residual(self, cost: VariationalCost, obs: Observations, x: Float[Array, "*space channel"]) -> Float[Array, ""]:
        """Return how far x is from being solved: 0 at a solution."""


def require_identity(cost: VariationalCost, who: str, cure: str) -> None:
    """Refuse to copy data into the state where the data are not of the state itself.

    Raises
    ------
    TypeError
        When H is not the identity.
    """
    if not isinstance(cost.obs_operator, IdentityOperator):
        raise TypeError(
            f"{who} copies observations into the state, which needs H = identity, but the cost has "
            f"{type(cost.obs_operator).__name__}; use IdentityOperator() or {cure}"
        )


def check_steps(n_steps: int) -> None:
    """Refuse a solve without steps."""
    if n_steps < 1:
        raise ValueError(f"n_steps is {n_steps}; a solver takes at least 1 step")


class AbstractInitialState(eqx.Module):
    """(cost, observations) -> x before the first step."""

    @abc.abstractmethod
    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return a complete state."""


class ZeroState(AbstractInitialState):
    """x = 0, the training mean in normalised units.

    Not y on Omega: a state that is right on tracks and zero between them has to be unlearned by the solver, which
    costs several times as many training steps.
    """

    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return zeros."""
        return jnp.zeros_like(obs.values)


class ObservedState(AbstractInitialState):
    """x = y on Omega and 0 off it, as published; needs H = identity."""

    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return the data with zeros in the gaps.

        Raises
        ------
        TypeError
            When H is not the identity.
        """
        require_identity(cost, "ObservedState", "ZeroState()")
        return obs.values
