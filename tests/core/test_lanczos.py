"""The smallest eigenvalue against the dense one, negative or not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.laplace import LaplaceCurvature, smallest_eigenvalue
from xdvn.core.observations import Observations
from xdvn.core.priors import AbstractPrior


@pytest.mark.parametrize("shift", [-2.0, 5.0])
def test_it_is_the_smallest_and_its_sign_is_right(shift):
    rng = np.random.default_rng(0)
    M = rng.normal(size=(30, 30))
    A = M + M.T + shift * np.eye(30)
    found = smallest_eigenvalue(lambda v: jnp.asarray(A) @ v, jnp.zeros(30), 30, jax.random.key(0))
    assert np.isclose(found, np.linalg.eigvalsh(A)[0], rtol=1e-3)


def test_few_steps_never_promise_too_little():
    A = np.diag(np.linspace(0.5, 9.0, 40))
    found = smallest_eigenvalue(lambda v: jnp.asarray(A) @ v, jnp.zeros(40), 5, jax.random.key(1))
    assert 0.5 <= found < 3


def test_steps_fit_the_state():
    with pytest.raises(ValueError, match=r"n_steps=4: expected 1 to 3"):
        smallest_eigenvalue(lambda v: v, jnp.zeros(3), 4, jax.random.key(0))


class Well(AbstractPrior):
    """phi(x) = x - (x^2 - 1): |x - phi(x)|^2 = (x^2 - 1)^2, two wells with a hill between."""

    def __call__(self, x):
        return x - (x**2 - 1)


def test_the_whole_hessian_is_negative_on_a_hill_where_gauss_newton_is_not():
    nothing = Observations(jnp.zeros((1, 1)), jnp.zeros((1, 1), bool))
    curvature = LaplaceCurvature(VariationalCost(Well()), obs_variance=1.0, damping=0.0)
    for x, second in ((0.0, -2.0), (1.0, 4.0)):
        at = jnp.full((1, 1), x)
        whole = smallest_eigenvalue(curvature.full_product(at, nothing), at, 1, jax.random.key(0))
        assert np.isclose(whole, second)  # of (x^2 - 1)^2 / 2: 6 x^2 - 2
        assert curvature.product(at, nothing)(jnp.ones((1, 1)))[0, 0] >= 0
