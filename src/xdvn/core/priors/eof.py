"""Priors from empirical orthogonal functions (EOFs): of a fixed basis, or of the state itself."""

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


class EOFPrior(AbstractPrior):
    """Projection on a fixed basis of EOFs, phi(x) = m + E E^T (x - m) with E^T E = I, without trained parameters.

    With a ``ProjectionSolver``, the limit of the iteration is the least-squares fit of the EOFs to the data.

    Parameters
    ----------
    basis : array, "*space variable mode"
        Orthonormal modes E. For extended EOFs of the whole window, each channel is a variable.
    mean : array, "*space variable", optional
        Mean m, in the units of the state. If None, 0.

    Raises
    ------
    ValueError
        If the modes are not orthonormal, or the mean has another shape. On application, if the state does.

    Examples
    --------
    A basis of two phases of a plane wave; waves are unchanged and a constant is removed:

    >>> import numpy as np, jax.numpy as jnp
    >>> at = 2 * np.pi * np.arange(8) / 8
    >>> prior = EOFPrior(np.stack([np.cos(at), np.sin(at)], -1)[:, None] / 2)
    >>> x = jnp.asarray(3 * np.cos(at - 0.4))[:, None]
    >>> bool(jnp.allclose(prior(x), x, atol=1e-5)), bool(jnp.allclose(prior(jnp.ones((8, 1))), 0, atol=1e-5))
    (True, True)

    References
    ----------
    Weare & Nasstrom 1982, doi:10.1175/1520-0493(1982)110<0481:EOEEOF>2.0.CO;2.
    """

    basis: Frozen
    mean: Frozen | None

    def __init__(
        self,
        basis: Float[np.ndarray | Array, "*space variable mode"],
        mean: Float[np.ndarray | Array, "*shape"] | None = None,
    ) -> None:
        E = np.asarray(basis).reshape(-1, basis.shape[-1])
        product = E.T @ E
        if not np.allclose(product, np.eye(E.shape[1]), atol=1e-4):
            raise ValueError(
                f"basis with max |E^T E - I| = {np.abs(product - np.eye(E.shape[1])).max():.2g}: expected orthonormal "
                "modes. Compute them with EOFPrior.from_samples or numpy.linalg.qr."
            )
        if mean is not None and mean.shape != basis.shape[:-1]:
            raise ValueError(
                f"mean of shape {mean.shape}: expected {basis.shape[:-1]}, that of a mode. Compute both from the same "
                "samples, as EOFPrior.from_samples does."
            )
        if mean is not None and not np.isfinite(mean).all():
            raise ValueError(
                f"mean with {np.sum(~np.isfinite(mean))} NaN or infinite values: expected finite ones. Set land to 0."
            )
        self.basis = Frozen(jnp.asarray(basis))
        self.mean = None if mean is None else Frozen(jnp.asarray(mean))

    @classmethod
    def from_samples(
        cls, samples: Float[np.ndarray | Array, "sample *space channel"], rank: int, *, n_variables: int | None = None
    ) -> EOFPrior:
        """Build the prior from the leading EOFs and the mean of complete samples.

        Parameters
        ----------
        samples : array, "sample *space channel"
            Windows without gaps, such as those of a simulation.
        rank : int
            Number of EOFs.
        n_variables : int, optional
            Number of variables, for classical EOFs of the single times of all windows. If None, extended EOFs of whole
            windows.

        Raises
        ------
        ValueError
            If a sample has gaps, or there are too few samples or values for ``rank`` EOFs.

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
            raise ValueError(
                f"samples with {np.sum(~np.isfinite(fields))} NaN or infinite values: expected complete fields. Set "
                "land to 0 and interpolate other gaps."
            )
        if n_variables is not None:
            fields = np.moveaxis(np.asarray(split_channels(fields, n_variables)), -1, 1)
            fields = fields.reshape(-1, *fields.shape[2:])
        mean = fields.mean(0)
        anomalies = (fields - mean).reshape(len(fields), -1)
        max_rank = min(anomalies.shape[1], len(fields) - 1)
        if not 1 <= rank <= max_rank:
            raise ValueError(
                f"rank={rank}: expected 1 to {max_rank} for {len(fields)} samples of {anomalies.shape[1]} values. "
                "Choose another rank, or give more samples."
            )
        modes = np.linalg.svd(anomalies, full_matrices=False)[2][:rank]
        return cls(np.moveaxis(modes.reshape(rank, *mean.shape), 0, -1), mean)

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        basis = self.basis().astype(x.dtype)
        if x.shape[:-1] != basis.shape[:-2]:
            raise ValueError(
                f"state of {x.shape[:-1]} cells: expected {basis.shape[:-2]}, those of the EOFs. Use windows of this "
                "size, or compute the EOFs of others."
            )
        series = split_channels(x, basis.shape[-2])
        E = basis.reshape(-1, basis.shape[-1])
        mean = 0 if self.mean is None else self.mean().astype(x.dtype).reshape(-1, 1)
        fitted = mean + E @ (E.T @ (series.reshape(len(E), -1) - mean))
        return fitted.reshape(x.shape)


class TruncatedSVDPrior(AbstractPrior):
    """Truncated singular value decomposition of the current state, phi(x) = U_r S_r V_r^T of X = U S V^T.

    The rows of the matrix X are cells x variables, its columns times. Several variables thus share the time series of
    their EOFs, as in multivariate DINEOF. No mean is removed, because states are anomalies. With a
    ``ProjectionSolver``, the iteration is that of DINEOF.

    Derivatives of phi of any order are exact if the singular values r and r + 1 differ. If they are equal, phi has no
    derivative, and the undefined part is omitted (see ``leading_projection``).

    Parameters
    ----------
    rank : int
        Number r of singular values, below the numbers of rows and of times.
    n_variables : int
        Number of variables of the state. Default: 1.

    Raises
    ------
    ValueError
        If ``rank`` is below 1. On application, if it is not below the numbers of rows and of times.

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
            raise ValueError(f"rank={self.rank}: expected 1 or more. Use, for example, 3.")

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        series = split_channels(x, self.n_variables)
        X = jnp.reshape(series, (-1, series.shape[-1]))
        if self.rank >= min(X.shape):
            raise ValueError(
                f"rank={self.rank}: expected less than {min(X.shape)}, for a matrix {X.shape} of cells x variables and "
                "times. Use a smaller rank or a larger window."
            )
        # The smaller of both Gram matrices gives the same projection of X.
        if X.shape[1] <= X.shape[0]:
            return (X @ leading_projection(X.T @ X, self.rank)).reshape(x.shape)
        return (leading_projection(X @ X.T, self.rank) @ X).reshape(x.shape)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def leading_projection(G: Float[Array, "n n"], rank: int) -> Float[Array, "n n"]:
    """Return the orthogonal projection P on the ``rank`` leading eigenvectors of the symmetric ``G``.

    Its derivative is dP = Z + Z^T, where Z = Q Z P solves G Z - Z G = -Q dG P, with Q = I - P. It has derivatives of
    any order, also for equal eigenvalues, for which the derivatives of eigenvectors are NaN. If the eigenvalues
    ``rank`` and ``rank + 1`` are equal, P is not unique and has no derivative. The derivative therefore omits pairs
    that are closer than the square root of the precision, relative to the largest eigenvalue.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> leading_projection(jnp.diag(jnp.array([3.0, 1.0, 2.0])), 2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]

    References
    ----------
    Kato 1995, section II.4, doi:10.1007/978-3-642-66282-9.
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
    is_leading = jnp.arange(len(G)) >= len(G) - rank
    gaps = values[:, None] - values
    tolerance = jnp.finfo(G.dtype).eps ** 0.5 * jnp.abs(values).max()
    is_distinct = (~is_leading[:, None] & is_leading) & (jnp.abs(gaps) > tolerance)
    inverse_gaps = jnp.where(is_distinct, 1 / jnp.where(is_distinct, gaps, 1), 0)

    def commutator(Z: Array) -> Array:
        return Q @ (G @ Z - Z @ G) @ P

    def solve(_: object, right: Array) -> Array:
        return vectors @ (inverse_gaps * (vectors.T @ right @ vectors)) @ vectors.T

    Z = jax.lax.custom_linear_solve(commutator, -Q @ dG @ P, solve, symmetric=True)
    Z = Q @ Z @ P
    return P, Z + Z.T
