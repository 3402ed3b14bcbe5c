"""Projection on a fixed, truncated basis of empirical orthogonal functions (EOFs).

    phi(x) = m + E E^T (x - m),   E^T E = I

With a ProjectionSolver the limit is the least-squares fit of the EOFs to the data on Omega, continued into the gaps.
The basis belongs either to one time (classical EOFs: each time of the window is projected by itself) or to the whole
window (extended EOFs, which know how patterns move). Weare & Nasstrom 1982,
doi:10.1175/1520-0493(1982)110<0481:EOEEOF>2.0.CO;2.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from xdvn.core.channels import variables_and_times
from xdvn.core.frozen import Frozen
from xdvn.core.priors.abstract import AbstractPrior

__all__ = ["EOFPrior"]


class EOFPrior(AbstractPrior):
    """phi(x) = m + E E^T (x - m); nothing in it is trained.

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
            fields = np.moveaxis(np.asarray(variables_and_times(fields, n_variables)), -1, 1)
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
        series = variables_and_times(x, basis.shape[-2])
        E = basis.reshape(-1, basis.shape[-1])
        mean = 0 if self.mean is None else self.mean().astype(x.dtype).reshape(-1, 1)
        fitted = mean + E @ (E.T @ (series.reshape(len(E), -1) - mean))
        return fitted.reshape(x.shape)
