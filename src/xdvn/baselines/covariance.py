"""The Gaussian covariance exp(-sum_d ((a_d - b_d) / L_d)^2) of unit variance: a product of one factor per dimension.

Being a product, it is never needed for all targets at once: ``spread`` applies it one dimension after the other.
Called by both analyses. The form is that of the SSH mapping data challenges (no factor 1/2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["gaussian", "matrix", "spread"]


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
    """Return sum_n weights_n cov(target, point_n) on the outer product of ``targets``, one factor after the other."""
    factors = [gaussian(t, points[:, d], scales[d]) for d, t in enumerate(targets)]

    def contract(weighted: np.ndarray, d: int) -> np.ndarray:
        if d == len(factors) - 1:
            return factors[d] @ weighted
        if d == len(factors) - 2:
            return (factors[d] * weighted) @ factors[d + 1].T
        return np.stack([contract(weighted * row, d + 1) for row in factors[d]])

    return contract(weights, 0)
