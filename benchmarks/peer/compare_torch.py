"""The PyTorch half of ``equality.py``: ``python compare_torch.py CASE.npz TOLERANCE``.

A step of Adam is taken twice: from equal gradients ("step"), and whole, each side from its own ("whole step"). Adam
divides a gradient by its size, and below its epsilon of 1e-8 a gradient in single precision is rounding: the whole step
then shows how two libraries round, not whether they do the same. It is held to the tolerance in double precision only.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from network import PublishedNetwork, resolve_loss
from protocol import PRIOR_RATE, RATE
from work_torch import step, update


def main(path: str, tolerance: float) -> int:
    """Compute the case, print the largest differences, return 1 if one is above the tolerance."""
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

    found = {"map": network.eval()(y, mask)}
    loss = resolve_loss(network.train()(y, mask), truth)
    loss.backward()
    found["loss"] = loss
    found |= {f"gradient/{name}": p.grad.clone() for name, p in network.named_parameters()}
    for name, p in network.named_parameters():
        p.grad = gradients[name].clone()
    step(network, torch.optim.Adam(network.groups(RATE, PRIOR_RATE)))
    found |= {f"step/{name}": p.detach().clone() for name, p in network.named_parameters()}
    network.load_state_dict(weights)
    update(network, torch.optim.Adam(network.groups(RATE, PRIOR_RATE)), y, mask, truth)
    found |= {f"whole step/{name}": p for name, p in network.named_parameters()}

    worst: dict[str, float] = {}
    for name, ours in found.items():
        theirs = case[name]
        difference = np.abs(ours.detach().numpy() - theirs).max() / np.abs(theirs).max()
        kind = name.split("/")[0]
        worst[kind] = float(np.maximum(worst.get(kind, 0.0), difference))  # keeps a NaN, as max() would not
    print("  " + "  ".join(f"{kind} {value:.1e}" for kind, value in worst.items()))
    withheld = [value for kind, value in worst.items() if kind != "whole step" or y.dtype == torch.float64]
    return int(not all(value <= tolerance for value in withheld))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
