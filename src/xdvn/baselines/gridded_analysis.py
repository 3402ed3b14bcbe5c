"""Optimal interpolation at a cost that grows with the area mapped, not with the cube of the observations.

The covariance of observations is interpolated from an auxiliary grid of a few nodes per scale, B ~ W K W', where each
row of W holds the weights of one observation's nearest nodes and K = K_t x K_y x K_x is a Kronecker product. Then
(W K W' + R) w = y is solved by conjugate gradients, whose every step is sparse products and small dense ones. The
variance of the error, which hardly depends on observations far away, is found exactly from those near.
Structured kernel interpolation: Wilson & Nickisch 2015, arXiv:1503.01057. Called by ``OptimalInterpolation``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from xdvn.baselines.analysis import AbstractAnalysis, ExactAnalysis
from xdvn.baselines.covariance import gaussian
from xdvn.baselines.tiling import Tiling

__all__ = ["GriddedAnalysis"]


@dataclass(frozen=True)
class GriddedAnalysis(AbstractAnalysis):
    """Conjugate gradients on a covariance interpolated from an auxiliary grid.

    Parameters
    ----------
    nodes : int
        Nodes of the auxiliary grid per scale of the covariance, in each dimension. Cubic interpolation from 6 nodes
        is good to 2e-4 of the variance.
    tolerance : float
        Iterations end when the residual has fallen to this part of the observations' size; the map is then within
        about as much of the exact one, in standard deviations.
    reach : float
        How far from a block of one scale observations count for the error variance [scales]. Those left out would
        only lower it: it is never underestimated.
    """

    nodes: int = 6
    tolerance: float = 1e-3
    reach: float = 1.5

    def solve(
        self,
        points: np.ndarray,
        values: np.ndarray,
        targets: Sequence[np.ndarray],
        scales: Sequence[float],
        noise: float,
    ) -> np.ndarray:
        """Estimate the field; see ``AbstractAnalysis.solve``."""
        grids = [self._grid(p, s) for p, s in zip(points.T, scales, strict=True)]
        factors = [gaussian(g, g, s) for g, s in zip(grids, scales, strict=True)]
        weights = _interpolation(points, grids)
        back = weights.T.tocsr()

        def covariance(w: np.ndarray) -> np.ndarray:
            return weights @ _kronecker(factors, (back @ w).reshape([g.size for g in grids])).ravel()

        w = _conjugate_gradients(lambda w: covariance(w) + noise**2 * w, values, self.tolerance)
        onto = [gaussian(t, g, s) for t, g, s in zip(targets, grids, scales, strict=True)]
        return _kronecker(onto, (back @ w).reshape([g.size for g in grids]))

    def variance(
        self, points: np.ndarray, targets: Sequence[np.ndarray], scales: Sequence[float], noise: float
    ) -> np.ndarray:
        """Return the relative error variance; see ``AbstractAnalysis.variance``."""
        exact = ExactAnalysis()
        blocks = Tiling(time=1.0, space=1.0, halo=self.reach, blend=0.0)
        return blocks.assemble(
            lambda near, cells: exact.variance(points[near], cells, scales, noise), points, targets, scales, empty=1.0
        )

    def _grid(self, at: np.ndarray, scale: float) -> np.ndarray:
        step = scale / self.nodes
        # Two nodes beyond either end, so that every observation has four around it.
        first, last = np.floor(at.min() / step) - 1, np.floor(at.max() / step) + 2
        return step * np.arange(first, last + 1)


_MOST = 2000


def _kronecker(factors: Sequence[np.ndarray], field: np.ndarray) -> np.ndarray:
    for factor in factors:
        field = np.tensordot(field, factor, axes=(0, 1))  # the dimension just done goes last: after all, order is back
    return field


def _interpolation(points: np.ndarray, grids: Sequence[np.ndarray]) -> csr_array:
    """Weights (n, nodes) of cubic Lagrange interpolation from the four nearest nodes in each dimension."""
    n = len(points)
    columns, weights = np.zeros((n, 1), np.int64), np.ones((n, 1))
    for at, grid in zip(points.T, grids, strict=True):
        u = (at - grid[0]) / (grid[1] - grid[0])
        first = np.clip(np.floor(u).astype(np.int64) - 1, 0, grid.size - 4)
        near = np.stack([_lagrange(u - first, j) for j in range(4)], 1)
        columns = (columns[:, :, None] * grid.size + (first[:, None] + np.arange(4))[:, None, :]).reshape(n, -1)
        weights = (weights[:, :, None] * near[:, None, :]).reshape(n, -1)
    rows = np.arange(0, columns.size + 1, columns.shape[1])
    return csr_array((weights.ravel(), columns.ravel(), rows), shape=(n, int(np.prod([g.size for g in grids]))))


def _lagrange(u: np.ndarray, j: int) -> np.ndarray:
    """Lagrange's j-th polynomial on the nodes 0, 1, 2, 3."""
    others = [k for k in range(4) if k != j]
    return np.prod([(u - k) / (j - k) for k in others], axis=0)


def _conjugate_gradients(
    operator: Callable[[np.ndarray], np.ndarray], values: np.ndarray, tolerance: float
) -> np.ndarray:
    w, r = np.zeros_like(values), values.copy()
    p, size, stop = r.copy(), r @ r, tolerance**2 * (values @ values)
    for _ in range(_MOST):
        if size <= stop:
            return w
        ap = operator(p)
        step = size / (p @ ap)
        w += step * p
        r -= step * ap
        size, before = r @ r, size
        p = r + size / before * p
    warnings.warn(
        f"the residual fell to {np.sqrt(size / (values @ values)):.1e} in {_MOST} iterations, not to {tolerance:g}: "
        "the noise is very small for so many observations; use a larger noise, or analysis=ExactAnalysis()",
        RuntimeWarning,
        stacklevel=2,
    )
    return w
