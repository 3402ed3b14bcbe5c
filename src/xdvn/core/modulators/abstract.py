"""The interface of a gradient modulator Phi, and the identity modulator."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float, PyTree

__all__ = ["AbstractGradientModulator", "IdentityModulator"]


class AbstractGradientModulator(eqx.Module):
    """Function Phi: (gradient, hidden) -> (update, hidden), where the solver subtracts the update."""

    @abc.abstractmethod
    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return the hidden state before the first step."""

    @abc.abstractmethod
    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the update to subtract from x, and the next hidden state."""


class IdentityModulator(AbstractGradientModulator):
    """Phi(g) = g: plain gradient descent with a fixed step size (classical 4DVar)."""

    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return no hidden state."""
        return None

    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the gradient unchanged."""
        return gradient, hidden
