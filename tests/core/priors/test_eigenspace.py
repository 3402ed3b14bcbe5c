"""The projection on leading eigenvectors and its derivatives, also for equal eigenvalues."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors.eof import leading_projection


def symmetric(rng, values):
    rotation = np.linalg.qr(rng.normal(size=(len(values),) * 2))[0]
    return rotation @ np.diag(values) @ rotation.T


@pytest.mark.parametrize(
    "values",
    [(7.0, 5.0, 2.0, 1.0), (5.0, 5.0, 1.0, 1.0), (3.0, 2.0, 0.0, 0.0)],
    ids=["distinct", "equal pairs", "zeros"],
)
def test_three_derivatives_equal_finite_differences(values):
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        G = jnp.asarray(symmetric(rng, values))
        directions = [jnp.asarray(symmetric(rng, rng.normal(size=4))) for _ in range(3)]
        weight = jnp.asarray(rng.normal(size=(4, 4)))

        def derivative(f, d):
            return lambda G: (jax.grad(f)(G) * d).sum()

        f = lambda G: (weight * leading_projection(G, 2)).sum()  # noqa: E731
        for d in directions:
            df = derivative(f, d)
            h = 1e-5
            expected = (f(G + h * d) - f(G - h * d)) / (2 * h)
            assert np.isclose(df(G), expected, rtol=1e-6, atol=1e-7)
            f = df


def test_the_orthogonal_projection_and_its_forward_mode():
    rng = np.random.default_rng(1)
    with jax.enable_x64(True):
        G = jnp.asarray(symmetric(rng, (4.0, 3.0, 2.0, 1.0, 0.5)))
        P, dP = jax.jvp(lambda G: leading_projection(G, 2), (G,), (jnp.asarray(symmetric(rng, np.ones(5) + 0.1)),))
        leading = np.linalg.svd(G)[0][:, :2]
        assert np.allclose(P, leading @ leading.T, atol=1e-12)
        # A multiple of the identity does not change the eigenvectors.
        assert np.abs(dP).max() < 1e-12


def test_derivatives_are_finite_without_a_gap():
    gradient = jax.grad(lambda G: leading_projection(G, 2)[0, 1])
    for G in (jnp.zeros((4, 4)), jnp.eye(4)):
        assert np.array_equal(gradient(G), np.zeros((4, 4)))
        assert np.isfinite(jax.grad(lambda G: (gradient(G) ** 2).sum())(G)).all()
