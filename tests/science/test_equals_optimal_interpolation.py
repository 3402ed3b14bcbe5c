"""A Gaussian prior, descended by the plain gradient, is optimal interpolation.

The limit of the solver against x_b + B H^T (H B H^T + R)^-1 (y - H x_b), which is computed directly, with a covariance
that is written out here.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import ExponentialCovariance, GaussianPrior, Matern32Covariance
from xdvn.core.solvers import GradientSolver

AXES = {"1-D": [np.arange(20.0), np.arange(3.0)], "2-D": [np.arange(5.0), np.arange(6.0), np.arange(2.0)]}
SCALES = {"1-D": (3.0, 2.0), "2-D": (2.0, 3.0, 2.0)}
CORRELATION = {
    ExponentialCovariance: lambda r: np.exp(-r),
    Matern32Covariance: lambda r: (1 + np.sqrt(3) * r) * np.exp(-np.sqrt(3) * r),
}


@pytest.mark.parametrize("space", AXES)
@pytest.mark.parametrize("cls", CORRELATION)
def test_the_limit_of_plain_descent_is_the_analysis(cls, space):
    rng = np.random.default_rng(0)
    axes, scales = AXES[space], SCALES[space]
    shape = tuple(map(len, axes))
    mask = rng.random(shape) < 0.3
    y, background = rng.normal(size=shape), rng.normal(size=shape)
    variance = rng.uniform(0.05, 0.2, shape)

    points = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], -1)
    distance = np.linalg.norm((points[:, None] - points) / scales, axis=-1)
    B = CORRELATION[cls](distance) + 0.05 * np.eye(len(points))
    H, R = np.eye(len(points))[mask.ravel()], np.diag(variance[mask])
    gain = B @ H.T @ np.linalg.inv(H @ B @ H.T + R)
    analysis = background.ravel() + gain @ (y[mask] - background[mask])

    hessian = np.linalg.eigvalsh(H.T @ np.linalg.inv(R) @ H + np.linalg.inv(B))
    condition = hessian[-1] / hessian[0]
    assert condition < 1e4
    # The error shrinks by (c - 1)/(c + 1) a step: this many take it below 1e-7 of what it was.
    n_steps = int(np.log(1e7) * condition / 2)
    with jax.enable_x64(True):
        prior = GaussianPrior.stationary(axes, cls(scales, nugget=0.05), background=background)
        cost = VariationalCost(prior, obs_weight=0.5, prior_weight=0.5, reduction=Reduction.SUM)
        step_size = float(2 / (hessian[0] + hessian[-1]))
        solver = GradientSolver(n_steps=n_steps, modulator=IdentityModulator(), step_size=step_size)
        obs = Observations(jnp.asarray(np.where(mask, y, np.nan)), jnp.asarray(mask), jnp.asarray(variance))
        x = np.asarray(FourDVarNet(cost, solver)(obs).x).ravel()
    assert np.linalg.norm(x - analysis) <= 1e-6 * np.linalg.norm(analysis)
    assert np.linalg.norm(x - background.ravel()) > 0.1 * np.linalg.norm(analysis)
