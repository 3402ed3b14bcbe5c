"""Weights of xdvn's reference network under the names and in the layout of the PyTorch network."""

from __future__ import annotations

from typing import Any

import numpy as np

from xdvn.core.layers.convolution import Convolution

__all__ = ["named"]


def named(network: Any) -> dict[str, np.ndarray]:
    """Return the weights of a reference network, or of its gradient, by their names in PyTorch.

    Kernels change from (rows, columns, in, out) to (out, in, rows, columns). The three branches of the prior, one
    convolution in xdvn, become three.
    """
    prior, memory = network.cost.prior, network.solver.modulator
    layers = {
        "prior.encode": _layout(prior.encode),
        "prior.hide": _layout(prior.hide),
        "prior.decode": _layout(prior.decode),
        "memory.gates": _layout(memory.gates),
        "memory.output": _layout(memory.output),
    }
    kernel, bias = _layout(prior.features)
    thirds = zip(np.split(kernel, 3), np.split(bias, 3), strict=True)
    layers |= dict(zip(("prior.linear", "prior.left", "prior.right"), thirds, strict=True))
    return {
        f"{name}.{part}": a for name, both in layers.items() for part, a in zip(("weight", "bias"), both, strict=True)
    }


def _layout(layer: Convolution) -> tuple[np.ndarray, np.ndarray]:
    return np.transpose(np.asarray(layer.kernel), (3, 2, 0, 1)), np.asarray(layer.bias)
