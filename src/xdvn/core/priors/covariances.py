"""Stationary covariances between points: what a Gaussian prior believes about distance.

    r^2 = sum_d ((a_d - b_d) / L_d)^2
    exponential  s^2 exp(-r)        Matern-3/2  s^2 (1 + sqrt(3) r) exp(-sqrt(3) r)        + nugget [a = b]

The exponential gives continuous, rough fields, Matern-3/2 fields with one derivative. A nugget is variance that no
neighbour shares; it bounds the condition number. Rasmussen & Williams 2006, section 4.2,
doi:10.7551/mitpress/3206.001.0001.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Sequence

import equinox as eqx
import numpy as np

__all__ = ["AbstractCovariance", "ExponentialCovariance", "Matern32Covariance"]


class AbstractCovariance(eqx.Module):
    """Covariance of the values at two places as a function of their scaled distance.

    Fields are tuples and floats: one scale for each coordinate, in its unit; variance and nugget in squared units of
    the field (of the normalised field inside a network).
    """

    scales: eqx.AbstractVar[tuple[float, ...]]
    variance: eqx.AbstractVar[float]
    nugget: eqx.AbstractVar[float]

    @abc.abstractmethod
    def correlation(self, r: np.ndarray) -> np.ndarray:
        """Return the correlation at scaled distance r >= 0."""

    def matrix(self, axes: Sequence[np.ndarray]) -> np.ndarray:
        """Return the covariance (n, n) between all points of the grid that ``axes`` span, the last axis fastest.

        Raises
        ------
        ValueError
            There is not one scale for each axis, or a coordinate is not finite.
        """
        if len(axes) != len(self.scales):
            raise ValueError(f"{len(self.scales)} scales for {len(axes)} axes; give one scale for each axis")
        if not all(np.isfinite(axis).all() for axis in axes):
            raise ValueError("a coordinate is NaN or infinite; covariances need the place of every cell")
        points = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], -1) / np.asarray(self.scales)
        squared = ((points[:, None] - points) ** 2).sum(-1)
        return self.variance * self.correlation(np.sqrt(squared)) + self.nugget * np.eye(len(points))


class ExponentialCovariance(AbstractCovariance):
    """s^2 exp(-r).

    Parameters
    ----------
    scales : tuple of float
        L, one for each coordinate and in its unit.
    variance : float
        s^2 of what neighbours share.
    nugget : float
        Variance that they do not share.

    Examples
    --------
    >>> import numpy as np
    >>> ExponentialCovariance((2.0,), nugget=0.5).matrix([np.array([0.0, 2.0])]).round(3).tolist()
    [[1.5, 0.368], [0.368, 1.5]]
    """

    scales: tuple[float, ...]
    variance: float = 1.0
    nugget: float = 0.0

    def __check_init__(self) -> None:
        _check(self)

    def correlation(self, r: np.ndarray) -> np.ndarray:
        """Return exp(-r)."""
        return np.exp(-r)


class Matern32Covariance(AbstractCovariance):
    """s^2 (1 + sqrt(3) r) exp(-sqrt(3) r).

    Parameters
    ----------
    scales : tuple of float
        L, one for each coordinate and in its unit.
    variance : float
        s^2 of what neighbours share.
    nugget : float
        Variance that they do not share.

    Examples
    --------
    >>> import numpy as np
    >>> Matern32Covariance((2.0,)).matrix([np.array([0.0, 2.0])]).round(3).tolist()
    [[1.0, 0.483], [0.483, 1.0]]
    """

    scales: tuple[float, ...]
    variance: float = 1.0
    nugget: float = 0.0

    def __check_init__(self) -> None:
        _check(self)

    def correlation(self, r: np.ndarray) -> np.ndarray:
        """Return (1 + sqrt(3) r) exp(-sqrt(3) r)."""
        return (1 + math.sqrt(3) * r) * np.exp(-math.sqrt(3) * r)


def _check(covariance: AbstractCovariance) -> None:
    if not all(scale > 0 for scale in covariance.scales):
        raise ValueError(f"scales are {covariance.scales}; every one must be positive")
    if not (covariance.variance > 0 and covariance.nugget >= 0):
        raise ValueError(
            f"variance is {covariance.variance} and nugget {covariance.nugget}; "
            "the first must be positive, the second not negative"
        )
