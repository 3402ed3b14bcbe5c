"""A prior in two resolutions: phi(x) = phi_fine(x) + up(phi_coarse(pool(x))).

The coarse part sees several times farther for the price of a fraction of the cells; the fine part adds the detail.
Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Float

from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.resampling import pool, upsample

__all__ = ["TwoScalePrior"]


class TwoScalePrior(AbstractPrior):
    """The sum of a prior on the grid and of one on the averaged grid.

    Parameters
    ----------
    fine : AbstractPrior
        Sees the state.
    coarse : AbstractPrior
        Sees averages over ``factor`` cells per dimension; its result is interpolated linearly.
    factor : int
        Cells per dimension that are averaged, 2 or more.

    Raises
    ------
    ValueError
        ``factor`` is below 2.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from xdvn.core.priors import IdentityPrior
    >>> TwoScalePrior(IdentityPrior(), IdentityPrior())(jnp.ones((8, 8, 1)))[0, 0].tolist()
    [2.0]
    """

    fine: AbstractPrior
    coarse: AbstractPrior
    factor: int = eqx.field(static=True, default=4)

    def __check_init__(self) -> None:
        if self.factor < 2:
            raise ValueError(f"factor is {self.factor}: the coarse part would see no coarser grid; use 2 or more")

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.fine(x) + upsample(self.coarse(pool(x, self.factor)), x.shape[:-1])
