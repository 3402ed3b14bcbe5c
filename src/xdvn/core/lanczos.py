"""The smallest eigenvalue of a symmetric matrix that is known by its products only.

n steps of Lanczos from a random start, every vector made orthogonal to all before it (Paige's loss of orthogonality
would show eigenvalues twice), give a tridiagonal matrix whose extreme eigenvalues are those of the whole from inside.
Called to see whether a Hessian is one of a minimum. Golub & Van Loan 2013, Matrix Computations, chapter 10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

__all__ = ["smallest_eigenvalue"]


def smallest_eigenvalue(
    product: Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]],
    like: Float[Array, "*shape"],
    n_steps: int,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    """Return an upper bound of the smallest eigenvalue that comes close to it within some tens of steps.

    Parameters
    ----------
    product : callable
        v -> A v, A symmetric.
    like : Array, "*shape"
        Says shape and type of v.
    n_steps : int
        Products; no more than ``like`` has entries.
    key : PRNGKeyArray
        Randomness of the start.

    Raises
    ------
    ValueError
        More steps than entries, or none.

    Examples
    --------
    >>> diagonal = jnp.linspace(-1.0, 3.0, 50)
    >>> round(float(smallest_eigenvalue(lambda v: diagonal * v, diagonal, 30, jax.random.key(0))), 2)
    -1.0
    """
    if not 1 <= n_steps <= like.size:
        raise ValueError(f"n_steps={n_steps}: expected 1 to {like.size}, the size of the state")
    start = jax.random.normal(key, like.shape, like.dtype)
    basis = jnp.zeros((n_steps, like.size), like.dtype)

    def step(i: Any, carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        v, basis, diagonal, beside = carry
        basis = basis.at[i].set(v)
        w = product(v.reshape(like.shape)).ravel()
        diagonal = diagonal.at[i].set(v @ w)
        # Twice is enough (Kahan and Parlett).
        for _ in range(2):
            w = w - basis.T @ (basis @ w)
        norm = jnp.linalg.norm(w)
        beside = beside.at[i].set(norm)
        return w / jnp.where(norm > 0, norm, 1), basis, diagonal, beside

    zeros = jnp.zeros(n_steps, like.dtype)
    first = (start / jnp.linalg.norm(start.ravel())).ravel()
    _, _, diagonal, beside = jax.lax.fori_loop(0, n_steps, step, (first, basis, zeros, zeros))
    tridiagonal = jnp.diag(diagonal) + jnp.diag(beside[:-1], 1) + jnp.diag(beside[:-1], -1)
    return jnp.linalg.eigvalsh(tridiagonal)[0]
