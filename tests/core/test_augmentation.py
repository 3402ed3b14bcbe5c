"""Augmentations transform every part of a sample consistently."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.augmentation import Compose, ObservationNoise, QGParity, RandomOffset, Reflection, Translation
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations
from xdvn.core.points import Points
from xdvn.testing import check_augmentation


def sample():
    rng = np.random.default_rng(0)
    values, truth, guess = (jnp.asarray(rng.normal(size=(4, 5, 2)), jnp.float32) for _ in range(3))
    mask = jnp.asarray(rng.random((4, 5, 2)) < 0.5)
    offsets = jnp.asarray(rng.uniform(-0.5, 0.5, (4, 5, 2, 2)), jnp.float32)
    return Sample(Observations(values, mask, offsets=offsets), truth, mask, guess, jnp.ones(()))


def keys():
    """Return one key that reflects and one that does not."""
    found = {bool(jax.random.bernoulli(jax.random.key(i))): jax.random.key(i) for i in range(20)}
    return found[True], found[False]


def test_parity_reverses_y_and_the_sign_and_is_its_own_inverse():
    reflect, leave = keys()
    start = sample()
    image = QGParity()(start, reflect)
    assert np.array_equal(image.truth, -start.truth[::-1])
    assert np.array_equal(image.first_guess, -start.first_guess[::-1])
    assert np.array_equal(image.obs.values, -start.obs.values[::-1])
    assert np.array_equal(image.obs.mask, start.obs.mask[::-1])
    assert np.array_equal(image.obs.offsets[..., 0], -start.obs.offsets[::-1, :, :, 0])
    assert np.array_equal(image.obs.offsets[..., 1], start.obs.offsets[::-1, :, :, 1])
    for again in (QGParity()(image, reflect), QGParity()(start, leave)):
        for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(start), strict=True):
            assert np.array_equal(a, b)


def test_points_are_reflected_with_the_field():
    """The reflected state, sampled at the reflected points, equals the reflected measurements."""
    reflect, _ = keys()
    rng = np.random.default_rng(1)
    start = sample()
    locations = jnp.asarray(rng.random((7, 3)) * np.array([1, 3, 4]), jnp.float32)
    at = Points(jnp.zeros(7), jnp.ones(7, bool), locations, jnp.zeros(7, int), n_times=2)
    measured = Points(at.sample(start.truth), at.mask, locations, at.variable, n_times=2)
    obs = Observations(start.obs.values, start.obs.mask, points=measured)
    image = QGParity()(Sample(obs, start.truth, start.loss_mask, None, start.sample_weight), reflect)
    assert np.allclose(image.obs.points.sample(image.truth), image.obs.points.values, atol=1e-5)
    assert np.allclose(image.obs.points.values, -measured.values)


def test_a_random_offset_is_added_to_all_parts_of_a_sample():
    rng = np.random.default_rng(1)
    start = sample()
    at = Points(jnp.zeros(7), jnp.arange(7) < 6, jnp.asarray(rng.random((7, 3))), jnp.zeros(7, int), n_times=2)
    measured = Points(at.sample(start.truth), at.mask, at.locations, at.variable, n_times=2)
    obs = Observations(start.obs.values, start.obs.mask, points=measured)
    start = Sample(obs, start.truth, start.loss_mask, start.first_guess, start.sample_weight, withheld=start.obs)
    offsets = []
    for i in range(200):
        shifted = RandomOffset(0.7)(start, jax.random.key(i))
        offset = shifted.truth - start.truth
        offsets.append(float(offset[0, 0, 0]))
        assert np.allclose(offset, offsets[-1], atol=1e-6)
        assert np.allclose(shifted.first_guess - start.first_guess, offsets[-1], atol=1e-6)
        for a, b in ((shifted.obs, start.obs), (shifted.withheld, start.withheld)):
            assert np.allclose(a.values - b.values, np.where(b.mask, offsets[-1], 0), atol=1e-6)
        points = shifted.obs.points
        assert np.allclose(np.where(at.mask, points.sample(shifted.truth), 0), points.values, atol=1e-5)
    assert abs(np.std(offsets) / 0.7 - 1) < 0.15
    with pytest.raises(ValueError, match=r"std=-1\.0: expected 0 or more, in normalised units. Use, for example, 0\.5"):
        RandomOffset(-1.0)


def test_a_translation_rolls_all_parts_of_a_sample_by_one_shift():
    start = sample()
    moved = Translation(1)(start, jax.random.key(3))
    shifts = [k for k in range(5) if np.array_equal(moved.truth, np.roll(start.truth, k, 1))]
    assert len(shifts) == 1
    assert np.array_equal(moved.obs.values, np.roll(start.obs.values, shifts[0], 1))
    assert np.array_equal(moved.obs.offsets, np.roll(start.obs.offsets, shifts[0], 1))
    assert np.array_equal(moved.first_guess, np.roll(start.first_guess, shifts[0], 1))


def test_withheld_observations_are_transformed_as_well():
    start = sample()
    withheld = Observations(start.truth, ~start.obs.mask)
    both = Sample(start.obs, start.truth, start.loss_mask, start.first_guess, start.sample_weight, withheld)
    reflect, _ = keys()
    for augmentation in (Reflection(1), Reflection(0, -1.0), Translation(0)):
        image = augmentation(both, reflect)
        assert np.array_equal(image.withheld.values, np.where(image.withheld.mask, image.truth, 0))
        assert not (image.withheld.mask & image.obs.mask).any()


def test_noise_is_added_to_observations_only_with_its_standard_deviation():
    shape = (100, 100, 2)
    ones = jnp.ones(shape)
    start = Sample(Observations(ones, ones > 0), ones, ones > 0, ones, jnp.ones(()))
    noisy = ObservationNoise(0.2)(start, jax.random.key(0))
    assert np.isclose((noisy.obs.values - 1).std(), 0.2, rtol=0.02)
    assert np.array_equal(noisy.truth, ones)
    assert np.array_equal(noisy.first_guess, ones)
    with pytest.raises(
        ValueError, match=r"std=-1\.0: expected 0 or more, in normalised units. Use, for example, 0\.05"
    ):
        ObservationNoise(-1.0)


@pytest.mark.parametrize(
    "augmentation", [Compose((Reflection(0), ObservationNoise(0.1))), Translation(0)], ids=lambda a: type(a).__name__
)
def test_the_contract_of_an_augmentation(augmentation):
    check_augmentation(augmentation, (6, 2), jax.random.key(0))
