"""Parity is its own inverse and takes every part of a sample along."""

import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.augmentation import Parity
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations


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
