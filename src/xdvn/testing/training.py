"""Contract checks of what training adds: losses and augmentations."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.cost import VariationalCost
from xdvn.core.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.losses import AbstractLoss, Sample
from xdvn.core.solvers import ProjectionSolver
from xdvn.testing.properties import Contract, agree, check, kinds, require
from xdvn.testing.samples import Contraction, field, sample

__all__ = ["check_augmentation", "check_loss"]


def check_loss(loss: AbstractLoss, shape: Sequence[int], key: PRNGKeyArray, net: AbstractNetwork | None = None) -> None:
    """Check a loss: one number for one sample, blind to truth that is not known.

    Parameters
    ----------
    loss : AbstractLoss
        Yours.
    shape : sequence of int
        Of one sample.
    key : PRNGKeyArray
        Randomness of the samples it is tried on.
    net : AbstractNetwork, optional
        What it judges; a simple one unless given.
    """
    name = type(loss).__name__
    if net is None:
        net = FourDVarNet(VariationalCost(Contraction(0.3)), ProjectionSolver(n_steps=2))
    one = sample(shape, key)
    value = loss(net, one, key)
    require(value.shape == (), f"{name} returned an array of shape {value.shape}; it is one number per sample")
    elsewhere = jnp.where(one.scored, one.truth, field(shape, key))
    require(
        agree(loss(net, dataclasses.replace(one, truth=elsewhere), key), value, 0.0),
        f"{name} depends on the truth where sample.scored is False (land, or not known); weigh it with sample.scored",
    )

    def judged(judge: AbstractLoss, s: Sample, k: PRNGKeyArray) -> Array:
        return judge(net, s, k)

    check(Contract(loss, judged, lambda k: (sample(shape, k), k)), key)


def check_augmentation(augmentation: AbstractAugmentation, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check an augmentation: a sample of the same shapes, decided by its key, with nothing under a False mask."""
    name = type(augmentation).__name__
    for k in jax.random.split(key, 4):
        one = sample(shape, k)
        other = augmentation(one, k)
        require(
            kinds(one) == kinds(other),
            f"{name} changed shapes or types of the sample, from {kinds(one)} to {kinds(other)}",
        )
        hidden = np.asarray(other.obs.values)[~np.asarray(other.obs.mask)]
        require(not hidden.any(), f"{name} left values under a False mask; build the result with Observations(...)")
        assert other.obs.valid is not None
        require(not (other.obs.mask & ~other.obs.valid).any(), f"{name} moved observations onto land")
    check(Contract(augmentation, lambda a, s, k: a(s, k), lambda k: (sample(shape, k), k)), key)
