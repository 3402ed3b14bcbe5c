"""DINEOF's prior: what the state's own leading EOFs say of it.

    phi(x) = U_r S_r V_r^T   of  X = U S V^T, the current space x time matrix of x

It knows no other window than the one before it. With a ProjectionSolver it is the DINEOF iteration.
Beckers & Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.channels import variables_and_times
from xdvn.core.eigenspace import leading_projection
from xdvn.core.priors.abstract import AbstractPrior

__all__ = ["TruncatedSVDPrior"]


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
        series = variables_and_times(x, self.n_variables)
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
