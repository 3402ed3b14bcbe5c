"""A surface temperature for the quasi-geostrophic sea: what its upper layer would carry along.

Potential vorticity of the upper layer, background included, is conserved along its flow (but for the filter at the
smallest scales). A temperature that is linear in it, colder where it is higher, is therefore stirred by the eddies,

    T = T_mid - G (y - y_mid) - (G / Q_1) q_1,

with G the mean northward cooling and Q_1 = beta + F_1 U_1 the background gradient of potential vorticity: fronts wind
around the same eddies that the sea surface height shows. ``Twin(sst=True)`` adds it. Isern-Fontanet et al. 2006,
doi:10.1029/2006GL027801 (temperature as a proxy of potential vorticity).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xdvn.dynamics import TwoLayerQG

__all__ = ["TemperatureProxy"]


@dataclass(frozen=True)
class TemperatureProxy:
    """Temperature from the potential vorticity of a two-layer sea.

    Parameters
    ----------
    model : TwoLayerQG
        The sea.
    cooling : float
        G, northward decrease of the mean temperature [degC/m].
    middle : float
        Mean temperature in the middle of the plane [degC].
    smoothing : float
        Standard deviation of the Gaussian that takes away what a grid would not resolve [m].

    Examples
    --------
    >>> proxy = TemperatureProxy(TwoLayerQG(n=16, length=320e3), cooling=1e-5, middle=18.0)
    >>> float(proxy.mean(np.array([100e3]))[0])
    17.0
    """

    model: TwoLayerQG
    cooling: float
    middle: float
    smoothing: float = 0.0

    def mean(self, y: np.ndarray) -> np.ndarray:
        """Return the mean temperature [degC] at ``y`` metres north of the middle."""
        return self.middle - self.cooling * y

    def anomaly(self, q_hat: np.ndarray) -> np.ndarray:
        """Return the departure from the mean [degC] on the model's grid, from the coefficients of q_1 (``rfft2``)."""
        model = self.model
        background = model.beta + model.stretching[0] * model.shear
        kx, ky = model.wavenumbers()
        smooth = np.exp(-0.5 * (kx**2 + ky**2) * self.smoothing**2)
        return -self.cooling / background * np.fft.irfft2(smooth * np.asarray(q_hat), s=(model.n, model.n))
