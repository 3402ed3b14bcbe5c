"""The implicit adjoint: the gradient of a fixed point, independent of the iterations that found it."""

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
from xdvn.core.adjoints.unrolled import Unrolled, stop_gradient
from xdvn.core.cost import VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.solvers.abstract import AbstractSolver, SolverState

__all__ = ["Convergence", "Implicit", "OnUnconverged"]


class OnUnconverged(enum.Enum):
    """Action if x is not a fixed point or the linear solve has not converged, so that the gradient is wrong."""

    RAISE = "raise"
    WARN = "warn"
    IGNORE = "ignore"


class Convergence(eqx.Module):
    """Convergence of the solve behind an implicit gradient.

    Parameters
    ----------
    fixed_point : Array, scalar
        Root mean square of T(x) - x, divided by 1 + that of x [normalised units].
    linear : Array, scalar
        Norm of v - (I - dT/dx)^T w, divided by that of v.
    products : Array of int, scalar
        Products with the matrix in the linear solve, each about as expensive as the backward pass of one step.
    """

    fixed_point: Float[Array, ""]
    linear: Float[Array, ""]
    products: Int[Array, ""]


_INSTEAD = "Use Unrolled() or TruncatedAdjoint(k)."


class Implicit(AbstractAdjoint):
    """Gradient of a fixed point x* = T(x*, Theta), by the implicit function theorem.

        dx*/dTheta = (I - dT/dx)^-1 dT/dTheta;   vjp: solve (I - dT/dx)^T w = v, return (dT/dTheta)^T w

    The solve requires only products with (dT/dx)^T, so memory is that of one step for any K. For T(x) = x - a dJ/dx,
    the derivative is -(d2J/dx2)^-1 d2J/dx dTheta.

    The step must be stationary and the solve converged: projection, or plain descent with a fixed step size. The
    parameters of a modulator and the first guess have no gradient, because x* does not depend on them.

    Parameters
    ----------
    linear_solver : AbstractKrylov
        ``GMRES()`` (any step, default), ``BiCGStab()`` (any step, less memory) or ``ConjugateGradient()`` (plain
        descent).
    fixed_point_tolerance, linear_tolerance : float
        Largest ``Convergence.fixed_point`` and ``Convergence.linear`` of a converged solve. Default: 1e-3.
    unconverged : OnUnconverged
        Action without convergence: ``RAISE`` (default), ``WARN`` or ``IGNORE``.

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
    Bai, Kolter & Koltun 2019, arXiv:1909.01377; Blondel et al. 2022, arXiv:2105.15183.
    """

    linear_solver: AbstractKrylov = GMRES()
    fixed_point_tolerance: float = 1e-3
    linear_tolerance: float = 1e-3
    unconverged: OnUnconverged = eqx.field(static=True, default=OnUnconverged.RAISE)

    def check(self, cost: VariationalCost, solver: AbstractSolver) -> None:
        """Raise if the gradient of a solver would be wrong or zero.

        Raises
        ------
        ValueError
            If the step is not stationary, the solver has trained parameters, or the linear solver requires a symmetric
            derivative.
        """
        step_map = solver.step_map()
        if not step_map.stationary:
            raise ValueError(
                f"{type(solver).__name__}: expected a stationary step for Implicit(), but "
                f"{'; '.join(step_map.nonstationary_reasons)}. {_INSTEAD}"
            )
        if jax.tree.leaves(eqx.filter(solver, eqx.is_inexact_array)):
            modulator = type(getattr(solver, "modulator", solver)).__name__
            raise ValueError(
                f"{modulator}: expected no trained parameters for Implicit(), because a fixed point does not depend on "
                f"them. Use IdentityModulator(), Unrolled() or TruncatedAdjoint(k)."
            )
        if self.linear_solver.needs_symmetry and not step_map.symmetric:
            raise ValueError(
                f"linear_solver={type(self.linear_solver).__name__}(): expected one for an asymmetric dT/dx, as that "
                f"of {type(solver).__name__}. Use GMRES() or BiCGStab()."
            )

    def loop(self, step: Step, args: PyTree, state: PyTree, n_steps: int) -> PyTree:
        """Return the state after ``n_steps`` steps.

        Raises
        ------
        ValueError
            If the modulator has a memory, so that the step depends on more than x.
        """
        if jax.tree.leaves(state.hidden):
            raise ValueError(
                f"the modulator has a memory: expected a step that depends on x only for Implicit(). {_INSTEAD}"
            )
        return _run(args, self, step, stop_gradient(state), n_steps)

    def solve(
        self, step: Step, args: PyTree, state: SolverState, v: Float[Array, "*space channel"]
    ) -> tuple[Float[Array, "*space channel"], Convergence]:
        """Solve (I - dT/dx)^T w = v at ``state.x``; return w and the convergence."""
        next_x, pullback = jax.vjp(lambda x: step(args, dataclasses.replace(state, x=x)).x, state.x)

        def product(w: Array) -> Array:
            return w - pullback(w)[0]

        w, products = self.linear_solver(product, v)
        fixed_point = _rms(next_x - state.x) / (1 + _rms(state.x))
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
        """Return the convergence at the solution x, for a loss with the gradient dL/dx = v.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> from xdvn.core.priors import IdentityPrior
        >>> from xdvn.core.solvers import ProjectionSolver
        >>> cost, solver = VariationalCost(IdentityPrior()), ProjectionSolver(n_steps=1)
        >>> obs = Observations(jnp.ones((4, 1)), jnp.ones((4, 1), bool))
        >>> convergence = Implicit().report(cost, solver, obs, jnp.ones((4, 1)), jnp.ones((4, 1)))
        >>> float(convergence.fixed_point), float(convergence.linear)
        (0.0, 0.0)
        """
        state = solver.init(cost, obs, x)
        return self.solve(lambda args, s: args[1].step(args[0], args[2], s), (cost, solver, obs), state, v)[1]

    def _check_convergence(self, w: Array, convergence: Convergence) -> Array:
        """Return w, or handle the failure as ``unconverged`` specifies."""
        if self.unconverged is OnUnconverged.IGNORE:
            return w
        no_fixed_point = ~(convergence.fixed_point <= self.fixed_point_tolerance)
        unsolved = ~(convergence.linear <= self.linear_tolerance)
        if self.unconverged is OnUnconverged.WARN:
            jax.debug.callback(_warn, no_fixed_point | unsolved, convergence)
            return w
        w = eqx.error_if(
            w,
            no_fixed_point,
            "T(x) - x is above fixed_point_tolerance: expected a fixed point for Implicit(). Increase n_steps, reduce "
            "step_size, or use TruncatedAdjoint(k).",
        )
        return eqx.error_if(
            w,
            unsolved,
            "the linear residual is above linear_tolerance: expected one solution for Implicit(). Increase "
            "max_products; if the prior leaves gaps free, use Unrolled().",
        )


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
    # In the final state, only x depends on Theta: a stationary step has no memory and a constant scale.
    v = jnp.zeros_like(final.x) if cotangent.x is None else cotangent.x
    w = adjoint._check_convergence(*adjoint.solve(step, args, final, v))
    learned, rest = eqx.partition(args, eqx.is_inexact_array)
    return jax.vjp(lambda a: step(eqx.combine(a, rest), final).x, learned)[1](w)[0]


def _rms(field: Array) -> Array:
    return jnp.sqrt(jnp.mean(field**2))


def _warn(failed: Any, convergence: Convergence) -> None:
    if failed:
        warnings.warn(
            f"the implicit gradient has not converged: T(x) - x is {convergence.fixed_point:.1e} of x, the linear "
            f"residual {convergence.linear:.1e} after {convergence.products} products. Increase n_steps or "
            "max_products.",
            stacklevel=2,
        )
