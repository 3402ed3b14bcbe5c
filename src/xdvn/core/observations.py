"""Observations of a sample (values, mask, errors, positions) and the observation operator H: y = H(x) + error."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from xdvn.core.points import Points

__all__ = ["AbstractObservationOperator", "IdentityOperator", "LinearOperator", "Observations", "SubcellOperator"]


class Observations(eqx.Module):
    """Observations of one sample, in grid cells, at points between them, or both.

    Omega, the set of observations, is the union of both.

    Parameters
    ----------
    values : Array, "*space channel"
        y in normalised units. Values where ``mask`` is False are replaced by 0, because NaN would reach the gradient.
    mask : Array of bool, "*space channel"
        True in observed cells. Cells on land are set to False.
    error_variance : Array, "*space channel", optional
        Error variance of each observation, in normalised units (divided by the variance of the field).
    ocean_mask : Array of bool, "*space channel", optional
        True in the ocean, False on land. If None, ocean everywhere.
    offsets : Array, "*space channel dim", optional
        Position of each observation along each space dimension, in cells from the centre of its cell.
    points : Points, optional
        Observations between the cell centres. Those outside the window or surrounded by land are masked.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> obs = Observations(jnp.array([[1.0], [jnp.nan]]), jnp.array([[True], [False]]))
    >>> obs.values[:, 0].tolist()
    [1.0, 0.0]
    """

    values: Float[Array, "*space channel"]
    mask: Bool[Array, "*space channel"]
    error_variance: Float[Array, "*space channel"] | None = None
    ocean_mask: Bool[Array, "*space channel"] | None = None
    offsets: Float[Array, "*space channel dim"] | None = None
    points: Points | None = None

    def __init__(
        self,
        values: Float[Array, "*space channel"],
        mask: Bool[Array, "*space channel"],
        error_variance: Float[Array, "*space channel"] | None = None,
        ocean_mask: Bool[Array, "*space channel"] | None = None,
        offsets: Float[Array, "*space channel dim"] | None = None,
        points: Points | None = None,
    ) -> None:
        mask = mask if ocean_mask is None else mask & ocean_mask
        self.values = jnp.where(mask, values, 0)
        self.mask = mask
        self.error_variance = None if error_variance is None else jnp.where(mask, error_variance, 1)
        self.ocean_mask = ocean_mask
        self.offsets = None if offsets is None else jnp.where(mask[..., None], offsets, 0)
        self.points = None if points is None else points.within(values.shape, ocean_mask)

    @property
    def count(self) -> Int[Array, ""]:
        """Number of observations |Omega|, in cells and at points."""
        cells = self.mask.sum()
        return cells if self.points is None else cells + self.points.mask.sum()

    def mask_land(self, field: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return ``field`` with zeros on land."""
        return field if self.ocean_mask is None else jnp.where(self.ocean_mask, field, 0)


class AbstractObservationOperator(eqx.Module):
    """Observation operator H, from a state x to the values that instruments would report.

    Examples
    --------
    A custom operator, for an instrument that reports the square of the state:

    >>> class Square(AbstractObservationOperator):
    ...     def __call__(self, x, obs):
    ...         return x**2
    >>> obs = Observations(jnp.array([[9.0]]), jnp.array([[True]]))
    >>> Square()(jnp.array([[3.0]]), obs).tolist()
    [[9.0]]
    """

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Apply H in the cells; only the entries where ``obs.mask`` is True are used."""

    def at_points(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, " point"]:
        """Apply H at ``obs.points``, which must not be None; by default, interpolate the state."""
        assert obs.points is not None
        return obs.points.sample(x, obs.ocean_mask)


class IdentityOperator(AbstractObservationOperator):
    """Identity H(x) = x, for direct observations of the state in each cell."""

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x."""
        return x


class SubcellOperator(AbstractObservationOperator):
    """Operator H(x) = x + delta grad x, the state at the position of each observation in its cell.

    A track seldom crosses a cell at its centre; on a 0.2 degree grid the difference is centimetres of sea level. The
    operator is of first order in delta = ``Observations.offsets`` (cells), with central differences, one-sided at the
    boundary. It is exact for fields linear in space; without offsets, it is the identity.
    """

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Evaluate x at the position of each observation."""
        if obs.offsets is None:
            return x
        axes = [axis for axis in range(x.ndim - 1) if x.shape[axis] > 1]
        return x + sum(obs.offsets[..., axis] * _difference(x, axis) for axis in axes)


class LinearOperator(AbstractObservationOperator):
    """Linear combination y_v = sum_w A_vw x_w of the variables, at each time and position.

    Examples are a sum (absolute sea level = geoid + dynamic topography), a difference, or an instrument with a gain.
    Observations of variable v are observations of row v of A, in cells and at points; the values of unobserved rows
    have no effect. Additional channels (covariates) do not change.

    Parameters
    ----------
    matrix : Array, "variable variable"
        A, in normalised units of the variables.
    n_times : int
        Number of times of a window: channel = variable x ``n_times`` + time.
    trainable : bool
        If True, A is trained with the network. Default: False.

    Raises
    ------
    ValueError
        If A is not square. On application, if the state has fewer channels than variables of A x ``n_times``.

    Examples
    --------
    Two variables on one day in one cell; the first instrument observes their sum:

    >>> H = LinearOperator(jnp.array([[1.0, 1.0], [0.0, 1.0]]), n_times=1)
    >>> obs = Observations(jnp.zeros((1, 2)), jnp.ones((1, 2), bool))
    >>> H(jnp.array([[2.0, 3.0]]), obs).tolist()
    [[5.0, 3.0]]
    """

    matrix: Float[Array, "row column"]
    n_times: int = eqx.field(static=True)
    trainable: bool = eqx.field(static=True, default=False)

    def __check_init__(self) -> None:
        if self.matrix.shape[0] != self.matrix.shape[1]:
            raise ValueError(
                f"matrix of {self.matrix.shape[0]} x {self.matrix.shape[1]}: expected one row and one column for each "
                "variable. Give unobserved rows any values, such as those of jnp.eye."
            )

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return A x in every cell."""
        return self._combine(x)

    def at_points(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, " point"]:
        """Return A x at the points; A and the interpolation commute."""
        assert obs.points is not None
        return obs.points.sample(self._combine(x), obs.ocean_mask)

    def _combine(self, x: Array) -> Array:
        n_variables = self.matrix.shape[0]
        n_combined = n_variables * self.n_times
        if x.shape[-1] < n_combined:
            raise ValueError(
                f"state of {x.shape[-1]} channels: expected {n_combined} or more, for {n_variables} variables at "
                f"{self.n_times} times. Set n_times to the number of times of a window."
            )
        matrix = self.matrix if self.trainable else jax.lax.stop_gradient(self.matrix)
        variables = x[..., :n_combined].reshape(*x.shape[:-1], n_variables, self.n_times)
        combined = jnp.einsum("vw,...wt->...vt", matrix.astype(x.dtype), variables)
        return jnp.concatenate([combined.reshape(*x.shape[:-1], n_combined), x[..., n_combined:]], -1)


def _difference(x: Array, axis: int) -> Array:
    """Return central differences along one axis, in units per cell, and one-sided ones at its ends."""
    n = x.shape[axis]
    first, second, penultimate, last = (jax.lax.slice_in_dim(x, i, i + 1, axis=axis) for i in (0, 1, n - 2, n - 1))
    # With extrapolation by one cell, the central difference at an end equals the one-sided one.
    padded = jnp.concatenate([2 * first - second, x, 2 * last - penultimate], axis)
    return (jax.lax.slice_in_dim(padded, 2, n + 2, axis=axis) - jax.lax.slice_in_dim(padded, 0, n, axis=axis)) / 2
