"""Inner solvers: how a state is improved, step by step, against one sample's observations.

    projection   x <- m y + (1 - m) phi(x)                       the DINEOF / DINCAE iteration
    gradient     x <- x - (a_k Phi(step_size g, h) + b_k g)      g = dJ/dx, classical or learned

A solver is ``init`` and a pure ``step``; the adjoint runs the loop and decides what is differentiated. The schedule
(a_k, b_k) is an object. Fablet et al. 2021, doi:10.1029/2021MS002572; Beckers & Rixen 2003,
doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import AbstractGradientModulator
from xdvn.core.observations import IdentityOperator, Observations

__all__ = [
    "AbstractSchedule",
    "AbstractSolver",
    "AnnealedSchedule",
    "ConstantSchedule",
    "GradientSolver",
    "ProjectionSolver",
    "SolverState",
]


class SolverState(eqx.Module):
    """Everything that changes from step to step: the state x, the modulator's memory, g's first size, the count."""

    x: Float[Array, "*space channel"]
    hidden: PyTree
    scale: Float[Array, ""]
    k: Int[Array, ""]


class AbstractSolver(eqx.Module):
    """A first state, a pure step, and how many of them."""

    n_steps: eqx.AbstractVar[int]

    @abc.abstractmethod
    def init(
        self, cost: VariationalCost, obs: Observations, first_guess: Float[Array, "*space channel"] | None
    ) -> SolverState:
        """Return the state before the first step; without a first guess, x = 0, the training mean."""

    @abc.abstractmethod
    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return the state after one more step."""


class AbstractSchedule(eqx.Module):
    """How much of the modulator's update and of the plain gradient each step takes."""

    @abc.abstractmethod
    def __call__(self, k: Int[Array, ""], n_steps: int) -> tuple[Float[Array, ""] | float, Float[Array, ""] | float]:
        """Return (a_k, b_k) for step k = 0, 1, ..., n_steps - 1."""


class ConstantSchedule(AbstractSchedule):
    """a_k = 1, b_k = 0: every step is the modulator's."""

    def __call__(self, k: Int[Array, ""], n_steps: int) -> tuple[Float[Array, ""] | float, Float[Array, ""] | float]:
        """Return (1, 0)."""
        return 1.0, 0.0


class AnnealedSchedule(AbstractSchedule):
    """a_k = 1/(k + 1), b_k = descent (k + 1)/K: learned steps first, plain descent towards the end.

    Parameters
    ----------
    descent : float
        Where the weight of the plain gradient starts; it is trained.
    """

    descent: Float[Array, ""]

    def __init__(self, descent: float = 0.0) -> None:
        self.descent = jnp.asarray(float(descent))

    def __call__(self, k: Int[Array, ""], n_steps: int) -> tuple[Float[Array, ""] | float, Float[Array, ""] | float]:
        """Return (1/(k + 1), descent (k + 1)/K)."""
        return 1.0 / (k + 1), self.descent * (k + 1) / n_steps


class GradientSolver(AbstractSolver):
    """Descend J with steps made by a modulator.

    Parameters
    ----------
    modulator : AbstractGradientModulator
        Phi; ``IdentityModulator()`` gives classical descent.
    n_steps : int
        K.
    step_size : float
        Multiplies the gradient before the modulator sees it; with the identity modulator, the step of the descent.
    schedule : AbstractSchedule
        Weights of the two parts of a step.
    normalise : bool
        Divide the gradient by its root mean square at the first step, so that the modulator sees numbers of order
        one for any grid and coverage. A window with nothing to descend keeps a zero gradient.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.modulators import IdentityModulator
    >>> from xdvn.core.priors import IdentityPrior
    >>> cost = VariationalCost(IdentityPrior(), obs_weight=1.0)
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> solver = GradientSolver(n_steps=1, modulator=IdentityModulator(), step_size=0.5)
    >>> solver.step(cost, obs, solver.init(cost, obs, jnp.zeros((2, 1)))).x[:, 0].tolist()
    [3.0, 0.0]
    """

    modulator: AbstractGradientModulator
    n_steps: int = eqx.field(static=True)
    step_size: float = 1.0
    schedule: AbstractSchedule = ConstantSchedule()
    normalise: bool = eqx.field(static=True, default=False)

    def __check_init__(self) -> None:
        _check_steps(self.n_steps)

    def init(
        self, cost: VariationalCost, obs: Observations, first_guess: Float[Array, "*space channel"] | None
    ) -> SolverState:
        """Return the first guess with a fresh memory."""
        return _start(cost, obs, first_guess, self.modulator)

    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return x - (a_k Phi(step_size g, h) + b_k g) with land untouched."""
        gradient, scale = cost.gradient(state.x, obs), state.scale
        if self.normalise:
            # Times the number of cells, "mean" costs have gradients of order one: then one floor suits every size.
            gradient = gradient * gradient.size
            first = jnp.sqrt(jnp.mean(gradient**2) + _FLOOR**2)
            scale = jnp.where(state.k == 0, first, scale)
            gradient = gradient / scale
        update, hidden = self.modulator(self.step_size * gradient, state.hidden)
        learned, plain = self.schedule(state.k, self.n_steps)
        x = state.x - obs.at_sea(learned * update + plain * gradient)
        return SolverState(x, hidden, scale, state.k + 1)


class ProjectionSolver(AbstractSolver):
    """Alternate between the prior and the data: x <- m y + (1 - m) phi(x).

    Parameters
    ----------
    n_steps : int
        K.
    """

    n_steps: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        _check_steps(self.n_steps)

    def init(
        self, cost: VariationalCost, obs: Observations, first_guess: Float[Array, "*space channel"] | None
    ) -> SolverState:
        """Return the first guess.

        Raises
        ------
        TypeError
            When H is not the identity: then data cannot be copied into the state.
        """
        if not isinstance(cost.obs_operator, IdentityOperator):
            raise TypeError(
                f"ProjectionSolver copies observations into the state, which needs H = identity, but the cost has "
                f"{type(cost.obs_operator).__name__}; use IdentityOperator() or a GradientSolver"
            )
        return _start(cost, obs, first_guess, None)

    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return the data where there are any and phi(x) elsewhere."""
        x = obs.at_sea(jnp.where(obs.mask, obs.values, cost.prior(state.x)))
        return SolverState(x, state.hidden, state.scale, state.k + 1)


_FLOOR = 1e-2


def _check_steps(n_steps: int) -> None:
    if n_steps < 1:
        raise ValueError(f"n_steps is {n_steps}; a solver takes at least 1 step")


def _start(
    cost: VariationalCost, obs: Observations, first_guess: Array | None, modulator: AbstractGradientModulator | None
) -> SolverState:
    # Not y on Omega: a state that is right on tracks and zero between them has to be unlearned by the solver, which
    # costs several times as many training steps as starting from the mean.
    x = obs.at_sea(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
    hidden = None if modulator is None else modulator.init(x)
    return SolverState(x, hidden, jnp.ones((), x.dtype), jnp.zeros((), jnp.int32))
