"""Matrix-free linear solvers for the implicit adjoint, based on lineax."""

from __future__ import annotations

import abc
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import lineax as lx
from jaxtyping import Array, Float, Int

__all__ = ["GMRES", "AbstractKrylov", "BiCGStab", "ConjugateGradient"]


_Carry = tuple[Array, Array, Array, Array]
"""Solution, residual, norm of the residual before it, number of products."""


class AbstractKrylov(eqx.Module):
    """A linear solver that requires only products with its matrix."""

    rtol: eqx.AbstractVar[float]
    max_products: eqx.AbstractVar[int]

    @property
    @abc.abstractmethod
    def needs_symmetry(self) -> bool:
        """True if the matrix must be symmetric positive definite."""

    @property
    @abc.abstractmethod
    def products_per_iteration(self) -> int:
        """Products with the matrix per lineax iteration."""

    @abc.abstractmethod
    def method(self, max_steps: int) -> lx.AbstractLinearSolver:
        """Return the lineax solver with at most ``max_steps`` iterations."""

    def __call__(
        self, product: Callable[[Array], Array], right: Float[Array, "*space channel"]
    ) -> tuple[Float[Array, "*space channel"], Int[Array, ""]]:
        """Solve A w = right, where product(w) = A w; return w and the number of products."""
        tags = lx.positive_semidefinite_tag if self.needs_symmetry else ()
        operator = lx.FunctionLinearOperator(product, jax.ShapeDtypeStruct(right.shape, right.dtype), tags)
        method = self.method(-(-self.max_products // self.products_per_iteration))
        goal = self.rtol * jnp.linalg.norm(right.ravel())

        def unfinished(carry: _Carry) -> Array:
            _, residual, previous, products = carry
            size = jnp.linalg.norm(residual.ravel())
            return (size > goal) & (size < previous / 2) & (products < self.max_products)

        def restart(carry: _Carry) -> _Carry:
            # In single precision lineax' BiCGStab stops at the first negative coefficient, which is harmless, so the
            # solve restarts on the residual. The residual is scaled to order one, so that rtol also works as atol.
            w, residual, _, products = carry
            size = jnp.abs(residual).max()
            solution = lx.linear_solve(operator, residual / size, method, throw=False)
            w = w + solution.value * size
            count = jnp.asarray(solution.stats["num_steps"], jnp.int32) * self.products_per_iteration
            return w, right - product(w), jnp.linalg.norm(residual.ravel()), products + count

        start = (jnp.zeros_like(right), right, jnp.full((), jnp.inf, right.dtype), jnp.zeros((), jnp.int32))
        w, _, _, products = jax.lax.while_loop(unfinished, restart, start)
        return w, products


class ConjugateGradient(AbstractKrylov):
    """The conjugate gradient method, for symmetric positive definite matrices, with the least memory.

    It suits plain descent, T(x) = x - a dJ/dx, near a minimum of J.

    Parameters
    ----------
    rtol : float
        Largest residual accepted, relative to the right-hand side.
    max_products : int
        Approximate limit on products with the matrix.

    References
    ----------
    Saad 2003, doi:10.1137/1.9780898718003; lineax: Rader, Lyons & Kidger 2023, arXiv:2311.17283.
    """

    rtol: float = 1e-5
    max_products: int = 200

    @property
    def needs_symmetry(self) -> bool:
        """True."""
        return True

    @property
    def products_per_iteration(self) -> int:
        """One."""
        return 1

    def method(self, max_steps: int) -> lx.AbstractLinearSolver:
        """Return lineax' CG."""
        return lx.CG(self.rtol, self.rtol, max_steps=max_steps)


class GMRES(AbstractKrylov):
    """The generalised minimal residual method, for any matrix; stores ``restart`` states.

    Parameters
    ----------
    rtol : float
        Largest residual accepted, relative to the right-hand side.
    max_products : int
        Approximate limit on products with the matrix.
    restart : int
        States stored before the method restarts.

    References
    ----------
    Saad 2003, doi:10.1137/1.9780898718003; lineax: Rader, Lyons & Kidger 2023, arXiv:2311.17283.
    """

    rtol: float = 1e-5
    max_products: int = 200
    restart: int = 20

    @property
    def needs_symmetry(self) -> bool:
        """False."""
        return False

    @property
    def products_per_iteration(self) -> int:
        """The number of stored states, because lineax counts whole cycles."""
        return self.restart

    def method(self, max_steps: int) -> lx.AbstractLinearSolver:
        """Return lineax' GMRES."""
        return lx.GMRES(self.rtol, self.rtol, max_steps=max_steps, restart=self.restart)


class BiCGStab(AbstractKrylov):
    """The stabilised bi-conjugate gradient method, for any matrix.

    It stores a few states and may break down.

    Parameters
    ----------
    rtol : float
        Largest residual accepted, relative to the right-hand side.
    max_products : int
        Approximate limit on products with the matrix.

    References
    ----------
    Saad 2003, doi:10.1137/1.9780898718003; lineax: Rader, Lyons & Kidger 2023, arXiv:2311.17283.
    """

    rtol: float = 1e-5
    max_products: int = 200

    @property
    def needs_symmetry(self) -> bool:
        """False."""
        return False

    @property
    def products_per_iteration(self) -> int:
        """Two."""
        return 2

    def method(self, max_steps: int) -> lx.AbstractLinearSolver:
        """Return lineax' BiCGStab."""
        return lx.BiCGStab(self.rtol, self.rtol, max_steps=max_steps)
