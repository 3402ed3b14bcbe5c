"""Observations between the cells of the grid, at their own positions and times.

A gridded state is interpolated linearly to a point in time and in each dimension of space,

    x(p) = sum_c w_c x_c,   w_c = prod_d (1 - f_d or f_d),   f_d the fraction of a step beyond the lower corner,

so along-track measurements enter the cost directly instead of as cell means. The transpose, needed for the gradient of
the cost, is JAX's own (a scatter).
"""

from __future__ import annotations

import dataclasses
import itertools

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

__all__ = ["Points"]


class Points(eqx.Module):
    """Point observations of one sample, padded to a fixed number.

    Parameters
    ----------
    values : Array, "point"
        Measurements in normalised units; whatever stands where ``mask`` is False is replaced by zero.
    mask : Array of bool, "point"
        True for a measurement, False for padding.
    locations : Array, "point axis"
        Place in steps from the window's first cell: time, then each space dimension. From half a step before the
        first cell to half a step beyond the last; the rim is reached by extrapolation, anything further is masked.
    variable : Array of int, "point"
        Which variable of the state was measured, from 0.
    error_variance : Array, "point", optional
        Variance of each measurement's error in normalised units.
    n_times : int
        Times of a window: channel = variable x ``n_times`` + time.

    Examples
    --------
    Half way between two cells, a quarter of the way from the first to the second day:

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
        """Return the points, with those masked that the state does not determine.

        These are points outside a window of ``shape`` ("*space channel"), and points with land at every corner.
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
        """Return the state at each point; exact where it is linear in time and in each dimension of space.

        Parameters
        ----------
        x : Array, "*space channel"
            State.
        ocean_mask : Array of bool, "*space channel", optional
            True at sea. A corner on land gets no weight, and the others share its part.

        Raises
        ------
        ValueError
            When the locations have not one column for time and one for each dimension of space, or the channels are
            no whole number of variables.
        """
        self._check(x.shape)
        index, weight = self._stencil(x.shape, ocean_mask)
        return (x.reshape(-1)[index] * weight.astype(x.dtype)).sum(-1)

    def _check(self, shape: tuple[int, ...]) -> None:
        if self.locations.shape[-1] != len(shape):
            raise ValueError(
                f"locations have {self.locations.shape[-1]} columns, the state {len(shape) - 1} dimensions of space; "
                f"expected {len(shape)} columns: time, then space in the order of the state"
            )
        if shape[-1] < self.n_times:
            raise ValueError(
                f"n_times is {self.n_times}, but the state has {shape[-1]} channels; give the number of times of a "
                "window (channel = variable x time)"
            )

    def _sizes(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (self.n_times, *shape[:-1])

    def _stencil(
        self, shape: tuple[int, ...], ocean_mask: Array | None
    ) -> tuple[Int[Array, "point corner"], Float[Array, "point corner"]]:
        """Flat indices of the corners around each point, and their weights."""
        sizes = self._sizes(shape)
        top = jnp.asarray([max(n - 2, 0) for n in sizes])
        lower = jnp.clip(jnp.floor(self.locations).astype(jnp.int32), 0, top)
        one_cell = jnp.asarray([n == 1 for n in sizes])
        fraction = jnp.where(one_cell, 0, self.locations - lower)
        corners = list(itertools.product((0, 1), repeat=len(sizes)))
        steps = jnp.asarray(corners)
        place = jnp.minimum(lower[:, None, :] + steps, jnp.asarray(sizes) - 1)
        channel = self.variable[:, None] * self.n_times + place[..., 0]
        index = channel
        stride = shape[-1]
        for axis in range(len(shape) - 2, -1, -1):
            index = index + stride * place[..., axis + 1]
            stride *= shape[axis]
        weight = _corner_weights(fraction, steps)
        if ocean_mask is None:
            return index, weight
        sea = ocean_mask.reshape(-1)[index]
        # Not beyond the last cells here: with a corner missing, extrapolation would be a guess from the wrong side.
        near = jnp.where(sea, _corner_weights(jnp.clip(fraction, 0, 1), steps), 0)
        total = near.sum(-1, keepdims=True)
        return index, jnp.where(sea.all(-1, keepdims=True), weight, near / jnp.where(total > 0, total, 1))


def _corner_weights(fraction: Array, steps: Array) -> Array:
    return jnp.where(steps == 1, fraction[:, None, :], 1 - fraction[:, None, :]).prod(-1)
