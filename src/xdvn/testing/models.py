"""Contract checks of systems, integrators and covariances."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from xdvn.core.priors.gaussian import AbstractCovariance
from xdvn.dynamics import AbstractIntegrator, AbstractSystem
from xdvn.testing.properties import Contract, agree, check, require
from xdvn.testing.samples import field

__all__ = ["check_covariance", "check_integrator", "check_system"]


def check_system(system: AbstractSystem, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that the tendency of a system has the shape of the state, "*space variable"."""
    _check_shape(type(system).__name__, "tendency", np.shape(system.tendency(field(shape, key))), shape)
    check(Contract(system, lambda s, x: s.tendency(x), lambda k: (field(shape, k),)), key)


def check_integrator(integrator: AbstractIntegrator, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that an integrator preserves the shape and steps by dt f(x) to first order."""
    name, x = type(integrator).__name__, field(shape, key)
    stepped = integrator.step(x)
    _check_shape(name, "step", np.shape(stepped), shape)
    first_order = integrator.dt * integrator.system.tendency(x)
    # The difference from an Euler step is dt^2 f' f / 2, small compared with the step for a suitable dt.
    difference = float(jnp.linalg.norm((stepped - x - first_order).ravel()))
    require(
        difference <= 0.5 * float(jnp.linalg.norm(first_order.ravel())) + 1e-6,
        f"{name}.step differs from x + dt f(x): expected agreement to first order. Check the sign, dt and the units.",
    )
    check(Contract(integrator, lambda m, x: m(x), lambda k: (field(shape, k),)), key)


def check_covariance(covariance: AbstractCovariance, axes: Sequence[np.ndarray]) -> None:
    """Check that a covariance has correlations in [-1, 1], 1 at distance 0, and a positive definite matrix."""
    name = type(covariance).__name__
    correlation = np.asarray(covariance.correlation(np.array([0.0, 0.5, 1.0, 3.0])))
    require(
        np.isclose(correlation[0], 1.0),
        f"{name}.correlation(0) is {correlation[0]}: expected 1. Return a correlation without variance and nugget.",
    )
    require(
        (np.abs(correlation) <= 1 + 1e-12).all(),
        f"{name}.correlation returned {correlation}: expected values in [-1, 1]. Check its formula.",
    )
    B = covariance.matrix(axes)
    require(agree(B, B.T, 1e-12), f"{name}.matrix is not symmetric: expected B = B'. Make it a function of distance.")
    lowest = np.linalg.eigvalsh(B)[0]
    require(
        lowest > 0,
        f"{name}.matrix has the eigenvalue {lowest:.2e}: expected positive ones. Increase the nugget.",
    )


def _check_shape(name: str, method: str, shape: Sequence[int], expected: Sequence[int]) -> None:
    require(
        tuple(shape) == tuple(expected),
        f"{name}.{method} returned shape {tuple(shape)}: expected {tuple(expected)}. Preserve the shape of the state.",
    )
