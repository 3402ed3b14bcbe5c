"""Checks of systems, integrators and covariances: those of the package pass, and broken ones raise."""

import jax
import numpy as np
import pytest

from xdvn import testing
from xdvn.core.priors import ExponentialCovariance, Matern32Covariance
from xdvn.core.priors.gaussian import AbstractCovariance
from xdvn.dynamics import AbstractIntegrator, AbstractSystem, Euler, Lorenz63, Lorenz96, RungeKutta4

KEY = jax.random.key(0)


class Flat(AbstractSystem):
    def tendency(self, x):
        return x[..., :1]


class Backwards(AbstractIntegrator):
    system: AbstractSystem
    dt: float = 0.01
    n_steps: int = 1

    def step(self, x):
        return x - self.dt * self.system.tendency(x)


class Box(AbstractCovariance):
    scales: tuple[float, ...] = (1.0,)
    variance: float = 1.0
    nugget: float = 0.0
    maximum: float = 1.0

    def correlation(self, r):
        return self.maximum * np.where(r < 2, 1.0, 0.0)


def test_models_of_the_package_pass():
    testing.check_system(Lorenz63(), (1, 3), KEY)
    testing.check_system(Lorenz96(), (12, 1), KEY)
    for kind in (Euler, RungeKutta4):
        testing.check_integrator(kind(Lorenz96(), dt=0.01), (12, 1), KEY)
    for covariance in (ExponentialCovariance((2.0,), nugget=0.01), Matern32Covariance((2.0,), nugget=0.01)):
        testing.check_covariance(covariance, [np.arange(8.0)])


def test_broken_models_raise():
    with pytest.raises(
        AssertionError, match=r"Flat.tendency returned shape \(1, 1\): expected \(1, 3\)\. Preserve the shape"
    ):
        testing.check_system(Flat(), (1, 3), KEY)
    with pytest.raises(
        AssertionError, match=r"differs from x \+ dt f\(x\): expected agreement to first order\. Check the sign"
    ):
        testing.check_integrator(Backwards(Lorenz96()), (12, 1), KEY)
    with pytest.raises(AssertionError, match=r"has the eigenvalue .*: expected positive ones\. Increase the nugget"):
        testing.check_covariance(Box(), [np.arange(8.0)])
    with pytest.raises(AssertionError, match=r"correlation\(0\) is 0\.5: expected 1\. Return a correlation"):
        testing.check_covariance(Box(maximum=0.5), [np.arange(8.0)])
