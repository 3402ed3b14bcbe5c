"""What is trained and what it minimises when nothing else is said: the network, which cells count, and by which loss.

Heaviest at the time of a window that maps are made for; where windows overlap, their rims are left to
their neighbours. With a truth, squared errors of the field and its differences; without, the misfit to what was
withheld. Called by ``fit``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.losses import AbstractLoss, SupervisedLoss, WithheldLoss
from xdvn.core.observations import AbstractObservationOperator
from xdvn.grid.patches import Target
from xdvn.grid.spec import GridSpec

__all__ = ["LossMaker", "NetworkMaker", "loss_of", "network_of", "window_weights"]

NetworkMaker = Callable[..., AbstractNetwork]
"""Makes a network, called as ``maker(channels, ndim, key=key)``, such as ``ConditionalNetwork.default``."""

LossMaker = Callable[[Array], AbstractLoss]
"""Makes a loss of the weights inside a window, such as the class ``GaussianNLL`` itself."""


def window_weights(spec: GridSpec, shape: Sequence[int], by_variable: Mapping[str, float] | None = None) -> Array:
    """Return how much each cell of a window counts, "*space channel".

    Parameters
    ----------
    spec : GridSpec
        Windows and variables.
    shape : sequence of int
        Sizes of the field in space: where it is no larger than a window, rims count too.
    by_variable : mapping, optional
        Factors by the name of the map; 1 if not said.

    Raises
    ------
    ValueError
        A name is not that of a map, or a factor is negative.
    """
    by_variable = by_variable or {}
    known = [v.name for v in spec.variables]
    if not set(by_variable) <= set(known) or not all(w >= 0 for w in by_variable.values()):
        raise ValueError(f"loss_weights={dict(by_variable)}: expected a weight of 0 or more for any of {known}")
    # Not down to nothing at the ends: there a window is all there is on the last day of a record.
    least = 0.3 if spec.target is Target.CENTRE else 0.1
    times = np.maximum(spec.target.ramp(spec.patch[0]), least)
    weight = np.outer([by_variable.get(n, 1.0) for n in known], times).ravel()
    weight = np.pad(weight, (0, spec.n_channels - spec.n_mapped))
    for axis, (size, stride, n) in enumerate(zip(spec.patch[1:], spec.stride[1:], shape, strict=True)):
        inner = np.ones(size)
        rim = min(_RIM, (size - stride) // 2) if size < n else 0
        if rim:
            inner[:rim] = inner[-rim:] = 0
        weight = np.expand_dims(weight, axis) * inner.reshape(-1, *(1,) * (weight.ndim - axis))
    return jax.device_put(weight.astype(np.float32))


def network_of(
    net: AbstractNetwork | NetworkMaker | None,
    trained: AbstractNetwork | None,
    spec: GridSpec,
    operator: AbstractObservationOperator,
    key: PRNGKeyArray,
) -> AbstractNetwork:
    """Return the network that the caller gave, described or trained before, or the default one."""
    if isinstance(net, AbstractNetwork):
        return net
    if net is not None:
        return net(spec.n_channels, len(spec.axes.space), key=key)
    if trained is not None:
        return trained
    return FourDVarNet.default(spec.n_channels, len(spec.axes.space), obs_operator=operator, key=key)


def loss_of(
    loss: AbstractLoss | LossMaker | None, window: Array, operator: AbstractObservationOperator, supervised: bool
) -> AbstractLoss:
    """Return the loss that the caller gave or described, or the default one."""
    if isinstance(loss, AbstractLoss):
        return loss
    if loss is not None:
        return loss(window)
    return SupervisedLoss(window) if supervised else WithheldLoss(window, operator)


_RIM = 4
