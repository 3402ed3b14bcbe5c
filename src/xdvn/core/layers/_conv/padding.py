"""Padding of a grid for convolutions: zeros, or the values of the opposite side."""

from __future__ import annotations

import enum

import jax.numpy as jnp
from jaxtyping import Array

__all__ = ["Padding", "Paddings", "Taps", "halo_widths", "pad", "pad_circular"]


class Padding(enum.Enum):
    """Values beyond the boundary along one axis: zeros, or the values of the opposite side."""

    ZERO = "zero"
    CIRCULAR = "circular"


Paddings = tuple[Padding, ...]
"""Padding of each space dimension."""

Taps = tuple[int, ...]
"""Kernel size along each space dimension."""


def pad(field: Array, padding: Paddings, taps: Taps) -> Array:
    """Extend every axis by half a kernel at both ends."""
    return jnp.pad(pad_circular(field, padding, taps), [(0, 0), *halo_widths(padding, taps, Padding.ZERO), (0, 0)])


def pad_circular(field: Array, padding: Paddings, taps: Taps) -> Array:
    """Extend the circular axes by half a kernel at both ends."""
    if Padding.CIRCULAR not in padding:
        return field
    return jnp.pad(field, [(0, 0), *halo_widths(padding, taps, Padding.CIRCULAR), (0, 0)], mode="wrap")


def halo_widths(padding: Paddings, taps: Taps, kind: Padding) -> list[tuple[int, int]]:
    """Return the number of cells by which one kind of padding extends both ends of each axis."""
    return [(t // 2, t // 2) if p is kind else (0, 0) for t, p in zip(taps, padding, strict=True)]
