"""The solver that descends the cost J, by plain gradients (classical 4DVar) or by learned steps (4DVarNet).

    g = dJ/dx  (times N / r where normalised),   (u, h) <- Phi(step_size g, h),   x <- x - (a_k u + b_k g)

N is the number of cells and r = sqrt(mean (N dJ/dx)^2 + 0.01^2) at the first step, so that g is of order one for any
size, coverage and sample, without reference to other samples. Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

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
    dropout : float
        Share of the modulator's input that is set to zero while training (the rest is scaled up by 1/(1 - share)),
        drawn at each step; without a key, at inference, nothing is dropped.
    data_projection : AbstractDataProjection, optional
        ``HardProjection()`` or ``SoftProjection(weight)`` returns the data into the state after each step; needs
        H = identity. None (default) does not: noisy data must not be copied into a map. Observations at points have
        no cell to be copied into; they act through J alone.
    start : AbstractInitialState
        The state before the first step when there is no first guess.

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
            raise ValueError(f"dropout is {self.dropout}; it is a share from 0 (none) to below 1, such as 0.1")

    def init(
        self,
        cost: VariationalCost,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None,
        key: PRNGKeyArray | None = None,
    ) -> SolverState:
        """Return the first guess, or the start, with a fresh memory.

        Raises
        ------
        TypeError
            Data are copied into the state and H is not the identity.
        """
        if self.data_projection is not None:
            require_identity(cost, type(self.data_projection).__name__, "data_projection=None")
        x = obs.mask_land(self.start(cost, obs) if first_guess is None else first_guess)
        return SolverState.start(x, self.modulator.init(x), key if self.dropout else None)

    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return x - (a_k Phi(step_size g, h) + b_k g) with land at zero."""
        gradient, scale = cost.gradient(state.x, obs), state.scale
        if self.normalise:
            # Times the number of cells, "mean" costs have gradients of order one: then one floor suits every size.
            gradient = gradient * (gradient.size if cost.reduction is Reduction.MEAN else 1)
            first = jnp.sqrt(jnp.mean(gradient**2) + _FLOOR**2)
            scale = jax.lax.select(state.k == 0, first, scale)
            gradient = gradient / scale
        update, hidden = self.modulator(self.step_size * self._dropped(gradient, state), state.hidden)
        learned, plain = self.schedule(state.k, self.n_steps, scale)
        x = state.x - (learned * update + plain * gradient)
        if self.data_projection is not None:
            x = self.data_projection(x, obs)
        return SolverState(obs.mask_land(x), hidden, scale, state.k + 1, state.key)

    def _dropped(self, gradient: Array, state: SolverState) -> Array:
        if state.key is None:
            return gradient
        key = jax.random.fold_in(state.key, state.k)
        kept = jax.random.bernoulli(key, 1 - self.dropout, gradient.shape)
        return jnp.where(kept, gradient / (1 - self.dropout), 0)

    def step_map(self) -> StepMap:
        """One map of x when nothing in the step depends on k, on chance or on the first gradient.

        Memory is not looked at here: a modulator that has one shows it in the state.
        """
        nonstationary_reasons = []
        if not self.schedule.constant:
            nonstationary_reasons.append(f"{type(self.schedule).__name__} changes with k (ConstantSchedule() does not)")
        if self.normalise:
            nonstationary_reasons.append("normalise=True divides by the size of the first step's gradient")
        if self.dropout:
            nonstationary_reasons.append(f"dropout={self.dropout} is drawn again at each step")
        plain = isinstance(self.modulator, IdentityModulator) and self.data_projection is None
        return StepMap(tuple(nonstationary_reasons), symmetric=plain)

    def residual(self, cost: VariationalCost, obs: Observations, x: Float[Array, "*space channel"]) -> Float[Array, ""]:
        """Return the Euclidean norm of T(x) - x where the step is one map T of x, else that of dJ/dx.

        Steps that change with k, or remember, have no fixed point; the minimum of J is what is left.
        """
        # A plain norm has no derivative where a solve ends exactly: NaN would reach the weights.
        state = self.init(cost, obs, x)
        if self.step_map().stationary and not jax.tree.leaves(state.hidden):
            return optax.safe_norm((self.step(cost, obs, state).x - x).ravel(), 0.0)
        return optax.safe_norm(cost.gradient(x, obs).ravel(), 0.0)


_FLOOR = 1e-2
