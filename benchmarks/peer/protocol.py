"""Tasks, their data, and the loop of a process that runs and times a task on request, common to both libraries.

A process prepares one task and runs it once, which compiles. For every line it reads it runs the task and prints one
line of JSON: wall seconds, CPU seconds of all its threads, and peak memory. Two processes can therefore run in
alternation. For the line "profile" it runs with the profiler of its library. This module imports only NumPy and the
standard library, because each library has its own environment.
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
"""Adam's rate, the factor of the prior's rate and the bound on the gradient, as published."""


@dataclass(frozen=True)
class Task:
    """Task to time: ``train`` (an update), ``infer`` (a solve) or ``sgemm`` (a product of square matrices).

    Windows are batch x channels x rows x columns; 8 % of their cells are observed. ``precision`` is that of products
    and convolutions: ``float32``, on a GPU also ``tf32`` or ``bf16``. ``layout`` of PyTorch is channels ``first``, as
    published, or ``last``; ``searched`` enables cuDNN's search for the fastest convolutions.
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
        """Return observations, mask and truth, channels first; the same numbers for both libraries."""
        rng = np.random.default_rng(0)
        shape = (self.batch, self.channels, self.rows, self.columns)
        truth = rng.normal(size=shape).astype(np.float32)
        mask = rng.random(shape) < 0.08
        return np.where(mask, truth + 0.1 * rng.normal(size=shape), 0).astype(np.float32), mask, truth

    @property
    def flops(self) -> float:
        """Floating-point operations of the convolutions of the published network (two for a multiplication and sum).

        The LSTM is at full resolution, the prior at half. A step computes the prior forward and backward; a training
        step costs three times a forward pass.
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
    """Interface of a library's measurements on a GPU."""

    def peak(self) -> float:
        """Return the peak memory [MB]."""
        ...

    def kernels(self, run: Callable[[], object]) -> dict[str, float]:
        """Run once and return the milliseconds of every kernel by name."""
        ...


def serve(prepare: Callable[[Task], Callable[[], object]], gpu: Gpu) -> None:
    """Run one task on request, after all imports."""
    task = Task(**json.loads(sys.argv[1]))
    bare = _memory("VmRSS")

    def peak() -> float:
        return gpu.peak() if task.device == "gpu" else _memory("VmHWM") - bare

    run = prepare(task)
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    first = {"first": time.perf_counter() - wall, "first_cpu": time.process_time() - cpu}
    _print_json({**first, "first_peak": peak()})
    for line in map(str.strip, sys.stdin):
        if not line:
            break
        if line == "profile":
            _print_json(gpu.kernels(run))
            continue
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        _print_json({"wall": wall, "cpu": cpu, "peak": peak()})


def _memory(field: str) -> float:
    """Return a memory value of this process from /proc [MB]."""
    match = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) / 1e3 if match else float("nan")


def _print_json(values: dict[str, float]) -> None:
    print(json.dumps(values), flush=True)
