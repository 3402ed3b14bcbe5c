"""Contract checks of losses and augmentations."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.cost import VariationalCost
from xdvn.core.losses import AbstractLoss, Sample
from xdvn.core.networks.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.solvers import ProjectionSolver
from xdvn.testing.properties import Contract, agree, check, kinds, require
from xdvn.testing.samples import Contraction, field, sample

__all__ = ["check_augmentation", "check_loss"]


def check_loss(
    loss: AbstractLoss, shape: Sequence[int], key: PRNGKeyArray, network: AbstractNetwork | None = None
) -> None:
    """Check that a loss is a scalar for one sample, independent of the truth where ``loss_mask`` is False.

    Parameters
    ----------
    loss : AbstractLoss
        Loss under test.
    shape : sequence of int
        Shape of one sample.
    key : PRNGKeyArray
        Random key of the test samples.
    network : AbstractNetwork, optional
        Network to evaluate. If None, a simple one.
    """
    name = type(loss).__name__
    if network is None:
        network = FourDVarNet(VariationalCost(Contraction(0.3)), ProjectionSolver(n_steps=2))
    test_sample = sample(shape, key)
    value = loss(network, test_sample, key)
    require(value.shape == (), f"{name} returned shape {value.shape}: expected a scalar per sample. Use a mean or sum.")
    other_truth = jnp.where(test_sample.loss_mask, test_sample.truth, field(shape, key))
    require(
        agree(loss(network, dataclasses.replace(test_sample, truth=other_truth), key), value, 0.0),
        f"{name} depends on the truth where sample.loss_mask is False: expected no effect. Mask the errors with it.",
    )

    def evaluate(tested: AbstractLoss, s: Sample, k: PRNGKeyArray) -> Array:
        return tested(network, s, k)

    check(Contract(loss, evaluate, lambda k: (sample(shape, k), k)), key)


def check_augmentation(augmentation: AbstractAugmentation, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that an augmentation preserves shapes, depends on its key only, and observes the ocean only."""
    name = type(augmentation).__name__
    for k in jax.random.split(key, 4):
        before = sample(shape, k)
        after = augmentation(before, k)
        require(
            kinds(before) == kinds(after),
            f"{name} changed the sample from {kinds(before)} to {kinds(after)}: expected equal shapes and types. "
            "Preserve them.",
        )
        unobserved = np.asarray(after.obs.values)[~np.asarray(after.obs.mask)]
        require(
            not unobserved.any(),
            f"{name} returned values where the mask is False: expected 0. Build the result with Observations(...).",
        )
        assert after.obs.ocean_mask is not None
        on_land = int((after.obs.mask & ~after.obs.ocean_mask).sum())
        require(
            not on_land,
            f"{name} returned {on_land} observations on land: expected 0. Transform ocean_mask with the data.",
        )
    check(Contract(augmentation, lambda a, s, k: a(s, k), lambda k: (sample(shape, k), k)), key)
