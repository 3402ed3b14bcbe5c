"""The Gaussian background as a prior: 3D/4DVar and optimal interpolation as special cases of one cost.

    phi(x) = x - L^-1 (x - x_b),  L L^T = B,  so that  ||x - phi(x)||^2 = (x - x_b)^T B^-1 (x - x_b).

With ``Reduction.SUM`` and both weights 1/2 the cost is a negative log posterior, and its minimum is the analysis
x_b + B H^T (H B H^T + R)^-1 (y - H x_b). B is dense: for windows of a few thousand numbers. Lorenc 1986,
doi:10.1002/qj.49711247414.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from xdvn.core.frozen import Frozen
from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.priors.covariances import AbstractCovariance

__all__ = ["GaussianPrior"]


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
