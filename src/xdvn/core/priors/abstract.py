"""The contract of a prior phi_theta: "*space channel" in, the same out."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float

__all__ = ["AbstractPrior"]


class AbstractPrior(eqx.Module):
    """phi: small ||x - phi(x)|| means x is plausible."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
