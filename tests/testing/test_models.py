"""Ours keep the promises of systems, integrators and covariances; a broken one of each is found out."""

import jax
import numpy as np
import pytest

from xdvn import testing
from xdvn.core.priors import ExponentialCovariance, Matern32Covariance
from xdvn.core.priors.covariances import AbstractCovariance
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


class Cosine(AbstractCovariance):
    scales: tuple[float, ...] = (1.0,)
    variance: float = 1.0
    nugget: float = 0.0
    top: float = 1.0

    def correlation(self, r):
        return self.top * np.where(r < 2, 1.0, 0.0)


def test_ours_keep_their_promises():
    testing.check_system(Lorenz63(), (1, 3), KEY)
    testing.check_system(Lorenz96(), (12, 1), KEY)
    for kind in (Euler, RungeKutta4):
        testing.check_integrator(kind(Lorenz96(), dt=0.01), (12, 1), KEY)
    for covariance in (ExponentialCovariance((2.0,), nugget=0.01), Matern32Covariance((2.0,), nugget=0.01)):
        testing.check_covariance(covariance, [np.arange(8.0)])


def test_a_broken_one_is_found_out():
    with pytest.raises(AssertionError, match=r"Flat.tendency made \(1, 1\) of \(1, 3\); it must keep the shape"):
        testing.check_system(Flat(), (1, 3), KEY)
    with pytest.raises(AssertionError, match=r"moves the state by something else than dt f\(x\); check the sign"):
        testing.check_integrator(Backwards(Lorenz96()), (12, 1), KEY)
    with pytest.raises(AssertionError, match="it is no covariance, or needs a larger nugget"):
        testing.check_covariance(Cosine(), [np.arange(8.0)])
    with pytest.raises(AssertionError, match=r"correlation\(0\) is 0.5"):
        testing.check_covariance(Cosine(top=0.5), [np.arange(8.0)])
