"""Differentiable forward models of the ocean and of toy systems, written in JAX.

They generate the truth of twin experiments and are the dynamics of a variational prior. A system defines dx/dt, an
integrator steps it in time, and ``forecasts`` adapts models to priors.
"""

from xdvn.dynamics.forecasts import QGForecast, Rescaled
from xdvn.dynamics.integrators import AbstractIntegrator, AbstractSystem, Euler, RungeKutta4
from xdvn.dynamics.lorenz import Lorenz63, Lorenz96
from xdvn.dynamics.quasigeostrophic import QGState, TwoLayerQG

__all__ = [
    "AbstractIntegrator",
    "AbstractSystem",
    "Euler",
    "Lorenz63",
    "Lorenz96",
    "QGForecast",
    "QGState",
    "Rescaled",
    "RungeKutta4",
    "TwoLayerQG",
]
