"""Checks of losses and augmentations."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from xdvn import testing
from xdvn.core.augmentation import AbstractAugmentation, Parity
from xdvn.core.losses import AbstractLoss, SupervisedLoss

pytestmark = pytest.mark.usefixtures("quick_compile")
KEY = jax.random.key(0)


def test_ours_keep_their_promises():
    testing.check_loss(SupervisedLoss(jnp.ones((6, 4, 2))), (6, 4, 2), KEY)
    testing.check_augmentation(Parity(), (6, 2), KEY)


class PerCell(AbstractLoss):
    def __call__(self, net, sample, key=None):
        return (net(sample.obs, key=key).x - sample.truth) ** 2


class Seer(AbstractLoss):
    def __call__(self, net, sample, key=None):
        return ((net(sample.obs, key=key).x - sample.truth) ** 2).mean()


def test_broken_losses_are_told():
    with pytest.raises(AssertionError, match=r"array of shape \(6, 2\); it is one number per sample"):
        testing.check_loss(PerCell(), (6, 2), KEY)
    with pytest.raises(AssertionError, match="depends on the truth where sample.scored is False"):
        testing.check_loss(Seer(), (6, 2), KEY)


class Cropping(AbstractAugmentation):
    def __call__(self, sample, key):
        return jax.tree.map(lambda a: a[1:] if a.ndim else a, sample)


class Leaking(AbstractAugmentation):
    def __call__(self, sample, key):
        return eqx.tree_at(lambda s: s.obs.values, sample, sample.obs.values + 1)


class Stranding(AbstractAugmentation):
    def __call__(self, sample, key):
        return eqx.tree_at(lambda s: s.obs.mask, sample, jnp.ones_like(sample.obs.mask))


def test_broken_augmentations_are_told():
    with pytest.raises(AssertionError, match="changed shapes or types of the sample"):
        testing.check_augmentation(Cropping(), (6, 2), KEY)
    with pytest.raises(AssertionError, match="left values under a False mask"):
        testing.check_augmentation(Leaking(), (6, 2), KEY)
    with pytest.raises(AssertionError, match="moved observations onto land"):
        testing.check_augmentation(Stranding(), (6, 2), KEY)
