"""Proper scores of predicted distributions in closed form.

    NLL  = log(2 pi s^2) / 2 + (y - m)^2 / (2 s^2)
    CRPS = s [z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)],  z = (y - m) / s
    CRPS of an ensemble, fair: mean_i |x_i - y| - sum_ij |x_i - x_j| / (2 M (M - 1))

A calibrated Gaussian with s = 1 has a mean NLL of 1.4189 and a mean CRPS of 1/sqrt(pi) = 0.5642. The CRPS of a point
forecast is its absolute error. Gneiting & Raftery 2007, doi:10.1198/016214506000001437; fair ensemble scores:
Ferro 2014, doi:10.1002/qj.2270.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

__all__ = ["crps_ensemble", "crps_gaussian", "nll_gaussian"]


def nll_gaussian(mean: np.ndarray, std: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the negative log density of y under a Gaussian, point by point.

    Examples
    --------
    >>> round(float(nll_gaussian(np.zeros(1), np.ones(1), np.ones(1))[0]), 4)
    1.4189
    """
    return 0.5 * np.log(2 * np.pi * std**2) + 0.5 * ((y - mean) / std) ** 2


def crps_gaussian(mean: np.ndarray, std: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score of a Gaussian, point by point [units of y].

    Examples
    --------
    >>> round(float(crps_gaussian(np.zeros(1), np.ones(1), np.zeros(1))[0]), 4)
    0.2337
    """
    z = (y - mean) / std
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return std * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def crps_ensemble(members: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the fair CRPS of an ensemble (member, ...); its expectation is independent of the number of members.

    Examples
    --------
    >>> crps_ensemble(np.array([[0.0], [1.0], [3.0]]), np.array([1.0])).round(6).tolist()
    [0.0]
    """
    m = len(members)
    # sum_ij |x_i - x_j| = 2 sum_i (2 i - M - 1) x_(i) over sorted members avoids M x M pairs.
    rank = (2 * np.arange(1, m + 1) - m - 1).reshape(-1, *(1,) * (members.ndim - 1))
    pairs = 2 * (rank * np.sort(members, axis=0)).sum(axis=0)
    return np.abs(members - y).mean(axis=0) - pairs / (2 * m * (m - 1))
