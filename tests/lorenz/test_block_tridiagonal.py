"""Comparison of the block-tridiagonal with the dense solution."""

import jax.numpy as jnp
import numpy as np

from benchmarks.lorenz.block_tridiagonal import solve_block_tridiagonal


def test_equals_the_dense_solution():
    rng = np.random.default_rng(0)
    n_times, n = 6, 3
    lower = np.tril(rng.normal(size=(n_times * n, n_times * n)))
    block = np.arange(n_times * n) // n
    lower[block[:, None] - block > 1] = 0
    dense = lower @ lower.T + np.eye(n_times * n)
    tiles = dense.reshape(n_times, n, n_times, n).swapaxes(1, 2)
    times = np.arange(n_times)
    right = rng.normal(size=(n_times, n))
    found = solve_block_tridiagonal(
        *(jnp.asarray(a, jnp.float32) for a in (tiles[times, times], tiles[times[:-1], times[1:]], right))
    )
    np.testing.assert_allclose(np.ravel(found), np.linalg.solve(dense, right.ravel()), atol=2e-4)
