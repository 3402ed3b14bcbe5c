"""The prior that knows nothing: phi(x) = x, so the prior term vanishes and only the data speak."""

from __future__ import annotations

from jaxtyping import Array, Float

from xdvn.core.priors.abstract import AbstractPrior

__all__ = ["IdentityPrior"]


class IdentityPrior(AbstractPrior):
    """phi(x) = x: plain descent on the data term; gaps keep the first guess."""

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return x."""
        return x
