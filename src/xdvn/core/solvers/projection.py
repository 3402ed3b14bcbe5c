"""The solver without a gradient (DINEOF, DINCAE), and projections of a state on the observations."""

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
    """Function (x, observations) -> x, closer to the observations on Omega and unchanged elsewhere; H = identity."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return the projected state."""


class HardProjection(AbstractDataProjection):
    """x <- m y + (1 - m) x: the state equals the observations, the published form for data without noise.

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
    """x <- x + m w (y - x): the state moves by the fraction w towards the observations.

    Fablet et al. 2021, doi:10.1029/2021MS002572.

    Parameters
    ----------
    weight : float
        Fraction w, above 0 and at most 1; 1 is the hard projection.

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
                f"weight={self.weight}: expected a number above 0 and at most 1. Use data_projection=None for no "
                "projection, HardProjection() for exact observations."
            )

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x + m w (y - x)."""
        return x + jnp.where(obs.mask, self.weight * (obs.values - x), 0)


class ProjectionSolver(AbstractSolver):
    """The iteration x <- m y + (1 - m) phi(x); requires H = identity.

    With a truncated singular value decomposition as prior, it is DINEOF; with a convolutional autoencoder, DINCAE.

    Parameters
    ----------
    n_steps : int
        Number of steps K.

    References
    ----------
    Beckers & Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2; Barth et al. 2020,
    doi:10.5194/gmd-13-1609-2020.
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
        """Return the first guess; without one, 0, the training mean.

        Raises
        ------
        TypeError
            If H is not the identity, or observations are at points, which have no cell in the state.
        ValueError
            If a weight of J is learned: projection does not use it, so it has no gradient.
        """
        learned = [name for name in ("obs_weight", "prior_weight") if isinstance(getattr(cost, name), LearnedWeight)]
        if learned:
            raise ValueError(
                f"{learned[0]}=LearnedWeight(...): expected a number, because ProjectionSolver has no weights and no "
                "gradient for them. Pass 1.0, or use a GradientSolver."
            )
        if obs.points is not None:
            raise TypeError(
                "ProjectionSolver: got observations at points, expected gridded ones to copy into the state. Bin them "
                "to the grid, or use a GradientSolver."
            )
        require_identity(cost, "ProjectionSolver", "a GradientSolver")
        return SolverState.start(obs.mask_land(jnp.zeros_like(obs.values) if first_guess is None else first_guess))

    def step(self, cost: VariationalCost, obs: Observations, state: SolverState) -> SolverState:
        """Return y on Omega and phi(x) elsewhere."""
        x = obs.mask_land(HardProjection()(cost.prior(state.x), obs))
        return SolverState(x, state.hidden, state.scale, state.k + 1, state.key)

    def step_map(self) -> StepMap:
        """Return the properties of the step: stationary, with an asymmetric derivative in general."""
        return StepMap()

    def residual(self, cost: VariationalCost, obs: Observations, x: Float[Array, "*space channel"]) -> Float[Array, ""]:
        """Return the Euclidean norm of T(x) - x, where T is the step."""
        # The derivative of a plain norm is NaN at 0, where a solve is exact.
        return optax.safe_norm((self.step(cost, obs, self.init(cost, obs, x)).x - x).ravel(), 0.0)
