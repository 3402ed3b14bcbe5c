"""Best linear estimate x = B H' (H B H' + R)^-1 y, with R = noise_ratio^2 I and B of unit variance.

B is the Gaussian covariance exp(-sum_d ((a_d - b_d) / L_d)^2) of the SSH mapping data challenges, without a factor 1/2.
It is a product over dimensions, so ``spread`` applies one dimension after the other. The error variance
1 - diag(B H' (H B H' + R)^-1 H B) depends only on the positions of the observations.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular

__all__ = ["AbstractAnalysis", "CholeskyAnalysis", "gaussian", "matrix", "spread"]


def gaussian(a: np.ndarray, b: np.ndarray, scale: float) -> np.ndarray:
    """Return exp(-((a_i - b_j) / scale)^2) as an array (i, j)."""
    return np.exp(-(((a[:, None] - b) / scale) ** 2))


def matrix(a: np.ndarray, b: np.ndarray, scales: Sequence[float]) -> np.ndarray:
    """Return the covariance (i, j) of points ``a`` (i, dim) and ``b`` (j, dim)."""
    total = np.zeros((len(a), len(b)))
    for d, scale in enumerate(scales):
        step = np.subtract.outer(a[:, d] / scale, b[:, d] / scale)
        total += np.square(step, out=step)
    return np.exp(np.negative(total, out=total), out=total)


def spread(
    points: np.ndarray, weights: np.ndarray, targets: Sequence[np.ndarray], scales: Sequence[float]
) -> np.ndarray:
    """Return sum_n weights_n cov(target, point_n) on the outer product of ``targets``."""
    factors = [gaussian(t, points[:, d], scales[d]) for d, t in enumerate(targets)]

    def contract(weighted: np.ndarray, d: int) -> np.ndarray:
        if d == len(factors) - 1:
            return factors[d] @ weighted
        if d == len(factors) - 2:
            return (factors[d] * weighted) @ factors[d + 1].T
        return np.stack([contract(weighted * row, d + 1) for row in factors[d]])

    return contract(weights, 0)


class AbstractAnalysis(abc.ABC):
    """Interface of the solution of one tile."""

    @abc.abstractmethod
    def solve(
        self,
        points: np.ndarray,
        values: np.ndarray,
        targets: Sequence[np.ndarray],
        scales: Sequence[float],
        noise_ratio: float,
    ) -> np.ndarray:
        """Estimate the field on the outer product of ``targets``.

        Parameters
        ----------
        points : numpy.ndarray
            Positions of the observations, (n, dim), time first.
        values : numpy.ndarray
            Anomalies, (n,), in any unit.
        targets : sequence of numpy.ndarray
            Coordinates of the map along each dimension.
        scales : sequence of float
            Covariance scale along each dimension.
        noise_ratio : float
            Standard deviation of the observation errors, relative to that of the field.
        """

    @abc.abstractmethod
    def variance(
        self, points: np.ndarray, targets: Sequence[np.ndarray], scales: Sequence[float], noise_ratio: float
    ) -> np.ndarray:
        """Return the error variance of the estimate, relative to that of the field; parameters as for ``solve``."""


@dataclass(frozen=True)
class CholeskyAnalysis(AbstractAnalysis):
    """Exact solution by one Cholesky factorisation, for a few thousand observations.

    It takes n^3 / 3 operations for n observations. Bretherton et al. 1976, doi:10.1016/0011-7471(76)90001-2.
    """

    def solve(
        self,
        points: np.ndarray,
        values: np.ndarray,
        targets: Sequence[np.ndarray],
        scales: Sequence[float],
        noise_ratio: float,
    ) -> np.ndarray:
        """Estimate the field; see ``AbstractAnalysis.solve``."""
        weights = cho_solve((_factor(points, scales, noise_ratio), True), values, check_finite=False)
        return spread(points, weights, targets, scales)

    def variance(
        self, points: np.ndarray, targets: Sequence[np.ndarray], scales: Sequence[float], noise_ratio: float
    ) -> np.ndarray:
        """Return the relative error variance, 1 - |L^-1 H B|^2 with L L' = H B H' + R; see the abstract class."""
        factor = _factor(points, scales, noise_ratio)
        first, *others = (gaussian(t, points[:, d], scales[d]) for d, t in enumerate(targets))
        rest = np.ones((1, len(points)))
        for other in others:
            rest = (rest[:, None] * other).reshape(-1, len(points))
        # One row of the first dimension at a time: all targets at once would not fit into memory.
        explained = [
            np.square(solve_triangular(factor, (row * rest).T, lower=True, check_finite=False)).sum(0) for row in first
        ]
        return np.maximum(1 - np.stack(explained), 0.0).reshape([t.size for t in targets])


def _factor(points: np.ndarray, scales: Sequence[float], noise_ratio: float) -> np.ndarray:
    covariance = matrix(points, points, scales)
    covariance[np.diag_indices_from(covariance)] += noise_ratio**2
    try:
        return cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        raise ValueError(
            f"noise_ratio={noise_ratio:g}: the covariance of {len(points)} observations is singular. "
            "Use a larger value, such as noise_ratio=0.01"
        ) from None
