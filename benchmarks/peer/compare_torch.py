"""The PyTorch half of ``equality.py``: ``python compare_torch.py CASE.npz TOLERANCE``."""

from __future__ import annotations

import sys

import numpy as np
import torch
from network import PublishedNetwork, loss_of
from protocol import PRIOR_RATE, RATE
from work_torch import update


def main(path: str, tolerance: float) -> int:
    """Compute the case, print the largest differences, return 1 if one is above the tolerance."""
    case = dict(np.load(path))
    y, mask, truth = (torch.from_numpy(case[name]) for name in ("y", "mask", "truth"))
    weights = {name.removeprefix("weight/"): torch.from_numpy(a) for name, a in case.items() if "weight/" in name}
    per_window = bool(case["per_window"])
    net = PublishedNetwork(
        y.shape[1],
        steps=4,
        prior_hidden=len(weights["prior.encode.bias"]),
        memory_hidden=len(weights["memory.gates.bias"]) // 4,
        per_window=per_window,
        floor=0.01 if per_window else 0.0,
    ).to(y.dtype)
    net.load_state_dict(weights)

    found = {"map": net.eval()(y, mask)}
    loss = loss_of(net.train()(y, mask), truth)
    loss.backward()
    found["loss"] = loss
    found |= {f"gradient/{name}": p.grad.clone() for name, p in net.named_parameters()}
    update(net, torch.optim.Adam(net.groups(RATE, PRIOR_RATE)), y, mask, truth)
    found |= {f"after/{name}": p for name, p in net.named_parameters()}

    worst: dict[str, float] = {}
    for name, ours in found.items():
        theirs = case[name]
        difference = np.abs(ours.detach().numpy() - theirs).max() / np.abs(theirs).max()
        kind = name.split("/")[0]
        worst[kind] = max(worst.get(kind, 0.0), float(difference))
    print("  " + "  ".join(f"{kind} {value:.1e}" for kind, value in worst.items()))
    return int(max(worst.values()) > tolerance)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
