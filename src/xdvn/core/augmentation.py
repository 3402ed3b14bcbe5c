"""Augmentation of training samples by transformations that preserve the data distribution."""

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
    """Random transformation of a sample to another of the same shapes and distribution."""

    @abc.abstractmethod
    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the transformed sample."""


class Compose(AbstractAugmentation):
    """Sequence of augmentations with independent random keys.

    Parameters
    ----------
    steps : tuple of AbstractAugmentation
        Augmentations, in order of application.
    """

    steps: tuple[AbstractAugmentation, ...]

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Apply all steps to the sample."""
        for i, step in enumerate(self.steps):
            sample = step(sample, jax.random.fold_in(key, i))
        return sample


class Reflection(AbstractAugmentation):
    """Reflection of one space dimension, multiplied by ``sign``, with probability 1/2.

    The field must have statistics that are symmetric under reflection, such as a tracer on a plane without mean flow.
    The ocean mask is reflected as well.

    Parameters
    ----------
    axis : int
        Space dimension, 0 for Y and 1 for X of a map. Default: 0.
    sign : float
        1, or -1 if the reflection of an anomaly has the opposite sign. Default: 1.
    """

    axis: int = eqx.field(static=True, default=0)
    sign: float = eqx.field(static=True, default=1.0)

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample or its reflection."""
        is_reflected = jax.random.bernoulli(key)

        def reflect(field: Array) -> Array:
            return jnp.where(is_reflected, jnp.flip(field, self.axis), field)

        def reflect_locations(locations: Array, n: int) -> Array:
            reflected = locations.at[:, 1 + self.axis].set(n - 1 - locations[:, 1 + self.axis])
            return jnp.where(is_reflected, reflected, locations)

        sign = jnp.where(is_reflected, self.sign, 1.0)
        axis_sign = jnp.where(is_reflected, -1.0, 1.0)
        return _transform(sample, reflect, reflect_locations, self.axis, sign, axis_sign)


class QGParity(AbstractAugmentation):
    """Reflection of Y with a change of sign, with probability 1/2.

    The quasi-geostrophic equation q_t + J(psi, q) + beta psi_x = 0 is invariant under y -> -y, psi -> -psi, for the
    same beta and the same zonal mean flow. A cyclone north of the jet becomes an anticyclone south of it. The symmetry
    holds for anomalies of sea level or a stream function where the Coriolis parameter varies little. It does not hold
    for temperature or near a coast.

    References
    ----------
    Vallis 2017, doi:10.1017/9781107588417, chapter 5.
    """

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample or its reflection."""
        return Reflection(axis=0, sign=-1.0)(sample, key)


class Translation(AbstractAugmentation):
    """Cyclic shift along a periodic space dimension by a random number of cells.

    The window must cover the whole period (a globe, a ring, a periodic model).

    Parameters
    ----------
    axis : int
        Periodic dimension, 0 for Y and 1 for X of a map. Default: 1.
    """

    axis: int = eqx.field(static=True, default=1)

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the shifted sample."""
        shift = jax.random.randint(key, (), 0, sample.truth.shape[self.axis])

        def roll(field: Array) -> Array:
            return jnp.roll(field, shift, self.axis)

        def roll_locations(locations: Array, n: int) -> Array:
            return locations.at[:, 1 + self.axis].set((locations[:, 1 + self.axis] + shift + 0.5) % n - 0.5)

        return _transform(sample, roll, roll_locations, self.axis, jnp.ones(()), jnp.ones(()))


class ObservationNoise(AbstractAugmentation):
    """White observation errors, which reduce overfitting to the observations.

    The first guess does not change, although it depends on the observations. With a first guess, use
    ``training.PerturbObservations``.

    Parameters
    ----------
    std : float
        Standard deviation of the errors in normalised units (relative to that of the field).

    Raises
    ------
    ValueError
        If ``std`` is negative or NaN.
    """

    std: float = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.std >= 0:
            raise ValueError(f"std={self.std}: expected 0 or more, in normalised units. Use, for example, 0.05.")

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample with noise added to its observations."""
        k_cells, k_points = jax.random.split(key)
        obs, points = sample.obs, sample.obs.points
        if points is not None:
            points = replace(points, values=points.values + self._errors(points.values, k_points))
        values = obs.values + self._errors(obs.values, k_cells)
        return replace(sample, obs=replace(obs, values=values, points=points))

    def _errors(self, values: Array, key: PRNGKeyArray) -> Array:
        return self.std * jax.random.normal(key, values.shape)


class RandomOffset(AbstractAugmentation):
    """Random constant added to all fields and observations of a sample.

    The mean sea level changes over the year by steric expansion, without an effect on the dynamics. A network trained
    on one season treats this change as an error of the first guess; random offsets prevent this. The augmentation
    suits one variable with an arbitrary level, because all channels receive the same constant.

    Parameters
    ----------
    std : float
        Standard deviation of the constant, which is normal with mean 0, in normalised units.

    Raises
    ------
    ValueError
        If ``std`` is negative or NaN.
    """

    std: float = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.std >= 0:
            raise ValueError(f"std={self.std}: expected 0 or more, in normalised units. Use, for example, 0.5.")

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample plus a random constant."""
        offset = self.std * jax.random.normal(key, ())

        def shift(obs: Observations) -> Observations:
            points = None if obs.points is None else replace(obs.points, values=obs.points.values + offset)
            return replace(obs, values=obs.values + offset, points=points)

        return replace(
            sample,
            obs=shift(sample.obs),
            truth=sample.truth + offset,
            first_guess=None if sample.first_guess is None else sample.first_guess + offset,
            withheld=None if sample.withheld is None else shift(sample.withheld),
        )


def _transform(
    sample: Sample,
    move: Callable[[Array], Array],
    move_locations: Callable[[Array, int], Array],
    axis: int,
    sign: Array,
    axis_sign: Array,
) -> Sample:
    """Transform all fields and locations, and multiply values by ``sign``; ``axis_sign`` is -1 for a reversed axis."""

    def transform(obs: Observations) -> Observations:
        offsets, points = obs.offsets, obs.points
        if offsets is not None:
            along_axis = jnp.arange(offsets.shape[-1]) == axis
            offsets = move(offsets) * jnp.where(along_axis, axis_sign, 1.0)
        if points is not None:
            locations = move_locations(points.locations, obs.values.shape[axis])
            points = replace(points, values=sign * points.values, locations=locations)
        variance = None if obs.error_variance is None else move(obs.error_variance)
        ocean_mask = None if obs.ocean_mask is None else move(obs.ocean_mask)
        return Observations(sign * move(obs.values), move(obs.mask), variance, ocean_mask, offsets, points)

    return replace(
        sample,
        obs=transform(sample.obs),
        truth=sign * move(sample.truth),
        loss_mask=move(sample.loss_mask),
        first_guess=None if sample.first_guess is None else sign * move(sample.first_guess),
        withheld=None if sample.withheld is None else transform(sample.withheld),
    )
