"""The loss without a truth: what the network makes of observations that it was not shown.

    L = sum_{p in Omega_h} w_p |H(x*)_p - y_p|^2 / sum_{p in Omega_h} w_p,   x* solved from y on Omega without Omega_h

Its expectation is the mean square error of the map where it was withheld, plus the error of the observations, as long
as their errors are independent of those shown: withhold what nature hides, whole tracks and clouds, not single cells.
Barth et al. 2020, doi:10.5194/gmd-13-1609-2020; Beauchamp et al. 2023, doi:10.5194/gmd-16-2119-2023.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from xdvn.core.fourdvarnet import Solution
from xdvn.core.losses.abstract import AbstractSolutionLoss, Sample
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations

__all__ = ["WithheldLoss", "held_of"]


class WithheldLoss(AbstractSolutionLoss):
    """Mean squared misfit to the observations that were withheld.

    Parameters
    ----------
    window : Array, "*space channel"
        w: weights inside a window, not negative; at points between cells the weight counts as 1.
    obs_operator : AbstractObservationOperator
        H.

    Raises
    ------
    ValueError
        A sample has no withheld observations.
    """

    window: Float[Array, "*space channel"]
    obs_operator: AbstractObservationOperator = IdentityOperator()

    def judge(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        held = held_of(sample, type(self).__name__)
        weight = jnp.where(held.mask, jax.lax.stop_gradient(self.window), 0)
        total = (weight * (self.obs_operator(solution.x, held) - held.values) ** 2).sum()
        count = weight.sum()
        if held.points is not None:
            misfit = self.obs_operator.at_points(solution.x, held) - held.points.values
            total = total + (jnp.where(held.points.mask, misfit, 0) ** 2).sum()
            count = count + held.points.mask.sum()
        return total / jnp.maximum(count, 1e-12)


def held_of(sample: Sample, name: str) -> Observations:
    """Return what was withheld, or say that nothing was."""
    if sample.held is None:
        raise ValueError(
            f"{name} compares with withheld observations, but this sample has none; fit(..., "
            "retake=Withheld(Pieces(0.2))) withholds some, and so does fit without truth="
        )
    return sample.held
