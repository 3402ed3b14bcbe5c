"""Training of the published network in PyTorch: ``python train_torch.py WINDOWS.npz MAPS.npz MINUTES``.

The recipe is the published one: batches of 4, Adam with two rates that decay as a cosine, clipped gradients, dropout of
0.1. The loss and its weights are those of xdvn, on the same windows, augmented by their negatives. That loss does not
constrain phi, so the map is x and not phi(x). About every 20 seconds of training, the evaluation windows are mapped,
which does not count as training time. Runs on a GPU if available.
"""

from __future__ import annotations

import math
import os
import sys
import time

import numpy as np
import torch
from network import PublishedNetwork
from protocol import CLIP, PRIOR_RATE, RATE

BATCH, EVERY = 4, 20.0
CLOCK = time.process_time if os.environ.get("XDVN_BENCH_CLOCK") == "cpu" else time.perf_counter


def weighted_loss(x: torch.Tensor, truth: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean squared error of the field and of its differences."""
    error = x - truth
    loss = (weight * error.square()).sum() / weight.sum()
    for axis in (2, 3):
        n = error.shape[axis]
        pairs = torch.minimum(weight.narrow(axis, 1, n - 1), weight.narrow(axis, 0, n - 1))
        loss = loss + (pairs * error.diff(dim=axis).square()).sum() / pairs.sum()
    return loss


def main(windows: str, maps: str, minutes: float) -> None:
    """Train for a number of minutes and write the maps made during training."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = {name: torch.from_numpy(a) for name, a in np.load(windows).items()}
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    network = PublishedNetwork(data["y"].shape[1], steps=10, dropout=0.1, projects=False).to(device)
    optimiser = torch.optim.Adam(network.groups(RATE, PRIOR_RATE))
    rates = [group["lr"] for group in optimiser.param_groups]
    spent, updates, results = 0.0, 0, {}
    while spent < 60 * minutes:
        began = CLOCK()
        chosen = torch.randint(len(data["y"]), (BATCH,))
        sign = torch.where(torch.rand(BATCH, 1, 1, 1) < 0.5, -1.0, 1.0)
        y, truth = ((sign * data[name][chosen]).to(device) for name in ("y", "truth"))
        mask, weight = (a.to(device) for a in (data["mask"][chosen], data["window"] * data["scored"][chosen]))
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * (1 + math.cos(math.pi * spent / (60 * minutes))) / 2
        network.train()
        optimiser.zero_grad()
        loss = weighted_loss(network(y, mask), truth, weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        value = float(loss.detach())  # synchronises with a GPU
        updates += 1
        before, spent = spent, spent + CLOCK() - began
        if spent // EVERY > before // EVERY or spent >= 60 * minutes:
            results[f"{spent:.1f}"] = solve(network.eval(), data["evaluation_y"], data["evaluation_mask"])
            print(f"  {spent:5.0f} s  {updates} updates  loss {value:.4f}", flush=True)
    np.savez(maps, **results)


def solve(network: PublishedNetwork, y: torch.Tensor, mask: torch.Tensor) -> np.ndarray:
    """Solve window by window, since the published means over a batch would couple windows."""
    device = next(network.parameters()).device
    with torch.no_grad():
        pairs = zip(y.to(device), mask.to(device), strict=True)
        return torch.cat([network(a[None], b[None]).detach() for a, b in pairs]).cpu().numpy()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
