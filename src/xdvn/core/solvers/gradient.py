"""The solver that descends the cost J, by plain gradients (classical 4DVar) or by learned steps (4DVarNet)."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.modulators import AbstractGradientModulator, IdentityModulator
from xdvn.core.observations import Observations
from xdvn.core.parameters import as_python_scalar
from xdvn.core.solvers.abstract import (
    AbstractInitialState,
    AbstractSolver,
    SolverState,
    StepMap,
    ZeroState,
    check_steps,
    require_identity,
)
from xdvn.core.solvers.projection import AbstractDataProjection
from xdvn.core.solvers.schedules import AbstractSchedule, ConstantSchedule

__all__ = ["GradientSolver"]

_MIN_SCALE = 1e-2
"""Lower bound of r, so that a window with zero gradient keeps it."""


class GradientSolver(AbstractSolver):
    """Descent of J with modulated gradients.

        g = dJ/dx  (times N / r if normalised),   (u, h) <- Phi(step_size g, h),   x <- x - (a_k u + b_k g)

    N is the number of cells and r = sqrt(mean (N dJ/dx)^2 + 0.01^2) at the first step. g is then of order one for any
    grid, coverage and sample.

    Parameters
    ----------
    modulator : AbstractGradientModulator
        Phi; ``IdentityModulator()`` gives classical descent.
    n_steps : int
        Number of steps K.
    step_size : float
        Factor on the gradient before the modulator; with the identity modulator, the step size of the descent.
        Default: 1.
    schedule : AbstractSchedule
        Weights a_k of the modulated and b_k of the plain gradient. Default: 1 and 0.
    normalise : bool
        Whether to divide the gradient by r. Default: False.
    dropout : float
        Fraction of the modulator's input that training sets to zero, drawn at each step; the rest is scaled by
        1/(1 - dropout). Default: 0.
    data_projection : AbstractDataProjection, optional
        ``HardProjection()`` or ``SoftProjection(weight)``, applied to the state after each step; requires H = identity
        and excludes observations at points. If None, noisy observations act through J only.
    start : AbstractInitialState
        State before the first step of a solve without a first guess. Default: zero.

    References
    ----------
    Fablet et al. 2021, doi:10.1029/2021MS002572.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import IdentityPrior
    >>> cost = VariationalCost(IdentityPrior(), obs_weight=1.0)
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> solver = GradientSolver(n_steps=1, modulator=IdentityModulator(), step_size=0.5)
    >>> solver.step(cost, obs, solver.init(cost, obs, jnp.zeros((2, 1)))).x[:, 0].tolist()
    [3.0, 0.0]
    """

    modulator: AbstractGradientModulator
    n_steps: int = eqx.field(static=True)
    step_size: float = eqx.field(default=1.0, converter=as_python_scalar)
    schedule: AbstractSchedule = ConstantSchedule()
    normalise: bool = eqx.field(static=True, default=False)
    dropout: float = eqx.field(static=True, default=0.0)
    data_projection: AbstractDataProjection | None = None
    start: AbstractInitialState = ZeroState()

    def __check_init__(self) -> None:
        check_steps(self.n_steps)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout}: expected 0 (none) or more, and less than 1. Pass e.g. 0.1.")

    def init(
        self,
        cost: VariationalCost,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None,
        key: PRNGKeyArray | None = None,
    ) -> SolverState:
        """Return the first guess or the initial state, with the initial memory.

        Raises
        ------
        TypeError
            If observations are copied into the state and H is not the identity.
        """
        if self.data_projection is not None:
            require_identity(cost, type(self.data_projection).__name__, "data_projection=None")
        x = obs.mask_land(self.start(cost, obs) if first_guess is None else first_guess)
        return SolverState.start(x, self.modulator.init(x), key if self.dropout else None)

    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return x - (a_k Phi(step_size g, h) + b_k g) with land at zero."""
        gradient, scale = cost.gradient(state.x, obs), state.scale
        if self.normalise:
            # Gradients of mean costs are of order 1/N: with the factor N, one lower bound suits every size.
            gradient = gradient * (gradient.size if cost.reduction is Reduction.MEAN else 1)
            first = jnp.sqrt(jnp.mean(gradient**2) + _MIN_SCALE**2)
            scale = jax.lax.select(state.k == 0, first, scale)
            gradient = gradient / scale
        update, hidden = self.modulator(self.step_size * self._with_dropout(gradient, state), state.hidden)
        learned, plain = self.schedule(state.k, self.n_steps, scale)
        x = state.x - (learned * update + plain * gradient)
        if self.data_projection is not None:
            x = self.data_projection(x, obs)
        return SolverState(obs.mask_land(x), hidden, scale, state.k + 1, state.key)

    def _with_dropout(self, gradient: Array, state: SolverState) -> Array:
        if state.key is None:
            return gradient
        key = jax.random.fold_in(state.key, state.k)
        mask = jax.random.bernoulli(key, 1 - self.dropout, gradient.shape)
        return jnp.where(mask, gradient / (1 - self.dropout), 0)

    def step_map(self) -> StepMap:
        """Return the properties of the step: stationary without schedule, normalisation and dropout.

        The memory of a modulator is part of the state and does not count here.
        """
        nonstationary_reasons = []
        if not self.schedule.constant:
            nonstationary_reasons.append(f"{type(self.schedule).__name__} changes with k")
        if self.normalise:
            nonstationary_reasons.append("normalise=True divides by the first gradient")
        if self.dropout:
            nonstationary_reasons.append(f"dropout={self.dropout} changes at each step")
        plain = isinstance(self.modulator, IdentityModulator) and self.data_projection is None
        return StepMap(tuple(nonstationary_reasons), symmetric=plain)

    def residual(self, cost: VariationalCost, obs: Observations, x: Float[Array, "*space channel"]) -> Float[Array, ""]:
        """Return the Euclidean norm of T(x) - x for a stationary step T, else that of dJ/dx.

        Steps that depend on k or on a memory have no fixed point, but J has a minimum.
        """
        # The derivative of a plain norm is NaN at 0, where a solve is exact.
        state = self.init(cost, obs, x)
        if self.step_map().stationary and not jax.tree.leaves(state.hidden):
            return optax.safe_norm((self.step(cost, obs, state).x - x).ravel(), 0.0)
        return optax.safe_norm(cost.gradient(x, obs).ravel(), 0.0)
