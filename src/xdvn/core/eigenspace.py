"""The projection on a symmetric matrix's leading eigenvectors, differentiable to any order where it is a function.

    P = V_r V_r^T,   dP = Z + Z^T,   Z = Q Z P,   G Z - Z G = -Q dG P,   Q = I - P

Differentiating eigenvectors divides by every difference of eigenvalues and yields NaN as soon as two are equal. P needs
only those between kept and dropped ones. Written as the solution of a linear equation in G and P themselves, the
derivative has derivatives in turn. Kato 1995, section II.4, doi:10.1007/978-3-642-66282-9. Called by
TruncatedSVDPrior.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["leading_projection"]


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def leading_projection(G: Float[Array, "n n"], rank: int) -> Float[Array, "n n"]:
    """Return the orthogonal projection on the ``rank`` leading eigenvectors of the symmetric ``G``.

    Where the eigenvalues number ``rank`` and ``rank + 1`` are equal (all are, for G = 0) the projection is any one of
    many and has no derivative. What pairs closer than the square root of the precision, relative to the largest
    eigenvalue, would add to the derivative is rounding blown up; it is left out, which keeps the rest finite.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> leading_projection(jnp.diag(jnp.array([3.0, 1.0, 2.0])), 2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    leading = jnp.linalg.eigh(G)[1][:, G.shape[0] - rank :]
    return leading @ leading.T


@leading_projection.defjvp
def _leading_projection_jvp(rank: int, primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (G,), (dG,) = primals, tangents
    P = leading_projection(G, rank)
    Q = jnp.eye(len(G), dtype=G.dtype) - P
    dG = (dG + dG.T) / 2
    values, vectors = jax.lax.stop_gradient(jnp.linalg.eigh(jax.lax.stop_gradient(G)))
    kept = jnp.arange(len(G)) >= len(G) - rank
    gaps = values[:, None] - values
    apart = (~kept[:, None] & kept) & (jnp.abs(gaps) > jnp.finfo(G.dtype).eps ** 0.5 * jnp.abs(values).max())
    inverse_gaps = jnp.where(apart, 1 / jnp.where(apart, gaps, 1), 0)

    def commutator(Z: Array) -> Array:
        return Q @ (G @ Z - Z @ G) @ P

    def solve(_: object, right: Array) -> Array:
        return vectors @ (inverse_gaps * (vectors.T @ right @ vectors)) @ vectors.T

    Z = jax.lax.custom_linear_solve(commutator, -Q @ dG @ P, solve, symmetric=True)
    Z = Q @ Z @ P
    return P, Z + Z.T
