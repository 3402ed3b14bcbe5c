"""What the two sides of a comparison share: tasks, their data, and the loop of a process that is timed on request.

A process prepares one task, runs it once (which compiles) and then once for every line it reads, and answers each with
one line of JSON: wall seconds, CPU seconds of all its threads, and the peak of its memory. The one who asks can so
interleave two processes, run by run. Asked to "profile" it runs once more under its library's profiler. Nothing but
NumPy and the standard library is imported here, because each side lives in its own environment.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

__all__ = ["CLIP", "PRIOR_RATE", "RATE", "Gpu", "Task", "serve"]

RATE, PRIOR_RATE, CLIP = 1e-3, 0.5, 0.5
"""Adam's rate, the prior's share of it and the bound on the gradient, on both sides, as published."""


@dataclass(frozen=True)
class Task:
    """One thing to time: ``train`` (an update), ``infer`` (a solve) or ``sgemm`` (a product of square matrices).

    Windows are batch x channels x rows x columns; 8 % of their cells are observed. ``precision``, that of products and
    convolutions alone, is ``float32``, on a GPU also ``tf32`` or ``bf16``. PyTorch keeps channels ``first``, as
    published, or ``last``, and may let cuDNN search for the fastest convolutions.
    """

    kind: str
    batch: int = 1
    channels: int = 15
    rows: int = 64
    columns: int = 64
    steps: int = 10
    network: str = "reference"
    device: str = "cpu"
    precision: str = "float32"
    layout: str = "first"
    searched: bool = False

    def data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return observations, mask and truth, channels first; the same numbers on both sides."""
        rng = np.random.default_rng(0)
        shape = (self.batch, self.channels, self.rows, self.columns)
        truth = rng.normal(size=shape).astype(np.float32)
        mask = rng.random(shape) < 0.08
        return np.where(mask, truth + 0.1 * rng.normal(size=shape), 0).astype(np.float32), mask, truth

    @property
    def flops(self) -> float:
        """Floating-point operations of the convolutions of the published network (two for a product and its sum).

        Gates and output of the LSTM at full resolution, the prior at half. A step computes the prior forward and
        backward; a training step costs three times a forward pass.
        """
        if self.kind == "sgemm":
            return 2.0 * self.rows**3
        wide, deep, c = 48, 32, self.channels
        lstm = 9 * ((c + wide) * 4 * wide + wide * c)
        prior = 9 * (c * deep + deep * deep + deep * 3 * deep + 2 * deep * c) / 4
        passes = 3 if self.kind == "train" else 1
        last = 0 if self.kind == "train" else prior
        return 2.0 * self.batch * self.rows * self.columns * (passes * self.steps * (lstm + 2 * prior) + last)

    def to_json(self) -> str:
        """Return the task as one argument of a command line."""
        return json.dumps(asdict(self))


class Gpu(Protocol):
    """What a library reports about its work on a GPU."""

    def peak(self) -> float:
        """Return the most memory that was ever in use [MB]."""
        ...

    def kernels(self, run: Callable[[], object]) -> dict[str, float]:
        """Run once and return the milliseconds of every kernel by its name."""
        ...


def serve(prepare: Callable[[Task], Callable[[], object]], gpu: Gpu) -> None:
    """Run one task on request; call it after everything has been imported."""
    task = Task(**json.loads(sys.argv[1]))
    bare = _memory("VmRSS")

    def peak() -> float:
        return gpu.peak() if task.device == "gpu" else _memory("VmHWM") - bare

    run = prepare(task)
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    first = {"first": time.perf_counter() - wall, "first_cpu": time.process_time() - cpu}
    _say({**first, "first_peak": peak()})
    for line in map(str.strip, sys.stdin):
        if not line:
            break
        if line == "profile":
            _say(gpu.kernels(run))
            continue
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        _say({"wall": wall, "cpu": cpu, "peak": peak()})


def _memory(field: str) -> float:
    """Memory of this process [MB], as the kernel counts it."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1e3 if found else float("nan")


def _say(make_solution: dict[str, float]) -> None:
    print(json.dumps(make_solution), flush=True)
