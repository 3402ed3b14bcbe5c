"""Augmentation of training samples by transformations that preserve the data distribution.

A network trained on few months of data overfits to them; a symmetry of the dynamics doubles the data. Parity of the
quasi-geostrophic equations: Vallis 2017, doi:10.1017/9781107588417, chapter 5.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.losses import Sample
from xdvn.core.observations import Observations

__all__ = [
    "AbstractAugmentation",
    "Compose",
    "ObservationNoise",
    "QGParity",
    "RandomOffset",
    "Reflection",
    "Translation",
]


class AbstractAugmentation(eqx.Module):
    """(sample, key) -> another sample of the same shapes."""

    @abc.abstractmethod
    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return a sample from the same distribution."""


class Compose(AbstractAugmentation):
    """One augmentation after another, each with its own chance.

    Parameters
    ----------
    steps : tuple of AbstractAugmentation
        In order.
    """

    steps: tuple[AbstractAugmentation, ...]

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample after all of them."""
        for i, step in enumerate(self.steps):
            sample = step(sample, jax.random.fold_in(key, i))
        return sample


class Reflection(AbstractAugmentation):
    """Mirror one dimension of space, and times ``sign``, half of the time.

    For fields whose statistics are symmetric under reflection: a tracer on a plane without mean flow. A coast is
    mirrored with the sea.

    Parameters
    ----------
    axis : int
        Dimension of space, 0 for Y and 1 for X on a map.
    sign : float
        1, or -1 where the mirror image of an anomaly is its negative.
    """

    axis: int = eqx.field(static=True, default=0)
    sign: float = eqx.field(static=True, default=1.0)

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample or its mirror image."""
        mirrored = jax.random.bernoulli(key)

        def flip(field: Array) -> Array:
            return jnp.where(mirrored, jnp.flip(field, self.axis), field)

        def locate(locations: Array, n: int) -> Array:
            there = locations.at[:, 1 + self.axis].set(n - 1 - locations[:, 1 + self.axis])
            return jnp.where(mirrored, there, locations)

        sign = jnp.where(mirrored, self.sign, 1.0)
        towards = jnp.where(mirrored, -1.0, 1.0)
        return _moved(sample, flip, locate, self.axis, sign, towards)


class QGParity(AbstractAugmentation):
    """Mirror north and south and change the sign, half of the time.

    q_t + J(psi, q) + beta psi_x = 0 keeps its form under y -> -y, psi -> -psi, with beta and a zonal mean flow as they
    are: a cyclone north of the jet becomes an anticyclone south of it. Meant for anomalies of sea level or a stream
    function on a domain where the Coriolis parameter varies little; not for temperature, nor where there is a coast.
    """

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample or its mirror image."""
        return Reflection(axis=0, sign=-1.0)(sample, key)


class Translation(AbstractAugmentation):
    """Shift everything along a periodic dimension of space, by any number of cells; what leaves comes in again.

    Only where the window is the whole period (a globe, a ring, a periodic model): elsewhere the rims would be glued
    together. Sliding windows already shift everything else.

    Parameters
    ----------
    axis : int
        The periodic dimension, 0 for Y and 1 for X on a map.
    """

    axis: int = eqx.field(static=True, default=1)

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample, shifted."""
        shift = jax.random.randint(key, (), 0, sample.truth.shape[self.axis])

        def roll(field: Array) -> Array:
            return jnp.roll(field, shift, self.axis)

        def locate(locations: Array, n: int) -> Array:
            return locations.at[:, 1 + self.axis].set((locations[:, 1 + self.axis] + shift + 0.5) % n - 0.5)

        return _moved(sample, roll, locate, self.axis, jnp.ones(()), jnp.ones(()))


class ObservationNoise(AbstractAugmentation):
    """Add errors to the observations of a sample, so that the network does not overfit to them.

    A first guess has been made from observations without these errors; with one, use ``training.PerturbObservations``.

    Parameters
    ----------
    std : float
        Standard deviation of the errors, white, in normalised units: relative to that of the field.

    Raises
    ------
    ValueError
        ``std`` is negative.
    """

    std: float = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.std >= 0:
            raise ValueError(f"std={self.std}: expected a standard deviation in normalised units, such as 0.05")

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample with noisier observations."""
        k_cells, k_points = jax.random.split(key)
        obs, points = sample.obs, sample.obs.points
        if points is not None:
            points = replace(points, values=points.values + self._errors(points.values, k_points))
        values = obs.values + self._errors(obs.values, k_cells)
        return replace(sample, obs=replace(obs, values=values, points=points))

    def _errors(self, values: Array, key: PRNGKeyArray) -> Array:
        return self.std * jax.random.normal(key, values.shape)


class RandomOffset(AbstractAugmentation):
    """Raise or lower everything by one number: the mean level of a season that no training day has.

    The sea stands higher in autumn than in spring everywhere alike (its water is warmer), and dynamics do not feel it.
    A network that has learned on one season takes such a rise for an error of its first guess, unless it has seen
    others.
    Meant for one variable whose level is arbitrary; all channels get the same number.

    Parameters
    ----------
    std : float
        Standard deviation of the number, normal around zero, in normalised units: relative to that of the field.

    Raises
    ------
    ValueError
        ``std`` is negative.
    """

    std: float = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.std >= 0:
            raise ValueError(f"std={self.std}: expected a standard deviation in normalised units, such as 0.5")

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample at another level."""
        rise = self.std * jax.random.normal(key, ())

        def observed(obs: Observations) -> Observations:
            points = None if obs.points is None else replace(obs.points, values=obs.points.values + rise)
            return replace(obs, values=obs.values + rise, points=points)

        return replace(
            sample,
            obs=observed(sample.obs),
            truth=sample.truth + rise,
            first_guess=None if sample.first_guess is None else sample.first_guess + rise,
            withheld=None if sample.withheld is None else observed(sample.withheld),
        )


Move = Callable[[Array], Array]


def _moved(
    sample: Sample, move: Move, locate: Callable[[Array, int], Array], axis: int, sign: Array, towards: Array
) -> Sample:
    """Move fields by ``move`` and places by ``locate``, times ``sign``; ``towards`` -1 where the axis is turned."""

    def observed(obs: Observations) -> Observations:
        offsets, points = obs.offsets, obs.points
        if offsets is not None:
            along = jnp.arange(offsets.shape[-1]) == axis
            offsets = move(offsets) * jnp.where(along, towards, 1.0)
        if points is not None:
            locations = locate(points.locations, obs.values.shape[axis])
            points = replace(points, values=sign * points.values, locations=locations)
        variance = None if obs.error_variance is None else move(obs.error_variance)
        ocean_mask = None if obs.ocean_mask is None else move(obs.ocean_mask)
        return Observations(sign * move(obs.values), move(obs.mask), variance, ocean_mask, offsets, points)

    return replace(
        sample,
        obs=observed(sample.obs),
        truth=sign * move(sample.truth),
        loss_mask=move(sample.loss_mask),
        first_guess=None if sample.first_guess is None else sign * move(sample.first_guess),
        withheld=None if sample.withheld is None else observed(sample.withheld),
    )
