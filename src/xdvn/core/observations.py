"""What was observed, where, how well; and the operator H that says what a state would have shown there.

y = H(x) + error, known only on the observed subdomain Omega (``mask``). Values outside Omega are set to zero on
entry, before anything is subtracted from them: m (x - y) is NaN wherever y is NaN, forward and backward.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

__all__ = ["AbstractObservationOperator", "IdentityOperator", "Observations", "SubcellOperator"]


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
    valid : Array of bool, optional
        True at sea, False on land; None means sea everywhere. Land is never observed.
    offsets : Array, "*space channel dim", optional
        Where in its cell each observation lies, in cells from the centre along each space dimension.

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
    valid: Bool[Array, "*space channel"] | None = None
    offsets: Float[Array, "*space channel dim"] | None = None

    def __init__(
        self,
        values: Float[Array, "*space channel"],
        mask: Bool[Array, "*space channel"],
        error_variance: Float[Array, "*space channel"] | None = None,
        valid: Bool[Array, "*space channel"] | None = None,
        offsets: Float[Array, "*space channel dim"] | None = None,
    ) -> None:
        mask = mask if valid is None else mask & valid
        self.values = jnp.where(mask, values, 0)
        self.mask = mask
        self.error_variance = None if error_variance is None else jnp.where(mask, error_variance, 1)
        self.valid = valid
        self.offsets = None if offsets is None else jnp.where(mask[..., None], offsets, 0)

    def at_sea(self, field: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return ``field`` with zeros on land."""
        return field if self.valid is None else jnp.where(self.valid, field, 0)


class AbstractObservationOperator(eqx.Module):
    """H: what the instruments would have reported if the state were x."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Apply H; only entries under ``obs.mask`` are ever used."""


class IdentityOperator(AbstractObservationOperator):
    """H(x) = x: the state itself is observed, cell by cell."""

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return x."""
        return x


class SubcellOperator(AbstractObservationOperator):
    """H(x) = x + delta . grad x: the state at the place in the cell where the instrument passed.

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


def _difference(x: Array, axis: int) -> Array:
    n = x.shape[axis]
    first, second, penultimate, last = (jax.lax.slice_in_dim(x, i, i + 1, axis=axis) for i in (0, 1, n - 2, n - 1))
    # Extrapolating by one cell at each rim turns the central difference there into a one-sided one.
    padded = jnp.concatenate([2 * first - second, x, 2 * last - penultimate], axis)
    return (jax.lax.slice_in_dim(padded, 2, n + 2, axis=axis) - jax.lax.slice_in_dim(padded, 0, n, axis=axis)) / 2
