"""The contract of a dynamical system: dx/dt = f(x), autonomous.

States have the shape "*space variable" that a variational prior hands to its forward model; a system without space
does not look at the space axes, so that any number of its copies move side by side.
"""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Float

__all__ = ["AbstractSystem"]


class AbstractSystem(eqx.Module):
    """dx/dt = f(x); an integrator makes a forward model of it."""

    @abc.abstractmethod
    def tendency(self, x: Float[Array, "*space variable"]) -> Float[Array, "*space variable"]:
        """Return dx/dt."""
