"""Contract checks of what priors from equations and covariances are made of: systems, integrators, covariances."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from xdvn.core.priors.covariances import AbstractCovariance
from xdvn.dynamics import AbstractIntegrator, AbstractSystem
from xdvn.testing.properties import Contract, agree, check, require
from xdvn.testing.samples import field

__all__ = ["check_covariance", "check_integrator", "check_system"]


def check_system(system: AbstractSystem, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check a system: a tendency of the state's own shape, "*space variable"."""
    _keeps_shape(type(system).__name__, "tendency", np.shape(system.tendency(field(shape, key))), shape)
    check(Contract(system, lambda s, x: s.tendency(x), lambda k: (field(shape, k),)), key)


def check_integrator(integrator: AbstractIntegrator, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check an integrator: its step keeps the shape and tends to dt f(x) as its system says."""
    name, x = type(integrator).__name__, field(shape, key)
    stepped = integrator.step(x)
    _keeps_shape(name, "step", np.shape(stepped), shape)
    first_order = integrator.dt * integrator.system.tendency(x)
    # One step differs from Euler's by dt^2 f' f / 2: small beside the step itself when dt is a sensible one.
    missed = float(jnp.linalg.norm((stepped - x - first_order).ravel()))
    require(
        missed <= 0.5 * float(jnp.linalg.norm(first_order.ravel())) + 1e-6,
        f"{name}.step moves the state by something else than dt f(x); check the sign, dt and the units of its system",
    )
    check(Contract(integrator, lambda m, x: m(x), lambda k: (field(shape, k),)), key)


def check_covariance(covariance: AbstractCovariance, axes: Sequence[np.ndarray]) -> None:
    """Check a covariance: correlation 1 at no distance and never above, a symmetric positive definite matrix."""
    name = type(covariance).__name__
    near = np.asarray(covariance.correlation(np.array([0.0, 0.5, 1.0, 3.0])))
    require(np.isclose(near[0], 1.0), f"{name}.correlation(0) is {near[0]}; a value correlates with itself by 1")
    require((np.abs(near) <= 1 + 1e-12).all(), f"{name}.correlation leaves [-1, 1]: {near}")
    B = covariance.matrix(axes)
    require(agree(B, B.T, 1e-12), f"{name}.matrix is not symmetric")
    lowest = np.linalg.eigvalsh(B)[0]
    require(
        lowest > 0,
        f"{name}.matrix has the eigenvalue {lowest:.2e} on this grid; it is no covariance, or needs a larger nugget",
    )


def _keeps_shape(name: str, what: str, found: Sequence[int], shape: Sequence[int]) -> None:
    require(
        tuple(found) == tuple(shape), f"{name}.{what} made {tuple(found)} of {tuple(shape)}; it must keep the shape"
    )
