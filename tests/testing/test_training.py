"""Checks of losses and augmentations."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from xdvn import testing
from xdvn.core.augmentation import AbstractAugmentation, QGParity
from xdvn.core.losses import AbstractLoss, SupervisedLoss

pytestmark = pytest.mark.usefixtures("quick_compile")
KEY = jax.random.key(0)


def test_classes_of_the_package_pass():
    testing.check_loss(SupervisedLoss(jnp.ones((6, 4, 2))), (6, 4, 2), KEY)
    testing.check_augmentation(QGParity(), (6, 2), KEY)


class PerCell(AbstractLoss):
    def __call__(self, network, sample, key=None):
        return (network(sample.obs, key=key).x - sample.truth) ** 2


class Unmasked(AbstractLoss):
    def __call__(self, network, sample, key=None):
        return ((network(sample.obs, key=key).x - sample.truth) ** 2).mean()


def test_broken_losses_raise():
    with pytest.raises(
        AssertionError, match=r"returned shape \(6, 2\): expected a scalar per sample\. Use a mean or sum"
    ):
        testing.check_loss(PerCell(), (6, 2), KEY)
    with pytest.raises(
        AssertionError,
        match=r"depends on the truth where sample.loss_mask is False: expected no effect\. Mask the errors",
    ):
        testing.check_loss(Unmasked(), (6, 2), KEY)


class Cropping(AbstractAugmentation):
    def __call__(self, sample, key):
        return jax.tree.map(lambda a: a[1:] if a.ndim else a, sample)


class Leaking(AbstractAugmentation):
    def __call__(self, sample, key):
        return eqx.tree_at(lambda s: s.obs.values, sample, sample.obs.values + 1)


class Stranding(AbstractAugmentation):
    def __call__(self, sample, key):
        return eqx.tree_at(lambda s: s.obs.mask, sample, jnp.ones_like(sample.obs.mask))


def test_broken_augmentations_raise():
    with pytest.raises(
        AssertionError, match=r"changed the sample from .*: expected equal shapes and types\. Preserve them"
    ):
        testing.check_augmentation(Cropping(), (6, 2), KEY)
    with pytest.raises(AssertionError, match=r"returned values where the mask is False: expected 0\. Build the result"):
        testing.check_augmentation(Leaking(), (6, 2), KEY)
    with pytest.raises(AssertionError, match=r"returned \d+ observations on land: expected 0\. Transform ocean_mask"):
        testing.check_augmentation(Stranding(), (6, 2), KEY)
