"""Matrix-free linear solvers for the implicit adjoint, named so that they can be saved; lineax does the work.

Each needs products with the matrix only. Conjugate gradients want it symmetric and positive, the others do not.
Saad 2003, doi:10.1137/1.9780898718003; lineax: Rader, Lyons & Kidger 2023, arXiv:2311.17283.
"""

from __future__ import annotations

import abc
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import lineax as lx
from jaxtyping import Array, Float, Int

__all__ = ["GMRES", "AbstractKrylov", "BiCGStab", "ConjugateGradient"]


class AbstractKrylov(eqx.Module):
    """A linear solver that sees its matrix only through products, and when it stops."""

    rtol: eqx.AbstractVar[float]
    max_products: eqx.AbstractVar[int]

    @property
    @abc.abstractmethod
    def needs_symmetry(self) -> bool:
        """Whether the matrix has to be symmetric and positive."""

    @property
    @abc.abstractmethod
    def products_per_iteration(self) -> int:
        """Products with the matrix in one iteration, as lineax counts iterations."""

    @abc.abstractmethod
    def method(self, max_steps: int) -> lx.AbstractLinearSolver:
        """Return the lineax solver for so many iterations."""

    def __call__(
        self, product: Callable[[Array], Array], right: Float[Array, "*space channel"]
    ) -> tuple[Float[Array, "*space channel"], Int[Array, ""]]:
        """Solve A w = right, where product(w) = A w; return w and the number of products taken."""
        tags = lx.positive_semidefinite_tag if self.needs_symmetry else ()
        operator = lx.FunctionLinearOperator(product, jax.ShapeDtypeStruct(right.shape, right.dtype), tags)
        method = self.method(-(-self.max_products // self.products_per_iteration))
        goal = self.rtol * jnp.linalg.norm(right.ravel())

        def unfinished(carry: _Carry) -> Array:
            _, rest, before, products = carry
            size = jnp.linalg.norm(rest.ravel())
            return (size > goal) & (size < before / 2) & (products < self.max_products)

        def go_on(carry: _Carry) -> _Carry:
            # Again on what is left: in single precision lineax' stabilised gradients give up at the first negative
            # coefficient, harmless as that is. Scaled to order one, a relative tolerance needs no absolute one.
            w, rest, _, products = carry
            size = jnp.abs(rest).max()
            found = lx.linear_solve(operator, rest / size, method, throw=False)
            w = w + found.value * size
            count = jnp.asarray(found.stats["num_steps"], jnp.int32) * self.products_per_iteration
            return w, right - product(w), jnp.linalg.norm(rest.ravel()), products + count

        start = (jnp.zeros_like(right), right, jnp.full((), jnp.inf, right.dtype), jnp.zeros((), jnp.int32))
        w, _, _, products = jax.lax.while_loop(unfinished, go_on, start)
        return w, products


_Carry = tuple[Array, Array, Array, Array]


class ConjugateGradient(AbstractKrylov):
    """Conjugate gradients: least memory; for plain descent, T(x) = x - a dJ/dx, near a minimum of J.

    Parameters
    ----------
    rtol : float
        Stop when the residual is this small relative to the right-hand side.
    max_products : int
        Products with the matrix, about, after which it gives up.
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
    """Generalised minimal residuals: for any matrix; keeps ``restart`` states.

    Parameters
    ----------
    rtol : float
        Stop when the residual is this small relative to the right-hand side.
    max_products : int
        Products with the matrix, about, after which it gives up.
    restart : int
        States kept before it starts over.
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
        """As many as states are kept; lineax counts whole rounds."""
        return self.restart

    def method(self, max_steps: int) -> lx.AbstractLinearSolver:
        """Return lineax' GMRES."""
        return lx.GMRES(self.rtol, self.rtol, max_steps=max_steps, restart=self.restart)


class BiCGStab(AbstractKrylov):
    """Stabilised bi-conjugate gradients: for any matrix, in the memory of a few states; may break down.

    Parameters
    ----------
    rtol : float
        Stop when the residual is this small relative to the right-hand side.
    max_products : int
        Products with the matrix, about, after which it gives up.
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
