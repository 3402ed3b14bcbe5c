"""The Laplace posterior of the Gaussian case is the error covariance of optimal interpolation, (I - K H) B.

Both are computed with a covariance written out here; in cells and at points between them, on a plain sea and beside a
coast, and the draws have the covariance that is promised.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints.krylov import ConjugateGradient
from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.laplace import LaplaceCurvature, LaplaceNoise
from xdvn.core.observations import Observations
from xdvn.core.points import Points
from xdvn.core.priors import BilinearPrior, ExponentialCovariance, GaussianPrior

AXES = [np.arange(4.0), np.arange(5.0), np.arange(2.0)]
SHAPE = tuple(map(len, AXES))
KEY = jax.random.key(0)


def background():
    points = np.stack([m.ravel() for m in np.meshgrid(*AXES, indexing="ij")], -1)
    distance = np.linalg.norm((points[:, None] - points) / (2.0, 3.0, 2.0), axis=-1)
    return np.exp(-distance) + 0.05 * np.eye(len(points))


def posed(solver=None):
    prior = GaussianPrior.stationary(AXES, ExponentialCovariance((2.0, 3.0, 2.0), nugget=0.05))
    cost = VariationalCost(prior, obs_weight=0.5, prior_weight=0.5, reduction=Reduction.SUM)
    return LaplaceCurvature(cost, damping=0.0, solver=ConjugateGradient(1e-12, 400) if solver is None else solver)


def observed(rng, points=None):
    mask = rng.random(SHAPE) < 0.3
    variance = rng.uniform(0.05, 0.2, SHAPE)
    obs = Observations(jnp.asarray(rng.normal(size=SHAPE)), jnp.asarray(mask), jnp.asarray(variance), points=points)
    return obs, np.eye(mask.size)[mask.ravel()], variance[mask]


def error_covariance(B, H, R):
    gain = B @ H.T @ np.linalg.inv(H @ B @ H.T + np.diag(R))
    return (np.eye(len(B)) - gain @ H) @ B


def test_covariance_in_cells():
    B = background()
    with jax.enable_x64(True):
        obs, H, R = observed(np.random.default_rng(0))
        found = np.asarray(posed().covariance(jnp.zeros(SHAPE), obs))
    assert np.abs(found - error_covariance(B, H, R)).max() <= 1e-6
    assert np.abs(error_covariance(B, H, R) - B).max() > 0.1


def test_covariance_with_points_between_cells():
    B, rng = background(), np.random.default_rng(1)
    with jax.enable_x64(True):
        locations = jnp.asarray(rng.random((6, 3)) * (1.0, 3.0, 4.0))
        at = Points(jnp.asarray(rng.normal(size=6)), jnp.arange(6) < 5, locations, jnp.zeros(6, int),
                    jnp.full(6, 0.1), n_times=2)  # fmt: skip
        obs, H, R = observed(rng, at)
        read = jax.vmap(lambda e: obs.points.sample(e.reshape(SHAPE)))(jnp.eye(B.shape[0])).T
        H, R = np.vstack([H, np.asarray(read)[:5]]), np.r_[R, np.full(5, 0.1)]
        found = np.asarray(posed().covariance(jnp.zeros(SHAPE), obs))
    assert np.abs(found - error_covariance(B, H, R)).max() <= 1e-6


def test_matrix_free_solves_and_draws_agree_with_the_covariance():
    with jax.enable_x64(True):
        obs, _, _ = observed(np.random.default_rng(2))
        curvature, x = posed(), jnp.zeros(SHAPE)
        C = np.asarray(curvature.covariance(x, obs))
        # A draw is linear in the noise: its covariance is known without drawing, from what it makes of unit noise.
        size = int(np.prod(SHAPE))
        units = jnp.eye(2 * size).reshape(2 * size, 2, *SHAPE)
        draw = jax.jit(lambda e: curvature.draw(x, obs, LaplaceNoise(e[0], e[1], jnp.zeros(SHAPE))))
        made = np.asarray(jax.lax.map(draw, units)).reshape(2 * size, size)
    assert np.abs(made.T @ made - C).max() <= 1e-6


def test_descent_of_the_sum_ends_in_the_analysis():
    B = background()
    with jax.enable_x64(True):
        obs, H, R = observed(np.random.default_rng(3))
        x = posed().descend(jnp.ones(SHAPE), obs, 1)
        y = np.asarray(obs.values)[np.asarray(obs.mask)]
        x, off = np.asarray(x), float(posed().gradient_norm(x, obs))
    gain = B @ H.T @ np.linalg.inv(H @ B @ H.T + np.diag(R))
    analysis = gain @ y
    assert np.abs(x.ravel() - analysis).max() <= 1e-6
    assert off < 1e-6


@pytest.mark.usefixtures("quick_compile")
def test_a_learned_prior_by_products_and_written_out():
    """The same A from vjps of vjps and from a dense Jacobian; beside a coast nothing of the land enters."""
    shape = (6, 6, 3)
    prior = BilinearPrior(3, 2, hidden=4, key=KEY)
    rng = np.random.default_rng(4)
    sea = np.broadcast_to(np.arange(6)[:, None, None] < 5, shape)
    x = jnp.where(sea, rng.normal(size=shape), 0).astype(jnp.float32)
    obs = Observations(jnp.zeros(shape), jnp.asarray(rng.random(shape) < 0.3), ocean_mask=jnp.asarray(sea))
    curvature = LaplaceCurvature(VariationalCost(prior), obs_variance=0.04, prior_variance=0.5, damping=0.3)

    # Rows of the Jacobian of phi by reverse mode, then A by its definition.
    jacobian = np.asarray(jax.jacrev(prior)(x)).reshape(x.size, x.size)
    off, wet = np.eye(x.size) - jacobian, sea.ravel()
    off = off[wet][:, wet]
    seen = np.asarray(obs.mask).ravel()[wet]
    A = np.diag(seen / 0.04) + off.T @ off / 0.5 + 0.3 * np.eye(wet.sum())
    product = jax.jit(lambda v: curvature.product(x, obs)(v))
    v = np.zeros(x.size)
    v[wet] = rng.normal(size=wet.sum())
    found = np.asarray(product(jnp.asarray(v.reshape(shape), jnp.float32))).ravel()
    assert np.allclose(found[wet], A @ v[wet], rtol=1e-3, atol=1e-3)
    assert not found[~wet].any()


def test_a_posterior_needs_error_variances():
    obs = Observations(jnp.zeros((2, 1)), jnp.ones((2, 1), bool))
    prior = GaussianPrior(np.eye(2))
    with pytest.raises(ValueError, match=r"obs_variance=None: expected the error variance.*obs_error="):
        LaplaceCurvature(VariationalCost(prior)).covariance(jnp.zeros((2, 1)), obs)
    with pytest.raises(ValueError, match="expected positive variances and damping >= 0"):
        LaplaceCurvature(VariationalCost(prior), prior_variance=0.0)
