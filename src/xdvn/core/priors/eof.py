"""Priors from empirical orthogonal functions (EOFs): a fixed basis, or the leading EOFs of the state itself.

    EOFPrior            phi(x) = m + E E^T (x - m),   E^T E = I
    TruncatedSVDPrior   phi(x) = U_r S_r V_r^T   of  X = U S V^T, the space x time matrix of x

With a ProjectionSolver, the limit of the first is the least-squares fit of the EOFs to the data, and the second is the
DINEOF iteration.
"""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from xdvn.core.parameters import Frozen
from xdvn.core.priors.abstract import AbstractPrior, split_channels

__all__ = ["EOFPrior", "TruncatedSVDPrior", "leading_projection"]


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def leading_projection(G: Float[Array, "n n"], rank: int) -> Float[Array, "n n"]:
    """Return the orthogonal projection on the ``rank`` leading eigenvectors of the symmetric ``G``.

    Its derivative solves a linear equation in G and P, dP = Z + Z^T, Z = Q Z P, G Z - Z G = -Q dG P, Q = I - P, and so
    has derivatives in turn; the derivative of eigenvectors is NaN where two eigenvalues are equal. Kato 1995, section
    II.4, doi:10.1007/978-3-642-66282-9.

    Where the eigenvalues number ``rank`` and ``rank + 1`` are equal (all are, for G = 0) the projection is any one of
    many and has no derivative. What pairs closer than the square root of the precision, relative to the largest
    eigenvalue, would add to the derivative is rounding blown up; it is left out, which keeps the rest finite.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> leading_projection(jnp.diag(jnp.array([3.0, 1.0, 2.0])), 2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    leading = jnp.linalg.eigh(G)[1][:, G.shape[0] - rank :]
    return leading @ leading.T


@leading_projection.defjvp
def _leading_projection_jvp(rank: int, primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (G,), (dG,) = primals, tangents
    P = leading_projection(G, rank)
    Q = jnp.eye(len(G), dtype=G.dtype) - P
    dG = (dG + dG.T) / 2
    values, vectors = jax.lax.stop_gradient(jnp.linalg.eigh(jax.lax.stop_gradient(G)))
    kept = jnp.arange(len(G)) >= len(G) - rank
    gaps = values[:, None] - values
    apart = (~kept[:, None] & kept) & (jnp.abs(gaps) > jnp.finfo(G.dtype).eps ** 0.5 * jnp.abs(values).max())
    inverse_gaps = jnp.where(apart, 1 / jnp.where(apart, gaps, 1), 0)

    def commutator(Z: Array) -> Array:
        return Q @ (G @ Z - Z @ G) @ P

    def solve(_: object, right: Array) -> Array:
        return vectors @ (inverse_gaps * (vectors.T @ right @ vectors)) @ vectors.T

    Z = jax.lax.custom_linear_solve(commutator, -Q @ dG @ P, solve, symmetric=True)
    Z = Q @ Z @ P
    return P, Z + Z.T


class EOFPrior(AbstractPrior):
    """phi(x) = m + E E^T (x - m); nothing in it is trained.

    Weare & Nasstrom 1982, doi:10.1175/1520-0493(1982)110<0481:EOEEOF>2.0.CO;2.

    Parameters
    ----------
    basis : array, "*space variable mode"
        E, orthonormal modes. A basis made for the whole window has every channel as a "variable".
    mean : array, "*space variable", optional
        m; 0, the training mean, unless given.

    Raises
    ------
    ValueError
        The modes are not orthonormal, or do not fit the mean or the state.

    Examples
    --------
    A plane wave in two phases is all that this prior knows:

    >>> import numpy as np, jax.numpy as jnp
    >>> at = 2 * np.pi * np.arange(8) / 8
    >>> prior = EOFPrior(np.stack([np.cos(at), np.sin(at)], -1)[:, None] / 2)
    >>> x = jnp.asarray(3 * np.cos(at - 0.4))[:, None]
    >>> bool(jnp.allclose(prior(x), x, atol=1e-5)), bool(jnp.allclose(prior(jnp.ones((8, 1))), 0, atol=1e-5))
    (True, True)
    """

    basis: Frozen
    mean: Frozen | None

    def __init__(
        self,
        basis: Float[np.ndarray | Array, "*space variable mode"],
        mean: Float[np.ndarray | Array, "*shape"] | None = None,
    ) -> None:
        E = np.asarray(basis).reshape(-1, basis.shape[-1])
        if not np.allclose(E.T @ E, np.eye(E.shape[1]), atol=1e-4):
            raise ValueError(
                "the modes are not orthonormal (each of norm 1, at right angles to the others, finite); "
                "take them from EOFPrior.from_samples or from numpy.linalg.qr"
            )
        if mean is not None and mean.shape != basis.shape[:-1]:
            raise ValueError(f"the mean has the shape {mean.shape}, one mode {basis.shape[:-1]}; they must agree")
        if mean is not None and not np.isfinite(mean).all():
            raise ValueError("the mean is NaN or infinite somewhere; on land take 0")
        self.basis = Frozen(jnp.asarray(basis))
        self.mean = None if mean is None else Frozen(jnp.asarray(mean))

    @classmethod
    def from_samples(
        cls, samples: Float[np.ndarray | Array, "sample *space channel"], rank: int, *, n_variables: int | None = None
    ) -> EOFPrior:
        """Take the leading EOFs of complete samples, and their mean.

        Parameters
        ----------
        samples : array, "sample *space channel"
            Windows without gaps, such as those of a simulation.
        rank : int
            EOFs to keep.
        n_variables : int, optional
            Given: classical EOFs of one time, each time of each window being a sample. Not given: extended EOFs of
            the whole window.

        Raises
        ------
        ValueError
            A sample has gaps, or there are fewer samples or numbers in one than EOFs asked for.

        Examples
        --------
        >>> import numpy as np
        >>> windows = np.random.default_rng(0).normal(size=(20, 6, 5))
        >>> EOFPrior.from_samples(windows, 3).basis.array.shape
        (6, 5, 3)
        >>> EOFPrior.from_samples(windows, 3, n_variables=1).basis.array.shape
        (6, 1, 3)
        """
        fields = np.asarray(samples, np.float64)
        if not np.isfinite(fields).all():
            raise ValueError("the samples have gaps; EOFs are taken of complete fields (set land to 0)")
        if n_variables is not None:
            fields = np.moveaxis(np.asarray(split_channels(fields, n_variables)), -1, 1)
            fields = fields.reshape(-1, *fields.shape[2:])
        mean = fields.mean(0)
        anomalies = (fields - mean).reshape(len(fields), -1)
        if not 1 <= rank <= min(anomalies.shape[1], len(fields) - 1):
            raise ValueError(
                f"rank is {rank}; {len(fields)} samples of {anomalies.shape[1]} numbers have "
                f"1 to {min(anomalies.shape[1], len(fields) - 1)} EOFs"
            )
        modes = np.linalg.svd(anomalies, full_matrices=False)[2][:rank]
        return cls(np.moveaxis(modes.reshape(rank, *mean.shape), 0, -1), mean)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        basis = self.basis().astype(x.dtype)
        if x.shape[:-1] != basis.shape[:-2]:
            raise ValueError(
                f"a state over {x.shape[:-1]} cells came to EOFs over {basis.shape[:-2]}; "
                "EOFs serve the window that they were made for"
            )
        series = split_channels(x, basis.shape[-2])
        E = basis.reshape(-1, basis.shape[-1])
        mean = 0 if self.mean is None else self.mean().astype(x.dtype).reshape(-1, 1)
        fitted = mean + E @ (E.T @ (series.reshape(len(E), -1) - mean))
        return fitted.reshape(x.shape)


class TruncatedSVDPrior(AbstractPrior):
    """Truncated singular value decomposition of the current state.

    Rows of the matrix are cells x variables (several variables share their EOFs' time series, as in multivariate
    DINEOF), columns times. No mean is removed, since states are anomalies already. The cost's gradient
    2 (x - phi(x)), and derivatives of phi to any order, are exact where the singular values number r and r + 1 differ;
    equal ones among the kept or among the dropped, and zeros, do no harm. Where those two are equal phi has no
    derivative, and the part that is not defined is left out.

    Parameters
    ----------
    rank : int
        Singular values to keep, below the number of rows and of times.
    n_variables : int
        Variables of the state.

    Raises
    ------
    ValueError
        ``rank`` is below 1, or, when applied, would keep everything.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> x = jnp.array([[3.0, 0.0], [0.0, 1.0]])
    >>> TruncatedSVDPrior(rank=1)(x).tolist()
    [[3.0, 0.0], [0.0, 0.0]]

    References
    ----------
    Beckers & Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2; Alvera-Azcarate et al. 2007,
    doi:10.1029/2006JC003660 (multivariate).
    """

    rank: int = eqx.field(static=True)
    n_variables: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.rank < 1:
            raise ValueError(f"rank is {self.rank}; keep at least 1 singular value")

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        series = split_channels(x, self.n_variables)
        X = jnp.reshape(series, (-1, series.shape[-1]))
        if self.rank >= min(X.shape):
            raise ValueError(
                f"rank is {self.rank} and the state's matrix (cells x variables, times) {X.shape}: everything would be "
                f"kept; take a rank below {min(X.shape)}"
            )
        # The smaller of the two Gram matrices has the same projection.
        if X.shape[1] <= X.shape[0]:
            return (X @ leading_projection(X.T @ X, self.rank)).reshape(x.shape)
        return (leading_projection(X @ X.T, self.rank) @ X).reshape(x.shape)
