"""Parity is its own inverse and takes every part of a sample along."""

import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.augmentation import Parity
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.core.points import Points


def sample():
    rng = np.random.default_rng(0)
    values, truth, guess = (jnp.asarray(rng.normal(size=(4, 5, 2)), jnp.float32) for _ in range(3))
    mask = jnp.asarray(rng.random((4, 5, 2)) < 0.5)
    offsets = jnp.asarray(rng.uniform(-0.5, 0.5, (4, 5, 2, 2)), jnp.float32)
    return Sample(Observations(values, mask, offsets=offsets), truth, mask, guess, jnp.ones(()))


def keys():
    """One key that mirrors and one that does not."""
    found = {bool(jax.random.bernoulli(jax.random.key(i))): jax.random.key(i) for i in range(20)}
    return found[True], found[False]


def test_the_mirror_image_is_south_for_north_with_the_sign_changed():
    mirror, leave = keys()
    start = sample()
    image = Parity()(start, mirror)
    assert np.array_equal(image.truth, -start.truth[::-1])
    assert np.array_equal(image.first_guess, -start.first_guess[::-1])
    assert np.array_equal(image.obs.values, -start.obs.values[::-1])
    assert np.array_equal(image.obs.mask, start.obs.mask[::-1])
    assert np.array_equal(image.obs.offsets[..., 0], -start.obs.offsets[::-1, :, :, 0])
    assert np.array_equal(image.obs.offsets[..., 1], start.obs.offsets[::-1, :, :, 1])
    for again in (Parity()(image, mirror), Parity()(start, leave)):
        for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(start), strict=True):
            assert np.array_equal(a, b)


def test_points_are_mirrored_with_the_sea_they_were_measured_in():
    """Reading the mirrored state at the mirrored points gives the mirrored measurements."""
    mirror, _ = keys()
    rng = np.random.default_rng(1)
    start = sample()
    locations = jnp.asarray(rng.random((7, 3)) * np.array([1, 3, 4]), jnp.float32)
    at = Points(jnp.zeros(7), jnp.ones(7, bool), locations, jnp.zeros(7, int), n_times=2)
    measured = Points(at.sample(start.truth), at.mask, locations, at.variable, n_times=2)
    obs = Observations(start.obs.values, start.obs.mask, points=measured)
    image = Parity()(Sample(obs, start.truth, start.scored, None, start.weight), mirror)
    assert np.allclose(image.obs.points.sample(image.truth), image.obs.points.values, atol=1e-5)
    assert np.allclose(image.obs.points.values, -measured.values)
