"""TruncatedSVDPrior: the truncation of NumPy, and derivatives against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import TruncatedSVDPrior


def truncated(X, rank):
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vt[:rank]


@pytest.mark.parametrize(("shape", "n_variables"), [((10, 6), 1), ((3, 9), 1), ((4, 3, 5), 1), ((5, 8), 2)], ids=str)
def test_equals_numpys_truncation(shape, n_variables):
    x = np.random.default_rng(0).normal(size=shape)
    times = shape[-1] // n_variables
    with jax.enable_x64(True):
        phi = TruncatedSVDPrior(2, n_variables)(jnp.asarray(x))
    assert np.allclose(phi.reshape(-1, times), truncated(x.reshape(-1, times), 2), atol=1e-10)


CASES = {
    "generic": np.random.default_rng(3).normal(size=(6, 4)),
    "leading values equal": np.linalg.qr(np.random.default_rng(4).normal(size=(6, 4)))[0] * [3, 3, 1, 0.5],
    "other values equal": np.linalg.qr(np.random.default_rng(5).normal(size=(6, 4)))[0] * [3, 2, 1, 1],
    "other values zero": np.linalg.qr(np.random.default_rng(6).normal(size=(6, 4)))[0] * [3, 2, 0, 0],
}


@pytest.mark.parametrize("name", CASES)
def test_two_derivatives_equal_finite_differences(name):
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        x = jnp.asarray(CASES[name])
        weight, first, second = (jnp.asarray(rng.normal(size=x.shape)) for _ in range(3))
        prior, h = TruncatedSVDPrior(2), 1e-5
        f = lambda x: (weight * prior(x)).sum()  # noqa: E731
        df = lambda x: (jax.grad(f)(x) * first).sum()  # noqa: E731
        assert np.isclose(df(x), (f(x + h * first) - f(x - h * first)) / (2 * h), rtol=1e-6, atol=1e-7)
        expected = (df(x + h * second) - df(x - h * second)) / (2 * h)
        assert np.isclose((jax.grad(df)(x) * second).sum(), expected, rtol=1e-6, atol=1e-7)


def test_the_cost_is_the_truncated_variance_and_its_gradient_twice_the_departure():
    x = CASES["generic"]
    with jax.enable_x64(True):
        prior = TruncatedSVDPrior(2)
        value, gradient = jax.value_and_grad(lambda x: ((x - prior(x)) ** 2).sum())(jnp.asarray(x))
        assert np.isclose(value, (np.linalg.svd(x)[1][2:] ** 2).sum(), rtol=1e-12)
        assert np.allclose(gradient, 2 * (x - truncated(x, 2)), atol=1e-12)


@pytest.mark.parametrize("x", [np.zeros((6, 4)), np.eye(6)[:, :4], np.ones((6, 4))], ids=["zero", "equal", "rank 1"])
def test_derivatives_are_finite_without_a_gap(x):
    x = jnp.asarray(x, jnp.float32)
    prior = TruncatedSVDPrior(2)
    cost = lambda x: ((x - prior(x)) ** 2).sum()  # noqa: E731
    gradient = jax.grad(cost)(x)
    assert np.allclose(gradient, 2 * (x - prior(x)), atol=1e-5)
    assert np.isfinite(jax.grad(lambda x: (jax.grad(cost)(x) ** 2).sum())(x)).all()


def test_a_rank_of_zero_or_of_the_matrix_is_refused():
    with pytest.raises(ValueError, match=r"rank=0: expected 1 or more\. Use, for example, 3"):
        TruncatedSVDPrior(0)
    with pytest.raises(ValueError, match=r"rank=4: expected less than 4, for a matrix \(6, 4\) .* Use a smaller rank"):
        TruncatedSVDPrior(4)(jnp.ones((6, 4)))
