"""The modulator of classical descent: the step is the (scaled) gradient itself."""

from __future__ import annotations

from jaxtyping import Array, Float, PyTree

from xdvn.core.modulators.abstract import AbstractGradientModulator

__all__ = ["IdentityModulator"]


class IdentityModulator(AbstractGradientModulator):
    """Phi(g) = g: with a fixed step size, plain gradient descent (classical 4DVar)."""

    def init(self, x: Float[Array, "*space channel"]) -> PyTree:
        """Return no hidden state."""
        return None

    def __call__(
        self, gradient: Float[Array, "*space channel"], hidden: PyTree
    ) -> tuple[Float[Array, "*space channel"], PyTree]:
        """Return the gradient unchanged."""
        return gradient, hidden
