"""The terms of the inner cost at the solution, as a loss: L = a ||H(x*) - y||^2_Omega + b ||x* - phi(x*)||^2.

The published training adds b = 1 to the squared errors, which keeps the truth near the prior's manifold. An explicit
network, whose model term is its departure from the first guess, can be trained by these two alone, without a truth.
Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Float

from xdvn.core.fourdvarnet import Solution
from xdvn.core.frozen import number
from xdvn.core.losses.abstract import AbstractSolutionLoss, Sample

__all__ = ["VariationalLoss"]


class VariationalLoss(AbstractSolutionLoss):
    """The two terms of the cost at x*, as ``Solution.terms`` has them.

    Parameters
    ----------
    obs_weight, prior_weight : float
        a and b.
    """

    obs_weight: float = eqx.field(default=0.0, converter=number)
    prior_weight: float = eqx.field(default=1.0, converter=number)

    def judge(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        return self.obs_weight * solution.terms.observations + self.prior_weight * solution.terms.prior
