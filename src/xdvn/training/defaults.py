"""Default network and loss of ``fit``, and the weights of cells inside a window.

With a truth, the loss is the squared error of the field and of its differences; without one, the squared misfit to
the withheld observations. Weights are largest at the time of the window that maps are made for, and 0 at the edges
that neighbouring windows cover.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.losses import AbstractLoss, SupervisedLoss, WithheldLoss
from xdvn.core.networks.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.observations import AbstractObservationOperator
from xdvn.grid.patches import Target
from xdvn.grid.spec import GridSpec

__all__ = ["LossMaker", "NetworkMaker", "VariableWeights", "resolve_loss", "resolve_network", "window_weights"]

NetworkMaker = Callable[..., AbstractNetwork]
"""Function ``maker(channels, ndim, key=key)`` that makes a network, such as ``FourDVarNet.default``."""

LossMaker = Callable[[Array], AbstractLoss]
"""Function that makes a loss from the weights inside a window, such as the class ``GaussianNLL``."""


@dataclass(frozen=True)
class VariableWeights:
    """A loss in which variables have different weights.

    Parameters
    ----------
    weights : mapping
        Weight of each variable by the name of its map; 1 for variables not named.
    loss : callable, optional
        Makes the loss from the weights of a window, such as ``GaussianNLL``. If None, the default loss of ``fit``.

    Examples
    --------
    >>> VariableWeights({"sst": 0.1}).weights["sst"]
    0.1
    """

    weights: Mapping[str, float]
    loss: LossMaker | None = None


def window_weights(spec: GridSpec, shape: Sequence[int], by_variable: Mapping[str, float] | None = None) -> Array:
    """Return the weight of each cell of a window, "*space channel".

    Parameters
    ----------
    spec : GridSpec
        Windows and variables.
    shape : sequence of int
        Sizes of the field in space. Edges of a window have weight 0 only where the field is larger than a window.
    by_variable : mapping, optional
        Factors by the name of the map; 1 for maps not named.

    Raises
    ------
    ValueError
        A name is not a map, or a factor is negative.
    """
    by_variable = by_variable or {}
    known = [v.name for v in spec.variables]
    if not set(by_variable) <= set(known) or not all(w >= 0 for w in by_variable.values()):
        raise ValueError(f"VariableWeights({dict(by_variable)}): expected weights of 0 or more for {known}")
    # Not 0 at the ends: on the last day of a record there is no other window.
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


def resolve_network(
    network: AbstractNetwork | NetworkMaker | None,
    trained: AbstractNetwork | None,
    spec: GridSpec,
    operator: AbstractObservationOperator,
    key: PRNGKeyArray,
) -> AbstractNetwork:
    """Return the given network, the one a function makes, the trained one, or the default."""
    if isinstance(network, AbstractNetwork):
        return network
    if network is not None:
        return network(spec.n_channels, len(spec.axes.space), key=key)
    if trained is not None:
        return trained
    return FourDVarNet.default(spec.n_channels, len(spec.axes.space), obs_operator=operator, key=key)


def resolve_loss(
    loss: AbstractLoss | LossMaker | VariableWeights | None,
    spec: GridSpec,
    shape: Sequence[int],
    operator: AbstractObservationOperator,
    supervised: bool,
) -> AbstractLoss:
    """Return the given loss, the one a function makes, or the default, for fields of ``shape`` in space."""
    if isinstance(loss, AbstractLoss):
        return loss
    by_variable = None
    if isinstance(loss, VariableWeights):
        by_variable, loss = loss.weights, loss.loss
    window = window_weights(spec, shape, by_variable)
    if loss is not None:
        return loss(window)
    return SupervisedLoss(window) if supervised else WithheldLoss(window, operator)


_RIM = 4
