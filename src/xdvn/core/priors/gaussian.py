"""Gaussian prior from a background and a covariance, and stationary covariances of distance."""

from __future__ import annotations

import abc
import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from xdvn.core.parameters import Frozen
from xdvn.core.priors.abstract import AbstractPrior

__all__ = ["AbstractCovariance", "ExponentialCovariance", "GaussianPrior", "Matern32Covariance"]


class AbstractCovariance(eqx.Module):
    """Stationary covariance of the values at two points a and b, a function of their scaled distance r.

        s^2 correlation(r) + nugget [a = b],   r^2 = sum_d ((a_d - b_d) / L_d)^2

    The fields are ``scales``, L of each coordinate d in its unit; ``variance``, s^2; and ``nugget``. Both variances are
    in squared units of the field, which is normalised inside a network.
    """

    scales: eqx.AbstractVar[tuple[float, ...]]
    variance: eqx.AbstractVar[float]
    nugget: eqx.AbstractVar[float]

    @abc.abstractmethod
    def correlation(self, r: np.ndarray) -> np.ndarray:
        """Return the correlation at scaled distance r >= 0."""

    def matrix(self, axes: Sequence[np.ndarray]) -> np.ndarray:
        """Return the covariance (n, n) between all n points of the grid of ``axes``, with the last axis fastest.

        Raises
        ------
        ValueError
            If ``scales`` does not have one value for each axis, or a coordinate is not finite.
        """
        if len(axes) != len(self.scales):
            raise ValueError(f"scales={self.scales}: expected {len(axes)} values. Give one scale for each of the axes.")
        if not all(np.isfinite(axis).all() for axis in axes):
            raise ValueError("axes with NaN or infinite coordinates: expected finite ones. Give that of every cell.")
        points = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], -1) / np.asarray(self.scales)
        squared = ((points[:, None] - points) ** 2).sum(-1)
        return self.variance * self.correlation(np.sqrt(squared)) + self.nugget * np.eye(len(points))


class ExponentialCovariance(AbstractCovariance):
    """Exponential covariance s^2 exp(-r).

    Parameters
    ----------
    scales : tuple of float
        L of each coordinate, in its unit.
    variance : float
        s^2, the correlated variance, in squared units of the field. Default: 1.
    nugget : float
        Uncorrelated variance, in squared units of the field. Default: 0.

    Raises
    ------
    ValueError
        If a scale or the variance is not positive, or the nugget is negative.

    Examples
    --------
    >>> import numpy as np
    >>> ExponentialCovariance((2.0,), nugget=0.5).matrix([np.array([0.0, 2.0])]).round(3).tolist()
    [[1.5, 0.368], [0.368, 1.5]]

    References
    ----------
    Rasmussen & Williams 2006, doi:10.7551/mitpress/3206.001.0001.
    """

    scales: tuple[float, ...]
    variance: float = 1.0
    nugget: float = 0.0

    def __check_init__(self) -> None:
        _check_parameters(self)

    def correlation(self, r: np.ndarray) -> np.ndarray:
        """Return exp(-r)."""
        return np.exp(-r)


class Matern32Covariance(AbstractCovariance):
    """Matern-3/2 covariance s^2 (1 + sqrt(3) r) exp(-sqrt(3) r).

    Parameters
    ----------
    scales : tuple of float
        L of each coordinate, in its unit.
    variance : float
        s^2, the correlated variance, in squared units of the field. Default: 1.
    nugget : float
        Uncorrelated variance, in squared units of the field. Default: 0.

    Raises
    ------
    ValueError
        If a scale or the variance is not positive, or the nugget is negative.

    Examples
    --------
    >>> import numpy as np
    >>> Matern32Covariance((2.0,)).matrix([np.array([0.0, 2.0])]).round(3).tolist()
    [[1.0, 0.483], [0.483, 1.0]]

    References
    ----------
    Rasmussen & Williams 2006, doi:10.7551/mitpress/3206.001.0001.
    """

    scales: tuple[float, ...]
    variance: float = 1.0
    nugget: float = 0.0

    def __check_init__(self) -> None:
        _check_parameters(self)

    def correlation(self, r: np.ndarray) -> np.ndarray:
        """Return (1 + sqrt(3) r) exp(-sqrt(3) r)."""
        return (1 + math.sqrt(3) * r) * np.exp(-math.sqrt(3) * r)


class GaussianPrior(AbstractPrior):
    """Gaussian background, phi(x) = x - L^-1 (x - x_b) with L L^T = B, without trained parameters.

    ||x - phi(x)||^2 is then (x - x_b)^T B^-1 (x - x_b). With ``Reduction.SUM`` and both weights 1/2, the cost is a
    negative log posterior and its minimum the analysis x_b + B H^T (H B H^T + R)^-1 (y - H x_b) of optimal
    interpolation and 3D/4DVar. B is a dense matrix, for windows of a few thousand values.

    Parameters
    ----------
    covariance : array, "n n"
        Covariance B of the flattened state (channels fastest), in squared units of the state. It must be symmetric and
        positive definite.
    background : array, "*space channel", optional
        Background x_b, in the units of the state. If None, 0.

    Raises
    ------
    ValueError
        If B or x_b is not finite, B is not symmetric positive definite, or their sizes differ. On application, if the
        size of the state differs.

    Examples
    --------
    >>> import jax.numpy as jnp, numpy as np
    >>> prior = GaussianPrior(4 * np.eye(2))
    >>> x = jnp.array([[2.0], [6.0]])
    >>> (x - prior(x))[:, 0].tolist()
    [1.0, 3.0]

    References
    ----------
    Lorenc 1986, doi:10.1002/qj.49711247414.
    """

    cholesky: Frozen
    background: Frozen | None

    def __init__(
        self,
        covariance: Float[np.ndarray | Array, "n n"],
        background: Float[np.ndarray | Array, "*space channel"] | None = None,
    ) -> None:
        # Always in double precision, because the covariance of smooth fields is nearly singular.
        B = np.asarray(covariance, np.float64)
        for name, array in (("covariance", B), ("background", background)):
            if array is not None and not np.isfinite(array).all():
                raise ValueError(
                    f"{name} with {np.sum(~np.isfinite(array))} NaN or infinite values: expected finite ones. Give all "
                    "coordinates, and set the background on land to 0."
                )
        if not np.allclose(B, B.T, rtol=1e-6, atol=1e-9 * np.abs(B).max()):
            raise ValueError(
                f"covariance with max |B - B^T| = {np.abs(B - B.T).max():.2g}: expected a symmetric matrix. Correct "
                "it, or give (B + B.T) / 2."
            )
        if background is not None and background.size != len(B):
            raise ValueError(
                f"background of {background.size} values: expected {len(B)}, the rows of the covariance. Give both for "
                "the flattened state (*space, channel)."
            )
        try:
            factor = np.linalg.cholesky(B)
        except np.linalg.LinAlgError:
            raise ValueError(
                f"covariance of {len(B)} rows: expected a positive definite matrix. Add a nugget, such as 1e-3 of the "
                "variance, to its diagonal."
            ) from None
        self.cholesky = Frozen(jnp.asarray(factor))
        self.background = None if background is None else Frozen(jnp.asarray(background))

    @classmethod
    def stationary(
        cls,
        axes: Sequence[Float[np.ndarray, " _"]],
        covariance: AbstractCovariance,
        *,
        variables: Float[np.ndarray, "v v"] | None = None,
        background: Float[np.ndarray | Array, "*space channel"] | None = None,
    ) -> GaussianPrior:
        """Build the prior from the coordinates of a window and a stationary covariance.

        Parameters
        ----------
        axes : sequence of arrays
            Coordinates of each space dimension, then of the times, in the units of ``covariance.scales``.
        covariance : AbstractCovariance
            Covariance of one variable in space and time.
        variables : array, "v v", optional
            Covariance between the variables at one point, a factor of ``covariance``. If None, one variable.
        background : array, "*space channel", optional
            Background x_b, in the units of the state. If None, 0.

        Examples
        --------
        >>> import numpy as np
        >>> from xdvn.core.priors import Matern32Covariance
        >>> days = np.arange(5.0)
        >>> km = np.arange(0.0, 80.0, 10.0)
        >>> prior = GaussianPrior.stationary([km, days], Matern32Covariance((30.0, 4.0), nugget=0.01))
        >>> prior.cholesky.array.shape
        (40, 40)
        """
        C = covariance.matrix(axes)
        V = np.ones((1, 1)) if variables is None else np.asarray(variables)
        cells, times, v = len(C) // len(axes[-1]), len(axes[-1]), len(V)
        # The order of a flattened state is cell, variable, time.
        B = np.einsum("ctdu,vw->cvtdwu", C.reshape(cells, times, cells, times), V)
        return cls(B.reshape(cells * v * times, cells * v * times), background)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        L = self.cholesky().astype(x.dtype)
        if x.size != len(L):
            raise ValueError(
                f"state {x.shape} of {x.size} values: expected {len(L)}, the rows of the covariance. Use windows of "
                "this size, or build another prior."
            )
        departure = x if self.background is None else x - self.background().astype(x.dtype)
        return x - jax.scipy.linalg.solve_triangular(L, departure.reshape(-1), lower=True).reshape(x.shape)


def _check_parameters(covariance: AbstractCovariance) -> None:
    """Raise if the parameters do not define a covariance."""
    if not all(scale > 0 for scale in covariance.scales):
        raise ValueError(
            f"scales={covariance.scales}: expected positive numbers. Give a length for each coordinate, in its unit."
        )
    if not (covariance.variance > 0 and covariance.nugget >= 0):
        raise ValueError(
            f"variance={covariance.variance}, nugget={covariance.nugget}: expected variance > 0 and nugget >= 0. Give "
            "both in squared units of the field."
        )
