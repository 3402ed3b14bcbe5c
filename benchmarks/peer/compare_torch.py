"""The PyTorch part of ``equality.py``: ``python compare_torch.py CASE.npz TOLERANCE``.

Two steps of Adam are compared: from equal gradients ("step"), and from the gradients of each library ("whole step").
Adam divides a gradient by its size, and below its epsilon of 1e-8 a gradient in single precision is rounding error.
Hence the tolerance applies to the whole step in double precision only.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from network import PublishedNetwork, squared_loss
from protocol import PRIOR_RATE, RATE
from work_torch import step, update


def main(path: str, tolerance: float) -> int:
    """Compute the case and print the largest differences; return 1 if one exceeds the tolerance."""
    case = dict(np.load(path))
    y, mask, truth = (torch.from_numpy(case[name]) for name in ("y", "mask", "truth"))
    weights, gradients = (
        {name.removeprefix(kind): torch.from_numpy(a) for name, a in case.items() if name.startswith(kind)}
        for kind in ("weight/", "gradient/")
    )
    per_window = bool(case["per_window"])
    network = PublishedNetwork(
        y.shape[1],
        steps=4,
        prior_hidden=len(weights["prior.encode.bias"]),
        memory_hidden=len(weights["memory.gates.bias"]) // 4,
        per_window=per_window,
        floor=0.01 if per_window else 0.0,
    ).to(y.dtype)
    network.load_state_dict(weights)

    results = {"map": network.eval()(y, mask)}
    loss = squared_loss(network.train()(y, mask), truth)
    loss.backward()
    results["loss"] = loss
    results |= {f"gradient/{name}": p.grad.clone() for name, p in network.named_parameters()}
    for name, p in network.named_parameters():
        p.grad = gradients[name].clone()
    step(network, torch.optim.Adam(network.groups(RATE, PRIOR_RATE)))
    results |= {f"step/{name}": p.detach().clone() for name, p in network.named_parameters()}
    network.load_state_dict(weights)
    update(network, torch.optim.Adam(network.groups(RATE, PRIOR_RATE)), y, mask, truth)
    results |= {f"whole step/{name}": p for name, p in network.named_parameters()}

    largest: dict[str, float] = {}
    for name, result in results.items():
        expected = case[name]
        difference = np.abs(result.detach().numpy() - expected).max() / np.abs(expected).max()
        kind = name.split("/")[0]
        largest[kind] = float(np.maximum(largest.get(kind, 0.0), difference))  # max() would drop a NaN
    print("  " + "  ".join(f"{kind} {value:.1e}" for kind, value in largest.items()))
    compared = [value for kind, value in largest.items() if kind != "whole step" or y.dtype == torch.float64]
    return int(not all(value <= tolerance for value in compared))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
