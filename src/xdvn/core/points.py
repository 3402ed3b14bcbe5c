"""Observations between the cells of the grid, such as along-track measurements at their own positions and times."""

from __future__ import annotations

import dataclasses
import itertools

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

__all__ = ["Points"]


class Points(eqx.Module):
    """Point observations of one sample, padded to a fixed number.

    The state at a point is the linear interpolation of its corners c, in time and in each space dimension d,

        x(p) = sum_c w_c x_c,   w_c = prod_d (1 - f_d or f_d),   f_d the fraction of a step beyond the lower corner.

    Parameters
    ----------
    values : Array, "point"
        Measurements in normalised units. Values where ``mask`` is False are replaced by 0.
    mask : Array of bool, "point"
        True for a measurement, False for padding.
    locations : Array, "point axis"
        Time and position along each space dimension, in steps from the first cell of the window. Locations up to half a
        step outside the outermost cells are extrapolated; those farther outside are masked.
    variable : Array of int, "point"
        Index of the measured variable of the state, from 0.
    error_variance : Array, "point", optional
        Error variance of each measurement in normalised units.
    n_times : int
        Number of times of a window: channel = variable x ``n_times`` + time.

    Examples
    --------
    A point halfway between two cells, a quarter of a day after the first day:

    >>> import jax.numpy as jnp
    >>> x = jnp.array([[0.0, 4.0], [1.0, 5.0]])  # two cells, two days
    >>> at = Points(jnp.zeros(1), jnp.ones(1, bool), jnp.array([[0.25, 0.5]]), jnp.zeros(1, int), n_times=2)
    >>> at.sample(x).tolist()
    [1.5]
    """

    values: Float[Array, " point"]
    mask: Bool[Array, " point"]
    locations: Float[Array, "point axis"]
    variable: Int[Array, " point"]
    error_variance: Float[Array, " point"] | None
    n_times: int = eqx.field(static=True)

    def __init__(
        self,
        values: Float[Array, " point"],
        mask: Bool[Array, " point"],
        locations: Float[Array, "point axis"],
        variable: Int[Array, " point"],
        error_variance: Float[Array, " point"] | None = None,
        *,
        n_times: int,
    ) -> None:
        self.values = jnp.where(mask, values, 0)
        self.mask = mask
        self.locations = jnp.where(mask[:, None], locations, 0)
        self.variable = jnp.where(mask, variable, 0)
        self.error_variance = None if error_variance is None else jnp.where(mask, error_variance, 1)
        self.n_times = n_times

    def within(self, shape: tuple[int, ...], ocean_mask: Bool[Array, "*space channel"] | None) -> Points:
        """Return the points, with those outside a window of ``shape`` or with land at all corners masked.

        Parameters
        ----------
        shape : tuple of int
            Shape "*space channel" of the state.
        ocean_mask : Array of bool, "*space channel", optional
            True in the ocean. If None, ocean everywhere.

        Raises
        ------
        ValueError
            If the locations or ``n_times`` do not fit the state.
        """
        self._check(shape)
        last = jnp.asarray(self._sizes(shape)) - 0.5
        mask = self.mask & ((self.locations >= -0.5) & (self.locations <= last)).all(-1)
        if ocean_mask is not None:
            mask = mask & (self._stencil(shape, ocean_mask)[1] != 0).any(-1)
        return dataclasses.replace(self, mask=mask)

    def sample(
        self, x: Float[Array, "*space channel"], ocean_mask: Bool[Array, "*space channel"] | None = None
    ) -> Float[Array, " point"]:
        """Return the state at each point; exact if it is linear in time and in each space dimension.

        Parameters
        ----------
        x : Array, "*space channel"
            State.
        ocean_mask : Array of bool, "*space channel", optional
            True in the ocean. A corner on land has weight 0, and the weights of the others are normalised.

        Raises
        ------
        ValueError
            If the locations do not have one column for time and one for each space dimension, or the state has fewer
            channels than ``n_times``.
        """
        self._check(x.shape)
        index, weight = self._stencil(x.shape, ocean_mask)
        return (x.reshape(-1)[index] * weight.astype(x.dtype)).sum(-1)

    def _check(self, shape: tuple[int, ...]) -> None:
        if self.locations.shape[-1] != len(shape):
            raise ValueError(
                f"locations of {self.locations.shape[-1]} columns: expected {len(shape)}. Give the time, then the "
                f"position along each of the {len(shape) - 1} space dimensions of the state."
            )
        if shape[-1] < self.n_times:
            raise ValueError(
                f"n_times={self.n_times}: expected at most {shape[-1]}, the channels of the state. Give the number of "
                "times of a window (channel = variable x n_times + time)."
            )

    def _sizes(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (self.n_times, *shape[:-1])

    def _stencil(
        self, shape: tuple[int, ...], ocean_mask: Array | None
    ) -> tuple[Int[Array, "point corner"], Float[Array, "point corner"]]:
        """Return the flat indices of the corners around each point, and their weights."""
        sizes = self._sizes(shape)
        largest = jnp.asarray([max(n - 2, 0) for n in sizes])
        lower = jnp.clip(jnp.floor(self.locations).astype(jnp.int32), 0, largest)
        is_single = jnp.asarray([n == 1 for n in sizes])
        fraction = jnp.where(is_single, 0, self.locations - lower)
        corners = list(itertools.product((0, 1), repeat=len(sizes)))
        steps = jnp.asarray(corners)
        corner = jnp.minimum(lower[:, None, :] + steps, jnp.asarray(sizes) - 1)
        channel = self.variable[:, None] * self.n_times + corner[..., 0]
        index = channel
        stride = shape[-1]
        for axis in range(len(shape) - 2, -1, -1):
            index = index + stride * corner[..., axis + 1]
            stride *= shape[axis]
        weight = _corner_weights(fraction, steps)
        if ocean_mask is None:
            return index, weight
        is_ocean = ocean_mask.reshape(-1)[index]
        # Near land there is no extrapolation, which would use the corners on the other side of the missing one.
        inside = jnp.where(is_ocean, _corner_weights(jnp.clip(fraction, 0, 1), steps), 0)
        total = inside.sum(-1, keepdims=True)
        return index, jnp.where(is_ocean.all(-1, keepdims=True), weight, inside / jnp.where(total > 0, total, 1))


def _corner_weights(fraction: Array, steps: Array) -> Array:
    """Return the weights of linear interpolation, a product over the dimensions."""
    return jnp.where(steps == 1, fraction[:, None, :], 1 - fraction[:, None, :]).prod(-1)
