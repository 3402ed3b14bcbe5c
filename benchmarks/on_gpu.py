"""The published network in xdvn and in PyTorch on one GPU: speed, memory, what fits, and where the time goes.

    python benchmarks/on_gpu.py [--torch PYTHON] [--parts compare largest profile] [--precisions float32 tf32 bf16]

Windows of 15 x 240 x 240, K = 10, as ``speed.py`` measures them on CPUs: each side in a fresh process, run by run in
turn, wall time until the result is there. ``float32`` computes products and convolutions in full, ``tf32`` lets the
GPU round their factors to 10 bits (what JAX does by default), ``bf16`` rounds them to 7 (PyTorch: autocast).
PyTorch is timed as published and in the ways that are asked for (``--torch-ways``); the fastest counts. Memory is the
peak that each library's allocator had in use, compiling aside. A product of two large matrices of the same precision,
in the same run, is the peak that shares refer to. ``largest`` finds the largest batch of a training that fits, to
within a tenth, each side alone on the GPU; ``profile`` sums the time of kernels.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from speed import HERE, Process, run_in_turn, turn_about

sys.path.insert(0, str(HERE / "peer"))

from protocol import Task  # noqa: E402  (in the folder of this script, imported by both environments)

BASE = Task("", batch=4, rows=240, columns=240, device="gpu")
MATRIX = Task("sgemm", rows=8192, device="gpu")
# Words in the names of kernels; the first match in a name counts: cuDNN's changes of layout are called after it.
KINDS = {
    "changes of layout": ("nchwtonhwc", "nhwctonchw", "transpose", "addpadding", "converttensor"),
    "convolutions and products": ("convol", "gemm", "xmma", "cutlass", "dgrad", "wgrad", "fprop", "cublas", "cudnn"),
    "copies": ("memcpy", "copy", "memset", "concat", "slice", "catarray"),
}
# How PyTorch may do it: as the published code does, with channels last, or with cuDNN searching for the fastest.
WAYS: dict[str, dict[str, Any]] = {
    "published": {},
    "channels last": {"layout": "last"},
    "searched": {"searched": True},
}
Side = tuple[str, str, dict[str, Any]]
"""Interpreter, script, and what is different about the task."""
OTHER = "element-wise work and sums"


def sides(python: str | None, ways: list[str]) -> dict[str, Side]:
    """Name the sides, xdvn first."""
    torch = {f"PyTorch, {way}": (python, "work_torch.py", WAYS[way]) for way in ways}
    return {"xdvn": (sys.executable, "work_xdvn.py", {}), **(torch if python else {})}


def started(side: Side, task: Task, *, alone: bool = False) -> Process:
    """Start one side of a task."""
    python, script, way = side
    return Process(python, script, dataclasses.replace(task, **way), alone=alone)


def peak_of(side: Side, precision: str) -> float:
    """GFLOP/s of a product of two large matrices."""
    process = started(side, dataclasses.replace(MATRIX, precision=precision))
    return MATRIX.flops / turn_about({"product": process}, 20)["product"]["wall_min"] / 1e6


def largest(side: Side, task: Task, few: float, total: float) -> tuple[int, dict[str, float] | None]:
    """Try batches, 5 % smaller each time, until one fits; ``few`` is the memory of the task's own batch."""
    most = int(task.batch * total / few)
    for share in (0.93, 0.88, 0.83):
        batch = int(share * most)
        try:
            process = started(side, dataclasses.replace(task, batch=batch), alone=True)
            return batch, turn_about({"": process}, 3)[""]
        except RuntimeError:
            continue
    return 0, None


def row(task: Task, name: str, result: dict[str, float], fastest: float, peak: float) -> str:
    """Return one result as a row of Markdown; ``fastest`` is PyTorch's windows a second."""
    rate = 1e3 * task.batch / result["wall_min"]
    cells = [
        task.precision, task.kind, task.batch, name, f"{result['wall_min']:.1f} ({result['wall_median']:.1f})",
        f"{rate:.1f}", f"{rate / fastest:.2f}", f"{result['peak']:.0f}",
        ", ".join(f"{result[when]:.1f}" for when in ("first", "warm") if when in result),
        f"{task.flops / result['wall_min'] / 1e6 / peak:.0%}",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def summary(name: str, task: Task, kernels: dict[str, float]) -> str:
    """Say where the time of one run goes, by kind and by the longest kernels."""
    total = sum(kernels.values())
    shares = dict.fromkeys([*KINDS, OTHER], 0.0)
    for kernel, spent in kernels.items():
        shares[kind(kernel)] += spent / total
    reported = ", ".join(f"{what} {share:.0%}" for what, share in shares.items())
    lines = [f"{task.precision} {task.kind}, {name}: {total:.1f} ms in {len(kernels)} kinds of kernels; {reported}"]
    longest = sorted(kernels.items(), key=lambda item: -item[1])[:14]
    return "\n".join(lines + [f"    {spent:8.2f} ms  {kernel[:110]}" for kernel, spent in longest])


def kind(kernel: str) -> str:
    """Say what a kernel does, by its name."""
    return next((k for k, words in KINDS.items() if any(word in kernel.lower() for word in words)), OTHER)


def about() -> dict[str, Any]:
    """Name the GPU and its memory [MB]."""
    asked = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    name, memory, driver = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split(",")
    return {"gpu": name, "memory": float(memory) * 1.048576, "driver": driver.strip()}


HEADER = (
    "| precision | what | windows | side | ms, min (median) | windows/s | ratio to the faster PyTorch | MB "
    "| first s, from disk | share of peak |\n|" + "---|" * 10
)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", default=os.environ.get("XDVN_BENCH_TORCH"), help="a Python with torch for GPUs")
    parser.add_argument("--parts", nargs="+", default=["compare"], choices=["compare", "largest", "profile"])
    parser.add_argument("--precisions", nargs="+", default=["float32", "tf32", "bf16"])
    parser.add_argument("--kinds", nargs="+", default=["train", "infer"])
    parser.add_argument("--torch-ways", nargs="+", default=["published", "searched"], choices=list(WAYS))
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("out/on_gpu.json"))
    given = parser.parse_args()
    every = sides(given.torch, given.torch_ways)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    # A folder for the programs of this run: each is compiled once, by a process that is timed for it.
    programs = tempfile.TemporaryDirectory()
    os.environ["JAX_COMPILATION_CACHE_DIR"] = programs.name
    found: dict[str, Any] = {"about": about(), "peaks": {}, "rows": [], "kernels": []}
    print(f"{found['about']}\n{HEADER}", flush=True)
    for precision in given.precisions:
        peak = found["peaks"][precision] = peak_of(list(every.values())[-1], precision)
        for what in given.kinds:
            try:
                measure(every, dataclasses.replace(BASE, kind=what, precision=precision), given, found)
            except RuntimeError as error:  # one side's process ended: the others' tasks are still worth their time
                print(f"{precision} {what}: {error}", flush=True)
            given.out.write_text(json.dumps(found, indent=1))
        print(f"{precision}: products of matrices {peak / 1e3:.0f} TFLOP/s", flush=True)


def measure(every: dict[str, Side], task: Task, given: argparse.Namespace, found: dict[str, Any]) -> None:
    """Measure one task and add what was found."""
    peak = found["peaks"][task.precision]
    processes: dict[str, Process] = {}
    try:
        # One by one: both libraries try kernels on the GPU in their first run.
        for name, side in every.items():
            processes[name] = started(side, task)
            processes[name].wait()
        # What compiling takes is no part of a run: the memory is that of a process which finds its programs on disk.
        compiled = processes["xdvn"]
        cold = compiled.first["first"]
        compiled.kill()
        processes["xdvn"] = started(every["xdvn"], task)
        run_in_turn(processes, given.rounds)
        if "profile" in given.parts:
            for name, process in processes.items():
                process.kernels()  # a profiler's first run is slower than others
                kernels = process.kernels()
                found["kernels"].append({"side": name, **dataclasses.asdict(task), "ms": kernels})
                print(summary(name, task, kernels), flush=True)
        results = {name: process.close() for name, process in processes.items()}
        results["xdvn"]["warm"] = results["xdvn"]["first"]
        results["xdvn"]["first"] = cold
    finally:
        for process in processes.values():
            process.kill()
    report({name: (task, each) for name, each in results.items()}, peak, found)
    if "largest" in given.parts and task.kind == "train":
        memory = found["about"]["memory"]
        tried = {name: largest(every[name], task, each["peak"], memory) for name, each in results.items()}
        fitting = {n: (dataclasses.replace(task, batch=b), each) for n, (b, each) in tried.items() if each}
        report(fitting, peak, found)


def report(results: dict[str, tuple[Task, dict[str, float]]], peak: float, found: dict[str, Any]) -> None:
    """Print rows and keep them."""
    rates = {name: 1e3 * task.batch / each["wall_min"] for name, (task, each) in results.items()}
    fastest = max((rate for name, rate in rates.items() if name != "xdvn"), default=float("nan"))
    for name, (task, each) in results.items():
        print(row(task, name, each, fastest, peak), flush=True)
        found["rows"].append({"side": name, **dataclasses.asdict(task), **each, "flops": task.flops})


if __name__ == "__main__":
    main()
