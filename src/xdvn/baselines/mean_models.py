"""Means that are estimated from the observations of each map, by generalised least squares.

With regressors F, the covariance K = H B H' + R of the observations y and no other knowledge of the mean F b,

    b = (F' K^-1 F)^-1 F' K^-1 y,    x = f b + B H' K^-1 (y - F b),

which is universal kriging. Nearby observations share their weight, so that a dense track does not dominate the mean.
Cressie 1993, doi:10.1002/9781119115151, section 3.4.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from xdvn.baselines.analysis import matrix

__all__ = ["AbstractMeanModel", "ConstantMean", "HarmonicMean", "MeanEstimate", "PlaneMean"]

_MOST = 2000  # observations of a fit; more determine the mean hardly better, because they are correlated


class AbstractMeanModel(abc.ABC):
    """Interface of a mean that is a linear combination of given functions of time and space."""

    @abc.abstractmethod
    def terms(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return the regressors (..., term) at positions along time [days] and space, arrays of one shape."""

    def fit(self, points: np.ndarray, values: np.ndarray, scales: Sequence[float], noise_ratio: float) -> MeanEstimate:
        """Estimate the coefficients by generalised least squares.

        Parameters
        ----------
        points : numpy.ndarray
            Positions of the observations (n, dim). Of more than 2000, an even selection is used.
        values : numpy.ndarray
            Observations (n,).
        scales, noise_ratio
            Covariance of the observations, as for ``OptimalInterpolation``.
        """
        used = np.unique(np.linspace(0, len(points) - 1, min(_MOST, len(points))).round().astype(int))
        centre, width = points[used].mean(0), np.maximum(np.ptp(points[used], axis=0), 1e-9)
        model = MeanEstimate(self, centre, width, np.zeros(0), np.zeros((0, 0)))
        regressors = model.regressors(list(points[used].T))
        covariance = matrix(points[used], points[used], scales) + noise_ratio**2 * np.eye(used.size)
        factor = cho_factor(covariance, lower=True, check_finite=False)
        normal = regressors.T @ cho_solve(factor, regressors, check_finite=False)
        # Regressors that the observations do not separate (a plane through one track) share a coefficient.
        inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)
        coefficients = inverse @ (regressors.T @ cho_solve(factor, values[used], check_finite=False))
        return MeanEstimate(self, centre, width, coefficients, inverse)


@dataclass(frozen=True)
class MeanEstimate:
    """Estimated coefficients of a mean.

    Parameters
    ----------
    model : AbstractMeanModel
        The regressors.
    centre, width : numpy.ndarray
        Middle and extent of the observations along each dimension, in which regressors are expressed.
    coefficients : numpy.ndarray
        (term,) in the unit of the observations.
    covariance : numpy.ndarray
        (term, term) of the coefficients, relative to the variance of the field.
    """

    model: AbstractMeanModel
    centre: np.ndarray
    width: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray

    def regressors(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return the regressors (..., term) at positions along time and space."""
        time, *space = places
        scaled = [(p - c) / w for p, c, w in zip(space, self.centre[1:], self.width[1:], strict=True)]
        return self.model.terms([time, *scaled])

    def at(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return the mean at positions along time and space."""
        mean: np.ndarray = self.regressors(places) @ self.coefficients
        return mean

    def variance(self, remainder: np.ndarray) -> np.ndarray:
        """Return the error variance that the estimation of the mean adds, relative to that of the field.

        Parameters
        ----------
        remainder : numpy.ndarray
            (..., term): regressors minus their own map from their values at the observations.
        """
        added: np.ndarray = np.einsum("...i,ij,...j->...", remainder, self.covariance, remainder)
        return added


@dataclass(frozen=True)
class ConstantMean(AbstractMeanModel):
    """One constant for all times and places: ordinary kriging.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [0.0, 0.01], [0.0, 50.0]])  # two are nearly the same
    >>> estimate = ConstantMean().fit(points, np.array([1.0, 1.0, 2.0]), (1.0, 1.0), 0.1)
    >>> round(float(estimate.coefficients[0]), 2)
    1.5
    """

    def terms(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return ones."""
        return np.ones((*np.shape(places[0]), 1))


@dataclass(frozen=True)
class PlaneMean(AbstractMeanModel):
    """A plane in space that does not change in time, for fields with a large-scale slope."""

    def terms(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return one and the coordinates."""
        return np.stack([np.ones_like(places[0]), *places[1:]], -1)


@dataclass(frozen=True)
class HarmonicMean(AbstractMeanModel):
    """A constant and a seasonal cycle, for records of a year or more.

    Parameters
    ----------
    period : float
        Period [days]. Default: a year.
    """

    period: float = 365.2425

    def __post_init__(self) -> None:
        if not self.period > 0:
            raise ValueError(f"period={self.period}: expected a positive number of days. Use 365.2425 for a year")

    def fit(self, points: np.ndarray, values: np.ndarray, scales: Sequence[float], noise_ratio: float) -> MeanEstimate:
        """Estimate the coefficients; see ``AbstractMeanModel.fit``.

        Raises
        ------
        ValueError
            The observations span less than 95 % of the period.
        """
        span = float(np.ptp(points[:, 0]))
        if span < 0.95 * self.period:
            raise ValueError(
                f"HarmonicMean(period={self.period:g}): expected observations over a period, got {span:g} days. Use "
                "ConstantMean()"
            )
        return super().fit(points, values, scales, noise_ratio)

    def terms(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """Return one, the cosine and the sine."""
        angle = 2 * np.pi * places[0] / self.period
        return np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)], -1)
