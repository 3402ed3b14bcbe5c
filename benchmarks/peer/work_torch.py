"""The PyTorch process of a comparison: ``python work_torch.py TASK`` with a task as JSON (see ``protocol``)."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from network import PublishedNetwork, squared_loss
from protocol import CLIP, PRIOR_RATE, RATE, Task, serve


def prepare(task: Task) -> Callable[[], object]:
    """Return the function to time."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    device = torch.device("cuda" if task.device == "gpu" else "cpu")
    torch.backends.cudnn.benchmark = task.searched
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = task.precision == "tf32"
    half = torch.autocast(device.type, torch.bfloat16, enabled=task.precision == "bf16")
    if task.kind == "sgemm":
        a = torch.rand(task.rows, task.rows, device=device)
        b = a.bfloat16() if task.precision == "bf16" else a

        def product() -> None:
            b @ b
            _wait(device)

        return product
    torch.manual_seed(0)
    network = PublishedNetwork(task.channels, task.steps, detached_memory=task.network == "detached").to(device)
    y, mask, truth = (torch.from_numpy(a).to(device) for a in task.data())
    if task.layout == "last":
        network = network.to(memory_format=torch.channels_last)
        y, mask, truth = (a.contiguous(memory_format=torch.channels_last) for a in (y, mask, truth))
    if task.kind == "infer":
        network.eval()

        def infer() -> np.ndarray:
            with torch.no_grad(), half:
                return network(y, mask).detach().float().cpu().numpy()

        return infer

    optimiser = torch.optim.Adam(network.groups(RATE, PRIOR_RATE))

    def train() -> float:
        return update(network, optimiser, y, mask, truth, half)

    return train


def update(
    network: PublishedNetwork,
    optimiser: torch.optim.Optimizer,
    y: torch.Tensor,
    mask: torch.Tensor,
    truth: torch.Tensor,
    precision: AbstractContextManager[object] | None = None,
) -> float:
    """Make one step of Adam on a batch and return the loss before it."""
    network.train()
    optimiser.zero_grad()
    with precision or nullcontext():
        loss = squared_loss(network(y, mask), truth)
    loss.backward()
    step(network, optimiser)
    return float(loss.detach())


def step(network: PublishedNetwork, optimiser: torch.optim.Optimizer) -> None:
    """Make one step of Adam with the stored gradients."""
    torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
    optimiser.step()


class Cuda:
    """PyTorch on a GPU (see ``protocol.Gpu``)."""

    def peak(self) -> float:
        """Return the peak memory of PyTorch's allocator [MB]."""
        return torch.cuda.max_memory_allocated() / 1e6

    def kernels(self, run: Callable[[], object]) -> dict[str, float]:
        """Run once and return the milliseconds of every kernel by name."""
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            run()
        return {kernel.key: kernel.self_device_time_total / 1e3 for kernel in profile.key_averages()}


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    serve(prepare, Cuda())
