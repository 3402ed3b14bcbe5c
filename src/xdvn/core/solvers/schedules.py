"""Schedules: the weights (a_k, b_k) of the modulated and of the plain gradient in each step."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float, Int

from xdvn.core.layers.init import init_scalar
from xdvn.core.parameters import as_python_scalar

__all__ = ["AbstractSchedule", "AnnealedSchedule", "ConstantSchedule", "ReferenceSchedule"]

Weights = tuple[Float[Array, ""] | float, Float[Array, ""] | float]


class AbstractSchedule(eqx.Module):
    """Function (k, K, r) -> (a_k, b_k) for the step x <- x - (a_k Phi(step_size g, h) + b_k g)."""

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
            Index of the step.
        n_steps : int
            Number of steps K.
        scale : Array, scalar
            Divisor r of the gradient, 1 without normalisation; a schedule for the original gradient multiplies b_k
            by r.
        """


class ConstantSchedule(AbstractSchedule):
    """a_k = 1, b_k = 0: the modulated gradient in every step."""

    @property
    def constant(self) -> bool:
        """True."""
        return True

    def __call__(self, k: Int[Array, ""], n_steps: int, scale: Float[Array, ""] | float = 1.0) -> Weights:
        """Return (1, 0)."""
        return 1.0, 0.0


class AnnealedSchedule(AbstractSchedule):
    """a_k = 1/(k + 1), b_k = descent (k + 1)/K: modulated gradients first, plain descent towards the end.

    Parameters
    ----------
    descent : float
        Initial weight of the plain gradient, which is trained. Default: 0.
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
    """a_k = 1/(k + 1), b_k = r descent (k + 1)/K: ``AnnealedSchedule`` for the undivided gradient, not trained.

    Parameters
    ----------
    descent : float
        Weight of N dJ/dx, with N cells. It is lr/(B N) for the learning rate ``lr`` of the published code, which uses
        means over B windows. Default: 0.
    """

    descent: float = eqx.field(default=0.0, converter=as_python_scalar)

    @property
    def constant(self) -> bool:
        """False."""
        return False

    def __call__(self, k: Int[Array, ""], n_steps: int, scale: Float[Array, ""] | float = 1.0) -> Weights:
        """Return (1/(k + 1), r descent (k + 1)/K)."""
        return 1.0 / (k + 1), scale * self.descent * (k + 1) / n_steps
