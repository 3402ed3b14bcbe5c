"""What a convolution sees beyond the rim of a grid: zeros, or the grid's other side. Called by all that compute one."""

from __future__ import annotations

import enum

import jax.numpy as jnp
from jaxtyping import Array

__all__ = ["Padding", "Paddings", "Taps", "rims", "with_rims", "wrapped"]


class Padding(enum.Enum):
    """What a convolution sees beyond the rim of one axis."""

    ZERO = "zero"
    CIRCULAR = "circular"


Paddings = tuple[Padding, ...]
"""One for each dimension of space."""

Taps = tuple[int, ...]
"""Kernel sizes along each dimension of space."""


def with_rims(field: Array, padding: Paddings, taps: Taps) -> Array:
    """Extend every axis by half a kernel at either end."""
    return jnp.pad(wrapped(field, padding, taps), [(0, 0), *rims(padding, taps, Padding.ZERO), (0, 0)])


def wrapped(field: Array, padding: Paddings, taps: Taps) -> Array:
    """Extend the circular axes by half a kernel at either end."""
    if Padding.CIRCULAR not in padding:
        return field
    return jnp.pad(field, [(0, 0), *rims(padding, taps, Padding.CIRCULAR), (0, 0)], mode="wrap")


def rims(padding: Paddings, taps: Taps, kind: Padding) -> list[tuple[int, int]]:
    """Return by how many cells either end of each axis is extended in one way."""
    return [(t // 2, t // 2) if p is kind else (0, 0) for t, p in zip(taps, padding, strict=True)]
