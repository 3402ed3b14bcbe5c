"""Matrix-free linear solvers against a dense one, in both precisions, batched, and with a zero right-hand side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import GMRES, BiCGStab, ConjugateGradient


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize(
    "solver", [GMRES(), GMRES(restart=6), BiCGStab(), ConjugateGradient()], ids=lambda s: f"{type(s).__name__}"
)
def test_equals_the_dense_solution(solver, double):
    with jax.enable_x64(double):
        rng = np.random.default_rng(0)
        n = 24
        matrix = np.eye(n) - 0.5 * rng.normal(size=(n, n)) / np.sqrt(n)
        if solver.needs_symmetry:
            matrix = matrix @ matrix.T
        right = np.stack([rng.normal(size=(n, 1)), np.zeros((n, 1)), 1e-6 * rng.normal(size=(n, 1))])
        a, b = jnp.asarray(matrix), jnp.asarray(right)
        w, products = jax.jit(jax.vmap(lambda v: solver(lambda w: a @ w, v)))(b)
        expected = np.linalg.solve(matrix, right)
        for found, true in zip(w, expected, strict=True):
            assert np.linalg.norm(found - true) <= 2e-4 * np.linalg.norm(true)
        assert products[0] > 0
        assert products[1] == 0
