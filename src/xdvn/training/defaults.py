"""Default network and loss of ``fit``, and the weights of cells within a window."""

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
"""Function ``maker(channels, ndim, key=key)`` that returns a network, such as ``FourDVarNet.default``."""

LossMaker = Callable[[Array], AbstractLoss]
"""Function that returns a loss for the weights of a window, such as the class ``GaussianNLL``."""

_RIM = 4
"""Largest width of the edges of a window with weight 0 [cells]."""


@dataclass(frozen=True)
class VariableWeights:
    """A loss with different weights of the variables.

    Parameters
    ----------
    weights : mapping
        Weight of each variable, by the name of its map. Default: 1.
    loss : callable, optional
        Function that returns the loss for the weights of a window, such as ``GaussianNLL``. If None, the default loss
        of ``fit``.

    Examples
    --------
    >>> VariableWeights({"sst": 0.1}).weights["sst"]
    0.1
    """

    weights: Mapping[str, float]
    loss: LossMaker | None = None


def window_weights(spec: GridSpec, shape: Sequence[int], by_variable: Mapping[str, float] | None = None) -> Array:
    """Return the weight of each cell of a window, "*space channel".

    Weights are largest at the target time of the window, and 0 at edges that neighbouring windows cover.

    Parameters
    ----------
    spec : GridSpec
        Windows and variables.
    shape : sequence of int
        Sizes of the field in space. A dimension that is not larger than a window has no edges of weight 0.
    by_variable : mapping, optional
        Factors by the name of the map. Default: 1.

    Raises
    ------
    ValueError
        If a name is not a map, or a factor is negative.
    """
    by_variable = by_variable or {}
    names = [v.name for v in spec.variables]
    if not set(by_variable) <= set(names) or not all(w >= 0 for w in by_variable.values()):
        raise ValueError(
            f"VariableWeights({dict(by_variable)}): expected weights of 0 or more for {names}. Correct the mapping."
        )
    # Not 0 at the ends: the last day of a record is in one window only.
    least = 0.3 if spec.target is Target.CENTRE else 0.1
    times = np.maximum(spec.target.ramp(spec.patch[0]), least)
    weight = np.outer([by_variable.get(n, 1.0) for n in names], times).ravel()
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
    """Return the given network, that of a given function, the trained one, or the default."""
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
    """Return the given loss, that of a given function, or the default, for fields of ``shape`` in space.

    The default with a truth is ``SupervisedLoss``, without a truth ``WithheldLoss``.
    """
    if isinstance(loss, AbstractLoss):
        return loss
    by_variable = None
    if isinstance(loss, VariableWeights):
        by_variable, loss = loss.weights, loss.loss
    window = window_weights(spec, shape, by_variable)
    if loss is not None:
        return loss(window)
    return SupervisedLoss(window) if supervised else WithheldLoss(window, operator)
