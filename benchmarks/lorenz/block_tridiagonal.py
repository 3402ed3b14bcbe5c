"""Block-tridiagonal linear systems, such as the normal equations of weak-constraint 4DVar.

    B_{t-1}^T x_{t-1} + D_t x_t + B_t x_{t+1} = g_t

Forward elimination and back substitution cost n times one block instead of a dense solution. Golub & Van Loan 2013,
chapter 4.5.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["solve_block_tridiagonal"]


def solve_block_tridiagonal(
    diagonal: Float[Array, "time n n"], above: Float[Array, "between n n"], right: Float[Array, "time n"]
) -> Float[Array, "time n"]:
    """Solve a symmetric positive definite block-tridiagonal system.

    Parameters
    ----------
    diagonal : Array
        Blocks D_t, symmetric.
    above : Array
        Blocks B_t at (t, t + 1); those at (t + 1, t) are their transposes.
    right : Array
        Right-hand side g_t.

    Examples
    --------
    >>> D, B = jnp.array([2.0, 2.0])[:, None, None], jnp.array([1.0])[:, None, None]
    >>> solve_block_tridiagonal(D, B, jnp.array([[3.0], [3.0]])).ravel().round(5).tolist()
    [1.0, 1.0]
    """

    def eliminate(
        carried: tuple[Array, Array], rows: tuple[Array, Array, Array]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        coupling, shift = carried
        block, next_block, g = rows
        # One factorisation for the coupling to the next block and for the right-hand side.
        both = jnp.linalg.solve(block - coupling, jnp.concatenate([next_block, (g - shift)[:, None]], 1))
        coupled, solved = both[:, :-1], both[:, -1]
        return (next_block.T @ coupled, next_block.T @ solved), (coupled, solved)

    n = right.shape[-1]
    last = jnp.zeros((1, n, n), above.dtype)
    zero = (jnp.zeros((n, n), right.dtype), jnp.zeros(n, right.dtype))
    _, (coupled, solved) = jax.lax.scan(eliminate, zero, (diagonal, jnp.concatenate([above, last]), right))

    def substitute(after: Array, rows: tuple[Array, Array]) -> tuple[Array, Array]:
        x = rows[1] - rows[0] @ after
        return x, x

    return jax.lax.scan(substitute, jnp.zeros(n, right.dtype), (coupled, solved), reverse=True)[1]
