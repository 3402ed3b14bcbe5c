"""The PyTorch side of a comparison: ``python work_torch.py TASK`` with a task as JSON (see ``protocol``)."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from network import PublishedNetwork, loss_of
from protocol import CLIP, PRIOR_RATE, RATE, Task, serve


def prepare(task: Task) -> Callable[[], object]:
    """Return what is timed."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if task.kind == "sgemm":
        a = torch.rand(task.rows, task.rows)
        return lambda: a @ a
    torch.manual_seed(0)
    net = PublishedNetwork(task.channels, task.steps, detached_memory=task.network == "detached")
    y, mask, truth = map(torch.from_numpy, task.data())
    if task.kind == "infer":
        net.eval()

        def infer() -> np.ndarray:
            with torch.no_grad():
                return net(y, mask).detach().numpy()

        return infer

    optimiser = torch.optim.Adam(net.groups(RATE, PRIOR_RATE))

    def train() -> float:
        return update(net, optimiser, y, mask, truth)

    return train


def update(
    net: PublishedNetwork,
    optimiser: torch.optim.Optimizer,
    y: torch.Tensor,
    mask: torch.Tensor,
    truth: torch.Tensor,
) -> float:
    """Make one step of Adam on a batch and return the loss before it."""
    net.train()
    optimiser.zero_grad()
    loss = loss_of(net(y, mask), truth)
    loss.backward()
    step(net, optimiser)
    return float(loss.detach())


def step(net: PublishedNetwork, optimiser: torch.optim.Optimizer) -> None:
    """Make one step of Adam from the gradients that the network has."""
    torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
    optimiser.step()


if __name__ == "__main__":
    serve(prepare)
