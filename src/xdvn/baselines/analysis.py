"""Solving for the best linear estimate x = B H' (H B H' + R)^-1 y, with R = noise^2 I and B of unit variance.

The variance of its error is 1 - diag(B H' (H B H' + R)^-1 H B), which depends on where the observations are alone.

``ExactAnalysis`` factors the matrix of the n observations, n^3 / 3 operations; ``gridded_analysis`` gives the same maps
at a cost that grows with n. Called by ``OptimalInterpolation``.
Bretherton et al. 1976, doi:10.1016/0011-7471(76)90001-2.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular

from xdvn.baselines.covariance import gaussian, matrix, spread

__all__ = ["AbstractAnalysis", "ExactAnalysis"]


class AbstractAnalysis(abc.ABC):
    """A way to solve one tile."""

    @abc.abstractmethod
    def solve(
        self,
        points: np.ndarray,
        values: np.ndarray,
        targets: Sequence[np.ndarray],
        scales: Sequence[float],
        noise: float,
    ) -> np.ndarray:
        """Estimate the field on the outer product of ``targets``.

        Parameters
        ----------
        points : numpy.ndarray
            (n, dim): where the observations are, time first.
        values : numpy.ndarray
            (n,): departures from the mean, in any unit.
        targets : sequence of numpy.ndarray
            Coordinates of the map along each dimension.
        scales : sequence of float
            Length of the covariance along each dimension.
        noise : float
            Standard deviation of the observations' errors over that of the field.
        """

    @abc.abstractmethod
    def variance(
        self, points: np.ndarray, targets: Sequence[np.ndarray], scales: Sequence[float], noise: float
    ) -> np.ndarray:
        """Return the variance of the estimate's error over that of the field; parameters as for ``solve``."""


@dataclass(frozen=True)
class ExactAnalysis(AbstractAnalysis):
    """One Cholesky factorisation in the space of the observations: for a few thousand of them."""

    def solve(
        self,
        points: np.ndarray,
        values: np.ndarray,
        targets: Sequence[np.ndarray],
        scales: Sequence[float],
        noise: float,
    ) -> np.ndarray:
        """Estimate the field; see ``AbstractAnalysis.solve``."""
        weights = cho_solve((_factor(points, scales, noise), True), values, check_finite=False)
        return spread(points, weights, targets, scales)

    def variance(
        self, points: np.ndarray, targets: Sequence[np.ndarray], scales: Sequence[float], noise: float
    ) -> np.ndarray:
        """Return the relative error variance, 1 - |L^-1 H B|^2 with L L' = H B H' + R; see the abstract class."""
        factor = _factor(points, scales, noise)
        first, *others = (gaussian(t, points[:, d], scales[d]) for d, t in enumerate(targets))
        rest = np.ones((1, len(points)))
        for other in others:
            rest = (rest[:, None] * other).reshape(-1, len(points))
        # One row of the first dimension at a time: all targets at once would not fit into memory.
        gained = [
            np.square(solve_triangular(factor, (row * rest).T, lower=True, check_finite=False)).sum(0) for row in first
        ]
        return np.maximum(1 - np.stack(gained), 0.0).reshape([t.size for t in targets])


def _factor(points: np.ndarray, scales: Sequence[float], noise: float) -> np.ndarray:
    covariance = matrix(points, points, scales)
    covariance[np.diag_indices_from(covariance)] += noise**2
    try:
        return cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        raise ValueError(
            f"the covariance of {len(points)} observations is singular to working precision with noise={noise:g}; "
            "they are too close to each other for so little noise: use a larger one, such as noise=0.01"
        ) from None
