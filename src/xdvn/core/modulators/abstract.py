"""The contract of a gradient modulator Phi_psi, in the shape of an optax transformation."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float, PyTree

__all__ = ["AbstractGradientModulator"]


class AbstractGradientModulator(eqx.Module):
    """Phi: (gradient, hidden) -> (update, hidden); the solver subtracts the update."""

    @abc.abstractmethod
    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return the hidden state before the first step."""

    @abc.abstractmethod
    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the update to subtract from x, and the next hidden state."""
