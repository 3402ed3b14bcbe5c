"""Weights (a_k, b_k) of the learned update and of the plain gradient in each step.

x <- x - (a_k Phi(step_size g, h) + b_k g),   g = dJ/dx, divided by r if the solver normalises

The published networks use learned steps first and plain descent last; classical descent is constant.
"""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float, Int

from xdvn.core.layers.init import init_scalar
from xdvn.core.parameters import as_python_scalar

__all__ = ["AbstractSchedule", "AnnealedSchedule", "ConstantSchedule", "ReferenceSchedule"]

Weights = tuple[Float[Array, ""] | float, Float[Array, ""] | float]


class AbstractSchedule(eqx.Module):
    """(k, K, r) -> (a_k, b_k)."""

    @property
    @abc.abstractmethod
    def constant(self) -> bool:
        """Whether the weights are the same at every step."""

    @abc.abstractmethod
    def __call__(self, k: Int[Array, ""], n_steps: int, scale: Float[Array, ""] | float = 1.0) -> Weights:
        """Return (a_k, b_k) for step k = 0, 1, ..., n_steps - 1.

        Parameters
        ----------
        k : Array of int, scalar
            The step.
        n_steps : int
            K.
        scale : Array, scalar
            r, what the gradient was divided by: a schedule meant for the undivided gradient multiplies b_k by it.
        """


class ConstantSchedule(AbstractSchedule):
    """a_k = 1, b_k = 0: every step is the modulator's."""

    @property
    def constant(self) -> bool:
        """True."""
        return True

    def __call__(self, k: Int[Array, ""], n_steps: int, scale: Float[Array, ""] | float = 1.0) -> Weights:
        """Return (1, 0)."""
        return 1.0, 0.0


class AnnealedSchedule(AbstractSchedule):
    """a_k = 1/(k + 1), b_k = descent (k + 1)/K: learned steps first, plain descent towards the end.

    Parameters
    ----------
    descent : float
        Where the weight of the plain gradient starts; it is trained.
    """

    descent: Float[Array, ""]

    def __init__(self, descent: float = 0.0) -> None:
        self.descent = init_scalar(descent)

    @property
    def constant(self) -> bool:
        """False."""
        return False

    def __call__(self, k: Int[Array, ""], n_steps: int, scale: Float[Array, ""] | float = 1.0) -> Weights:
        """Return (1/(k + 1), descent (k + 1)/K)."""
        return 1.0 / (k + 1), self.descent * (k + 1) / n_steps


class ReferenceSchedule(AbstractSchedule):
    """a_k = 1/(k + 1), b_k = r descent (k + 1)/K: as annealed, but on the gradient as it is, and not trained.

    Parameters
    ----------
    descent : float
        Weight of N dJ/dx (N the number of cells, so that the weight means the same for every size of window). The
        published code gives its learning rate ``lr`` for dJ/dx with means over a batch of B windows of N cells:
        descent = lr / (B N).
    """

    descent: float = eqx.field(default=0.0, converter=as_python_scalar)

    @property
    def constant(self) -> bool:
        """False."""
        return False

    def __call__(self, k: Int[Array, ""], n_steps: int, scale: Float[Array, ""] | float = 1.0) -> Weights:
        """Return (1/(k + 1), r descent (k + 1)/K)."""
        return 1.0 / (k + 1), scale * self.descent * (k + 1) / n_steps
