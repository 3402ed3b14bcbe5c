"""The adjoint at a fixed point: the gradient depends on the solution only, not on the iterations.

    x* = T(x*, Theta),   dx*/dTheta = (I - dT/dx)^-1 dT/dTheta,   vjp: solve (I - dT/dx)^T w = v, return (dT/dTheta)^T w

Matrix-free: products with (dT/dx)^T come from one vjp of the step, so memory is that of one step for any K, and no
forward mode is needed. For T = x - a dJ/dx it equals -(d2J/dx2)^-1 d2J/dx dTheta. Bai, Kolter & Koltun 2019,
arXiv:1909.01377; Blondel et al. 2022, arXiv:2105.15183.
"""

from __future__ import annotations

import dataclasses
import enum
import warnings
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from xdvn.core.adjoints.abstract import AbstractAdjoint, Step
from xdvn.core.adjoints.krylov import GMRES, AbstractKrylov
from xdvn.core.adjoints.unrolled import Unrolled, stopped
from xdvn.core.cost import VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.solvers.abstract import AbstractSolver, SolverState

__all__ = ["Convergence", "Implicit", "OnUnconverged"]


class OnUnconverged(enum.Enum):
    """Action if x is not a fixed point or the linear solve has not converged, when the gradient would be wrong."""

    RAISE = "raise"
    WARN = "warn"
    IGNORE = "ignore"


class Convergence(eqx.Module):
    """Convergence of the solve behind an implicit gradient.

    Parameters
    ----------
    fixed_point : Array, scalar
        Root mean square of T(x) - x, divided by 1 + that of x (normalised units).
    linear : Array, scalar
        Norm of v - (I - dT/dx)^T w relative to that of v.
    products : Array of int, scalar
        Products with the matrix that the linear solve took, each about the backward pass of one step.
    """

    fixed_point: Float[Array, ""]
    linear: Float[Array, ""]
    products: Int[Array, ""]


class Implicit(AbstractAdjoint):
    """Differentiate the fixed point that the solve has reached; the gradient with respect to the first guess is 0.

    It needs a stationary step: projection, or plain descent with a fixed step, run until it has converged. The
    learned steps of a modulator have no part in where a converged descent ends, hence no gradient here.

    Parameters
    ----------
    linear_solver : AbstractKrylov
        ``GMRES()`` (any step), ``BiCGStab()`` (any step, less memory), ``ConjugateGradient()`` (plain descent).
    fixed_point_tolerance, linear_tolerance : float
        Up to which ``Convergence.fixed_point`` and ``Convergence.linear`` count as converged.
    unconverged : Unconverged
        What to do otherwise: ``RAISE`` (default), ``WARN`` with the numbers, or ``IGNORE``.

    Examples
    --------
    Projection with phi(x) = 0.5 x + theta and no data has x* = 2 theta, hence the gradient 2:

    >>> import jax.numpy as jnp
    >>> from xdvn.core.networks.fourdvarnet import FourDVarNet
    >>> from xdvn.core.priors import AbstractPrior
    >>> from xdvn.core.solvers import ProjectionSolver
    >>> class Affine(AbstractPrior):
    ...     theta: jax.Array
    ...     def __call__(self, x):
    ...         return 0.5 * x + self.theta
    >>> network = FourDVarNet(VariationalCost(Affine(jnp.ones(()))), ProjectionSolver(n_steps=40), Implicit())
    >>> nothing = Observations(jnp.zeros((1, 1)), jnp.zeros((1, 1), bool))
    >>> float(eqx.filter_grad(lambda n: n(nothing).x.sum())(network).cost.prior.theta)
    2.0

    References
    ----------
    Bai, Kolter & Koltun 2019, arXiv:1909.01377.
    """

    linear_solver: AbstractKrylov = GMRES()
    fixed_point_tolerance: float = 1e-3
    linear_tolerance: float = 1e-3
    unconverged: OnUnconverged = eqx.field(static=True, default=OnUnconverged.RAISE)

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Refuse a step that is no map of x alone, parameters that would get no gradient, a matrix that does not fit.

        Raises
        ------
        ValueError
            Saying which, and what to use instead.
        """
        nature = solver.step_map()
        if not nature.stationary:
            raise ValueError(
                f"Implicit() needs a step that is one map of x, but in this {type(solver).__name__} "
                f"{'; '.join(nature.nonstationary_reasons)}. {_INSTEAD}"
            )
        if jax.tree.leaves(eqx.filter(solver, eqx.is_inexact_array)):
            modulator = type(getattr(solver, "modulator", solver)).__name__
            raise ValueError(
                f"the parameters of {modulator} would get no gradient from Implicit(): where a converged descent ends "
                f"(dJ/dx = 0) does not depend on its steps. {_INSTEAD}, or IdentityModulator() to train the cost alone"
            )
        if self.linear_solver.needs_symmetry and not nature.symmetric:
            raise ValueError(
                f"{type(self.linear_solver).__name__} needs a symmetric dT/dx, which the step of this "
                f"{type(solver).__name__} does not have; use Implicit(GMRES()) or Implicit(BiCGStab())"
            )

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps.

        Raises
        ------
        ValueError
            When the modulator has a memory: then the step is no map of x alone.
        """
        if jax.tree.leaves(state.hidden):
            raise ValueError(
                f"Implicit() needs a step that is one map of x, but the modulator remembers earlier steps. {_INSTEAD}"
            )
        return _run(args, self, step, stopped(state), n_steps)

    def solve(
        self, step: Step, args: PyTree, state: SolverState, v: Float[Array, "*space channel"]
    ) -> tuple[Float[Array, "*space channel"], Convergence]:
        """Return w with (I - dT/dx)^T w = v at ``state.x``, and how well it was found."""
        there, pull = jax.vjp(lambda x: step(args, dataclasses.replace(state, x=x)).x, state.x)

        def product(w: Array) -> Array:
            return w - pull(w)[0]

        w, products = self.linear_solver(product, v)
        fixed_point = _rms(there - state.x) / (1 + _rms(state.x))
        tiny = jnp.finfo(v.dtype).tiny
        return w, Convergence(fixed_point, _rms(v - product(w)) / jnp.maximum(_rms(v), tiny), products)

    def report(
        self,
        cost: VariationalCost,
        solver: AbstractSolver,
        obs: Observations,
        x: Float[Array, "*space channel"],
        v: Float[Array, "*space channel"],
    ) -> Convergence:
        """Say how far the gradient of a loss can be trusted at the solution x, where dL/dx = v.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> from xdvn.core.priors import IdentityPrior
        >>> from xdvn.core.solvers import ProjectionSolver
        >>> cost, solver = VariationalCost(IdentityPrior()), ProjectionSolver(n_steps=1)
        >>> obs = Observations(jnp.ones((4, 1)), jnp.ones((4, 1), bool))
        >>> found = Implicit().report(cost, solver, obs, jnp.ones((4, 1)), jnp.ones((4, 1)))
        >>> float(found.fixed_point), float(found.linear)
        (0.0, 0.0)
        """
        state = solver.init(cost, obs, x)
        return self.solve(lambda args, s: args[1].step(args[0], args[2], s), (cost, solver, obs), state, v)[1]

    def _trusted(self, w: Array, found: Convergence) -> Array:
        """Return w, or handle the failure as ``unconverged`` specifies."""
        if self.unconverged is OnUnconverged.IGNORE:
            return w
        wandering = ~(found.fixed_point <= self.fixed_point_tolerance)
        unsolved = ~(found.linear <= self.linear_tolerance)
        if self.unconverged is OnUnconverged.WARN:
            jax.debug.callback(_warn, wandering | unsolved, found)
            return w
        w = eqx.error_if(w, wandering, _WANDERING)
        return eqx.error_if(w, unsolved, _UNSOLVED)


@eqx.filter_custom_vjp
def _run(args: PyTree, adjoint: Implicit, step: Step, state: SolverState, n_steps: int) -> SolverState:
    return Unrolled(None).loop(step, args, state, n_steps)


@_run.def_fwd
def _run_fwd(
    perturbed: PyTree, args: PyTree, adjoint: Implicit, step: Step, state: SolverState, n_steps: int
) -> tuple[SolverState, SolverState]:
    final = Unrolled(None).loop(step, args, state, n_steps)
    return final, final


@_run.def_bwd
def _run_bwd(
    final: SolverState,
    cotangent: Any,
    perturbed: PyTree,
    args: PyTree,
    adjoint: Implicit,
    step: Step,
    state: SolverState,
    n_steps: int,
) -> PyTree:
    # Of the final state only x depends on Theta: a stationary step has no memory, and k and the scale do not vary.
    v = jnp.zeros_like(final.x) if cotangent.x is None else cotangent.x
    w = adjoint._trusted(*adjoint.solve(step, args, final, v))
    learned, rest = eqx.partition(args, eqx.is_inexact_array)
    return jax.vjp(lambda a: step(eqx.combine(a, rest), final).x, learned)[1](w)[0]


def _rms(field: Array) -> Array:
    return jnp.sqrt(jnp.mean(field**2))


def _warn(failed: Any, found: Convergence) -> None:
    if failed:
        warnings.warn(
            f"implicit gradient not converged: T(x) - x is {found.fixed_point:.1e} relative to x, the linear solve's "
            f"residual {found.linear:.1e} after {found.products} products; raise n_steps or max_products",
            stacklevel=2,
        )


_INSTEAD = "Use Unrolled(), RecursiveCheckpoint() or TruncatedAdjoint(k) instead"
_WANDERING = (
    "the solve did not reach a fixed point, so an implicit gradient would be wrong: T(x) - x exceeds "
    "fixed_point_tolerance. Raise n_steps, make the step a contraction (a smaller step_size, a prior that contracts), "
    "or use Unrolled(), RecursiveCheckpoint() or TruncatedAdjoint(k)"
)
_UNSOLVED = (
    "the linear solve of Implicit() did not converge, so its gradient would be wrong. Raise max_products of its linear "
    "solver; if that does not help, the fixed point is not unique (gaps that the prior leaves free, as IdentityPrior "
    "does): use Unrolled(), RecursiveCheckpoint() or TruncatedAdjoint(k)"
)
