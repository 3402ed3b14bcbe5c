"""The interface of an inner solver, and the initial states of a solve without a first guess."""

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
    """All variables of the iteration, so that an adjoint can run, divide and repeat the loop.

    Parameters
    ----------
    x : Array, "*space channel"
        State.
    hidden : PyTree
        Memory of the modulator; None without memory.
    scale : Array, scalar
        Divisor of the gradient, computed at the first step; 1 without normalisation.
    k : Array of int, scalar
        Number of completed steps.
    key : PRNGKeyArray, optional
        Random key of the solve; each step folds k into it. None at inference.
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
        Properties of the solver that make the step depend on more than x; empty for a stationary step.
    symmetric : bool
        Whether dT/dx is a symmetric matrix, as for T(x) = x - a dJ/dx. Default: False.
    """

    nonstationary_reasons: tuple[str, ...] = eqx.field(static=True, default=())
    symmetric: bool = eqx.field(static=True, default=False)

    @property
    def stationary(self) -> bool:
        """Whether every step is the same map T of x, so that a fixed point can exist."""
        return not self.nonstationary_reasons


class AbstractSolver(eqx.Module):
    """An iteration state_{k+1} = step(cost, obs, state_k), k = 0, ..., K - 1, with a pure step."""

    n_steps: eqx.AbstractVar[int]

    @abc.abstractmethod
    def init(
        self,
        cost: VariationalCost,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None,
        key: PRNGKeyArray | None = None,
    ) -> SolverState:
        """Return the state before the first step; with a key, that of a training."""

    @abc.abstractmethod
    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return the state after one step."""

    @abc.abstractmethod
    def step_map(self) -> StepMap:
        """Return the properties of the step as a map of x."""

    @abc.abstractmethod
    def residual(self, cost: VariationalCost, obs: Observations, x: Float[Array, "*space channel"]) -> Float[Array, ""]:
        """Return a norm of the residual at x, 0 at a solution."""


class AbstractInitialState(eqx.Module):
    """Function (cost, observations) -> x before the first step."""

    @abc.abstractmethod
    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return a complete state."""


class ZeroState(AbstractInitialState):
    """x = 0, the training mean in normalised units.

    Training needs several times fewer updates than with ``ObservedState``, whose states are discontinuous at the edges
    of the tracks.
    """

    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return zeros."""
        return jnp.zeros_like(obs.values)


class ObservedState(AbstractInitialState):
    """x = y on Omega and 0 elsewhere, the published initial state; requires H = identity."""

    def __call__(self, cost: VariationalCost, obs: Observations) -> Float[Array, "*space channel"]:
        """Return the observations, with zeros in the gaps.

        Raises
        ------
        TypeError
            If H is not the identity.
        """
        require_identity(cost, "ObservedState", "ZeroState()")
        return obs.values


def require_identity(cost: VariationalCost, owner: str, cure: str) -> None:
    """Raise if observations of other quantities than the state would be copied into the state.

    Raises
    ------
    TypeError
        If H is not the identity.
    """
    if not isinstance(cost.obs_operator, IdentityOperator):
        raise TypeError(
            f"obs_operator={type(cost.obs_operator).__name__}: expected IdentityOperator(), because {owner} copies "
            f"observations into the state. Use it, or {cure}."
        )


def check_steps(n_steps: int) -> None:
    """Raise if a solver has no step."""
    if n_steps < 1:
        raise ValueError(f"n_steps={n_steps}: expected 1 or more. Pass e.g. n_steps=5.")
