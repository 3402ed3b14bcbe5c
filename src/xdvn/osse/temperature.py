"""Surface temperature of the quasi-geostrophic ocean, as a tracer of its upper layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xdvn.dynamics import TwoLayerQG

__all__ = ["TemperatureProxy"]


@dataclass(frozen=True)
class TemperatureProxy:
    """Temperature from the potential vorticity of a two-layer ocean.

    The flow of the upper layer conserves its total potential vorticity, except for the filter of the smallest scales.
    Eddies therefore stir a temperature that is linear in it,

        T = T_mid - G (y - y_mid) - (G / Q_1) q_1,

    with G the mean northward cooling and Q_1 = beta + F_1 U_1 the background gradient of potential vorticity.

    Parameters
    ----------
    model : TwoLayerQG
        Model of the ocean.
    northward_cooling : float
        G, northward decrease of the mean temperature [degC/m].
    central_temperature : float
        T_mid, mean temperature in the middle of the plane [degC].
    smoothing : float
        Standard deviation of the Gaussian filter of unresolved scales [m].

    References
    ----------
    Isern-Fontanet et al. 2006, doi:10.1029/2006GL027801.

    Examples
    --------
    >>> proxy = TemperatureProxy(TwoLayerQG(n=16, length=320e3), northward_cooling=1e-5, central_temperature=18.0)
    >>> float(proxy.mean(np.array([100e3]))[0])
    17.0
    """

    model: TwoLayerQG
    northward_cooling: float
    central_temperature: float
    smoothing: float = 0.0

    def mean(self, y: np.ndarray) -> np.ndarray:
        """Return the mean temperature [degC] at ``y`` [m] north of the middle."""
        return self.central_temperature - self.northward_cooling * y

    def anomaly(self, q_hat: np.ndarray) -> np.ndarray:
        """Return the temperature anomaly [degC] on the model grid, from the ``rfft2`` coefficients of q_1."""
        model = self.model
        background = model.beta + model.stretching[0] * model.shear
        kx, ky = model.wavenumbers()
        smooth = np.exp(-0.5 * (kx**2 + ky**2) * self.smoothing**2)
        return -self.northward_cooling / background * np.fft.irfft2(smooth * np.asarray(q_hat), s=(model.n, model.n))
