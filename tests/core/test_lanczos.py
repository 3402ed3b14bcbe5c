"""The Lanczos estimate of the smallest eigenvalue against dense eigenvalues of either sign."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.laplace import LaplaceCurvature, smallest_eigenvalue
from xdvn.core.observations import Observations
from xdvn.core.priors import AbstractPrior


@pytest.mark.parametrize("shift", [-2.0, 5.0])
def test_all_steps_give_the_smallest_eigenvalue(shift):
    rng = np.random.default_rng(0)
    M = rng.normal(size=(30, 30))
    A = M + M.T + shift * np.eye(30)
    found = smallest_eigenvalue(lambda v: jnp.asarray(A) @ v, jnp.zeros(30), 30, jax.random.key(0))
    assert np.isclose(found, np.linalg.eigvalsh(A)[0], rtol=1e-3)


def test_few_steps_give_an_upper_bound():
    A = np.diag(np.linspace(0.5, 9.0, 40))
    found = smallest_eigenvalue(lambda v: jnp.asarray(A) @ v, jnp.zeros(40), 5, jax.random.key(1))
    assert 0.5 <= found < 3


def test_more_steps_than_entries_are_refused():
    with pytest.raises(ValueError, match=r"n_steps=4: expected 1 to 3, the size of the state\. Use, for example, 3\."):
        smallest_eigenvalue(lambda v: v, jnp.zeros(3), 4, jax.random.key(0))


class Well(AbstractPrior):
    """phi(x) = x - (x^2 - 1): |x - phi(x)|^2 = (x^2 - 1)^2 has two minima and a maximum at 0."""

    def __call__(self, x):
        return x - (x**2 - 1)


def test_the_hessian_is_negative_at_a_maximum_where_gauss_newton_is_not():
    no_obs = Observations(jnp.zeros((1, 1)), jnp.zeros((1, 1), bool))
    curvature = LaplaceCurvature(VariationalCost(Well()), obs_variance=1.0, damping=0.0)
    for x, second in ((0.0, -2.0), (1.0, 4.0)):
        at = jnp.full((1, 1), x)
        hessian = smallest_eigenvalue(curvature.full_product(at, no_obs), at, 1, jax.random.key(0))
        assert np.isclose(hessian, second)  # of (x^2 - 1)^2 / 2: 6 x^2 - 2
        assert curvature.product(at, no_obs)(jnp.ones((1, 1)))[0, 0] >= 0
