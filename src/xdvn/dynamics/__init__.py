"""Forward models of the ocean and of toy systems, written in JAX.

They make the truths of twin experiments and can be the dynamics inside a variational prior: one state in, the state
one time step later out, everything differentiable. A ``system`` says dx/dt, ``integrators`` step it, ``forecasts`` are
adapters between models and priors.
"""

from xdvn.dynamics.forecasts import QGForecast, Rescaled
from xdvn.dynamics.integrators import AbstractIntegrator, Euler, RungeKutta4
from xdvn.dynamics.lorenz63 import Lorenz63
from xdvn.dynamics.lorenz96 import Lorenz96
from xdvn.dynamics.quasigeostrophic import QGState, TwoLayerQG
from xdvn.dynamics.system import AbstractSystem

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
