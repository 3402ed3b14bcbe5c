"""The solver without a gradient, x <- m y + (1 - m) phi(x), and projections of a state on the data.

    hard   x <- m y + (1 - m) x            the published form, for data without noise
    soft   x <- x + m w (y - x)            part of the way

With a truncated singular value decomposition as prior, the solver is DINEOF, with a convolutional autoencoder DINCAE.
Projections need H = identity and are off by default: noisy data must not be copied into a map.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.parameters import as_python_scalar
from xdvn.core.solvers.abstract import AbstractSolver, SolverState, StepMap, check_steps, require_identity

__all__ = ["AbstractDataProjection", "HardProjection", "ProjectionSolver", "SoftProjection"]


class AbstractDataProjection(eqx.Module):
    """(x, observations) -> x, nearer to the data where there are any and unchanged where there are none."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x with the data in it."""


class HardProjection(AbstractDataProjection):
    """x <- m y + (1 - m) x: the state agrees with the data exactly.

    Fablet et al. 2021, doi:10.1029/2021MS002572.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> HardProjection()(jnp.ones((2, 1)), obs)[:, 0].tolist()
    [3.0, 1.0]
    """

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return y on Omega, x elsewhere."""
        return jnp.where(obs.mask, obs.values, x)


class SoftProjection(AbstractDataProjection):
    """x <- x + m w (y - x): the state moves the fraction w towards the data.

    Fablet et al. 2021, doi:10.1029/2021MS002572.

    Parameters
    ----------
    weight : float
        w, above 0 and at most 1 (which is the hard form).

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> obs = Observations(jnp.array([[3.0], [0.0]]), jnp.array([[True], [False]]))
    >>> SoftProjection(0.5)(jnp.ones((2, 1)), obs)[:, 0].tolist()
    [2.0, 1.0]
    """

    weight: float = eqx.field(converter=as_python_scalar)

    def __check_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise ValueError(
                f"SoftProjection(weight={self.weight}): the weight is above 0 and at most 1; None switches projection "
                "off, HardProjection() copies the data"
            )

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x + m w (y - x)."""
        return x + jnp.where(obs.mask, self.weight * (obs.values - x), 0)


class ProjectionSolver(AbstractSolver):
    """Alternate between the prior and the data: x <- m y + (1 - m) phi(x).

    Beckers & Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2; Barth et al. 2020,
    doi:10.5194/gmd-13-1609-2020.

    Parameters
    ----------
    n_steps : int
        K.
    """

    n_steps: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        check_steps(self.n_steps)

    def init(
        self,
        cost: VariationalCost,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None,
        key: PRNGKeyArray | None = None,
    ) -> SolverState:
        """Return the first guess, or 0, the training mean.

        Raises
        ------
        TypeError
            When H is not the identity, or there are observations at points: then data cannot be copied into the state.
        ValueError
            When a weight of J is learned: projection has no weights, so it would get no gradient.
        """
        learned = [name for name in ("obs_weight", "prior_weight") if isinstance(getattr(cost, name), LearnedWeight)]
        if learned:
            raise ValueError(
                f"{' and '.join(learned)} would get no gradient: ProjectionSolver takes phi(x) and the data as they "
                "are, without weights. Give numbers, such as VariationalCost(prior, obs_weight=1.0, prior_weight=1.0), "
                "or use a GradientSolver"
            )
        if obs.points is not None:
            raise TypeError(
                "ProjectionSolver copies observed cells into the state, but here are observations at points; use a "
                "GradientSolver, or grid them"
            )
        require_identity(cost, "ProjectionSolver", "a GradientSolver")
        return SolverState.start(obs.mask_land(jnp.zeros_like(obs.values) if first_guess is None else first_guess))

    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return the data where there are any and phi(x) elsewhere."""
        x = obs.mask_land(HardProjection()(cost.prior(state.x), obs))
        return SolverState(x, state.hidden, state.scale, state.k + 1, state.key)

    def step_map(self) -> StepMap:
        """One map of x; its derivative is as asymmetric as the prior's."""
        return StepMap()

    def residual(self, cost: VariationalCost, obs: Observations, x: Float[Array, "*space channel"]) -> Float[Array, ""]:
        """Return the Euclidean norm of T(x) - x, where T is the step."""
        # A plain norm has no derivative where a solve ends exactly: NaN would reach the weights.
        return optax.safe_norm((self.step(cost, obs, self.init(cost, obs, x)).x - x).ravel(), 0.0)
