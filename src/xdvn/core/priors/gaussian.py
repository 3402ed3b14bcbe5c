"""The Gaussian background as a prior: 3D/4DVar and optimal interpolation as special cases of one cost.

    phi(x) = x - L^-1 (x - x_b),  L L^T = B,  so that  ||x - phi(x)||^2 = (x - x_b)^T B^-1 (x - x_b)

B comes from a stationary covariance of distance, r^2 = sum_d ((a_d - b_d) / L_d)^2:

    exponential  s^2 exp(-r)        Matern-3/2  s^2 (1 + sqrt(3) r) exp(-sqrt(3) r)        + nugget [a = b]

With ``Reduction.SUM`` and both weights 1/2 the cost is a negative log posterior, and its minimum is the analysis
x_b + B H^T (H B H^T + R)^-1 (y - H x_b). B is dense: for windows of a few thousand numbers. Lorenc 1986,
doi:10.1002/qj.49711247414.
"""

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

    Rasmussen & Williams 2006, doi:10.7551/mitpress/3206.001.0001.

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

    Rasmussen & Williams 2006, doi:10.7551/mitpress/3206.001.0001.

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


class GaussianPrior(AbstractPrior):
    """phi(x) = x - L^-1 (x - x_b); nothing in it is trained.

    Parameters
    ----------
    covariance : array, "n n"
        B of the flattened state (channels fastest), symmetric positive definite, in squared units of the state.
    background : array, "*space channel", optional
        x_b; 0, the training mean, unless given.

    Raises
    ------
    ValueError
        B is not symmetric or not positive definite, does not fit x_b or the state, or something is not finite.

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
        # In double precision whatever the state's: a covariance of smooth fields is nearly singular.
        B = np.asarray(covariance, np.float64)
        if not (np.isfinite(B).all() and (background is None or np.isfinite(background).all())):
            raise ValueError("the covariance or the background is NaN or infinite somewhere; on land take 0 for x_b")
        if not np.allclose(B, B.T, rtol=1e-6, atol=1e-9 * np.abs(B).max()):
            raise ValueError("the covariance is not symmetric; check its rows against its columns")
        if background is not None and background.size != len(B):
            raise ValueError(
                f"the background has {background.size} entries and the covariance {len(B)} rows; both belong to the "
                "flattened state (*space, channel)"
            )
        try:
            factor = np.linalg.cholesky(B)
        except np.linalg.LinAlgError:
            raise ValueError(
                "the covariance is not positive definite; add a nugget, such as 1e-3 of the variance, to its diagonal"
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
        """Build B from the coordinates of a window.

        Parameters
        ----------
        axes : sequence of arrays
            Coordinates of each space dimension and, last, of the times; any units, those of the scales.
        covariance : AbstractCovariance
            Covariance of one variable over space and time.
        variables : array, "v v", optional
            Covariance between the variables at one place and time, by which ``covariance`` is multiplied; one
            variable with factor 1 unless given.
        background : array, "*space channel", optional
            x_b.

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
        # Flattened states run over cells, then variables, then times.
        B = np.einsum("ctdu,vw->cvtdwu", C.reshape(cells, times, cells, times), V)
        return cls(B.reshape(cells * v * times, cells * v * times), background)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        L = self.cholesky().astype(x.dtype)
        if x.size != len(L):
            raise ValueError(
                f"the state {x.shape} has {x.size} entries and the covariance {len(L)} rows; "
                "a Gaussian prior serves the window it was made for"
            )
        departure = x if self.background is None else x - self.background().astype(x.dtype)
        return x - jax.scipy.linalg.solve_triangular(L, departure.reshape(-1), lower=True).reshape(x.shape)
