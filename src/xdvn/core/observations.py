"""Observations of a sample (values, mask, errors, positions) and the observation operator H.

y = H(x) + error, known only on the observed subdomain Omega (``mask``). Values outside Omega are set to zero on
entry, before anything is subtracted from them: m (x - y) is NaN wherever y is NaN, forward and backward.
Observations are in cells, at points between them, or both: then Omega is the union. Subclass
``AbstractObservationOperator`` to add an operator.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from xdvn.core.points import Points

__all__ = ["AbstractObservationOperator", "IdentityOperator", "LinearOperator", "Observations", "SubcellOperator"]


class Observations(eqx.Module):
    """Observations of one sample on its grid.

    Parameters
    ----------
    values : Array, "*space channel"
        y in normalised units; whatever stands where ``mask`` is False is replaced by zero.
    mask : Array of bool, "*space channel"
        Omega, True where observed.
    error_variance : Array, optional
        Variance of each observation's error in normalised units (divided by std squared); weighs the data term.
    ocean_mask : Array of bool, optional
        True at sea, False on land; None means sea everywhere. Land is never observed.
    offsets : Array, "*space channel dim", optional
        Where in its cell each observation lies, in cells from the centre along each space dimension.
    points : Points, optional
        Observations between the cells; those outside the window or with land all around are masked on entry.

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
        """|Omega|: how many observations there are, in cells and at points."""
        cells = self.mask.sum()
        return cells if self.points is None else cells + self.points.mask.sum()

    def mask_land(self, field: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return ``field`` with zeros on land."""
        return field if self.ocean_mask is None else jnp.where(self.ocean_mask, field, 0)


class AbstractObservationOperator(eqx.Module):
    """H: what the instruments would have reported if the state were x.

    Examples
    --------
    Yours, for an instrument that reports the square of the state:

    >>> class Square(AbstractObservationOperator):
    ...     def __call__(self, x, obs):
    ...         return x**2
    >>> obs = Observations(jnp.array([[9.0]]), jnp.array([[True]]))
    >>> Square()(jnp.array([[3.0]]), obs).tolist()
    [[9.0]]
    """

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Apply H in the cells; only entries under ``obs.mask`` are ever used."""

    def at_points(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, " point"]:
        """Apply H at ``obs.points``, which must be there; here the state itself, interpolated."""
        assert obs.points is not None
        return obs.points.sample(x, obs.ocean_mask)


class IdentityOperator(AbstractObservationOperator):
    """H(x) = x: the state itself is observed, cell by cell."""

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x."""
        return x


class SubcellOperator(AbstractObservationOperator):
    """H(x) = x + delta grad x: the state at the place in the cell where the instrument passed.

    A track crosses a cell anywhere, not at its centre; on a 0.2 degree grid the difference is worth centimetres of
    sea level. First order in the offset ``Observations.offsets`` (cells), with central differences inside and
    one-sided ones at the rim; exact for fields linear in space. Without offsets it is the identity.
    """

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Evaluate x at each observation's place."""
        if obs.offsets is None:
            return x
        axes = [axis for axis in range(x.ndim - 1) if x.shape[axis] > 1]
        return x + sum(obs.offsets[..., axis] * _difference(x, axis) for axis in axes)


class LinearOperator(AbstractObservationOperator):
    """y_v = sum_w A_vw x_w: what is observed is a linear mixture of the variables, at each time and place.

    For a sum (absolute sea level = geoid + dynamic topography), a difference, or an instrument with a gain with its own
    kernel. The same mixture is read in cells and at points. Observations of variable v are observations of row v; rows
    that nothing observes do not matter. Channels after the variables' (covariates) are passed on as they are.

    Parameters
    ----------
    matrix : Array, "variable variable"
        A, acting on normalised variables.
    n_times : int
        Times of a window: channel = variable x ``n_times`` + time.
    trainable : bool
        Whether A is learned with the network; by default it stays.

    Raises
    ------
    ValueError
        When A is not square, or the state has fewer channels than A's variables need.

    Examples
    --------
    Two variables on one day in one cell; the first instrument sees their sum:

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
                f"matrix is {self.matrix.shape[0]} x {self.matrix.shape[1]}; expected one row and one column for each "
                "variable of the state. Give rows that nothing observes any values, such as those of jnp.eye"
            )

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return the mixture in every cell."""
        return self._mixed(x)

    def at_points(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, " point"]:
        """Return the mixture at the points; interpolation and mixing commute."""
        assert obs.points is not None
        return obs.points.sample(self._mixed(x), obs.ocean_mask)

    def _mixed(self, x: Array) -> Array:
        n_variables = self.matrix.shape[0]
        n_mixed = n_variables * self.n_times
        if x.shape[-1] < n_mixed:
            raise ValueError(
                f"the state has {x.shape[-1]} channels; a matrix for {n_variables} variables at {self.n_times} times "
                f"needs {n_mixed} or more"
            )
        matrix = self.matrix if self.trainable else jax.lax.stop_gradient(self.matrix)
        variables = x[..., :n_mixed].reshape(*x.shape[:-1], n_variables, self.n_times)
        mixed = jnp.einsum("vw,...wt->...vt", matrix.astype(x.dtype), variables)
        return jnp.concatenate([mixed.reshape(*x.shape[:-1], n_mixed), x[..., n_mixed:]], -1)


def _difference(x: Array, axis: int) -> Array:
    n = x.shape[axis]
    first, second, penultimate, last = (jax.lax.slice_in_dim(x, i, i + 1, axis=axis) for i in (0, 1, n - 2, n - 1))
    # Extrapolating by one cell at each rim turns the central difference there into a one-sided one.
    padded = jnp.concatenate([2 * first - second, x, 2 * last - penultimate], axis)
    return (jax.lax.slice_in_dim(padded, 2, n + 2, axis=axis) - jax.lax.slice_in_dim(padded, 0, n, axis=axis)) / 2
