"""More training examples from the same days, by transformations that leave the physics as it is.

An augmentation maps a sample to another that is as likely. A network trained on few months of data learns those
months by heart; a symmetry of the dynamics gives it as many days again that it has not seen.
Parity of the quasi-geostrophic equations: Vallis 2017, doi:10.1017/9781107588417, chapter 5.
"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.core.points import Points

__all__ = ["AbstractAugmentation", "Parity"]


class AbstractAugmentation(eqx.Module):
    """(sample, key) -> another sample of the same shapes."""

    @abc.abstractmethod
    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return a sample as likely as this one."""


class Parity(AbstractAugmentation):
    """Mirror north and south and change the sign, half of the time.

    q_t + J(psi, q) + beta psi_x = 0 keeps its form under y -> -y, psi -> -psi, with beta and a zonal mean flow as they
    are: a cyclone north of the jet becomes an anticyclone south of it. Meant for anomalies of sea level or a stream
    function on a domain where the Coriolis parameter varies little; not for temperature, nor where there is a coast.
    """

    def __call__(self, sample: Sample, key: PRNGKeyArray) -> Sample:
        """Return the sample or its mirror image."""
        mirrored = jax.random.bernoulli(key)

        def flip(field: Array, sign: float) -> Array:
            return jnp.where(mirrored, sign * jnp.flip(field, 0), field)

        def turn(flags: Array) -> Array:
            return jnp.where(mirrored, jnp.flip(flags, 0), flags)

        obs, offsets = sample.obs, sample.obs.offsets
        if offsets is not None:
            northward = jnp.arange(offsets.shape[-1]) == 0
            turned = jnp.flip(offsets, 0) * jnp.where(northward, -1.0, 1.0)
            offsets = jnp.where(mirrored, turned, offsets)
        variance = None if obs.error_variance is None else flip(obs.error_variance, 1.0)
        valid = None if obs.valid is None else turn(obs.valid)
        points = obs.points
        if points is not None:
            south_for_north = points.locations.at[:, 1].set(obs.values.shape[0] - 1 - points.locations[:, 1])
            points = Points(
                jnp.where(mirrored, -points.values, points.values),
                points.mask,
                jnp.where(mirrored, south_for_north, points.locations),
                points.variable,
                points.error_variance,
                n_times=points.n_times,
            )
        seen = Observations(flip(obs.values, -1.0), turn(obs.mask), variance, valid, offsets, points)
        guess = None if sample.first_guess is None else flip(sample.first_guess, -1.0)
        return Sample(seen, flip(sample.truth, -1.0), turn(sample.scored), guess, sample.weight)
