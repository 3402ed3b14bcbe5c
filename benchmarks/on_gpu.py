"""Speed, memory, largest batch and kernels of the published network in xdvn and in PyTorch on one GPU.

    python benchmarks/on_gpu.py [--torch PYTHON] [--parts compare largest profile] [--precisions float32 tf32 bf16]

Windows are 15 x 240 x 240 and K = 10. As in ``speed.py``, each library runs in its own process, in alternation; time is
wall time until the result is available. ``float32`` computes products and convolutions in full precision, ``tf32``
rounds their factors to 10 bits (the default of JAX) and ``bf16`` to 7 bits (PyTorch: autocast). PyTorch runs as
published and in the other ways of ``--torch-ways``; the fastest one is the reference. Memory is the peak of each
library's allocator, without compilation. Fractions are relative to the product of two large matrices of the same
precision in the same run. ``largest`` searches the largest batch of a training that fits the memory, to within a tenth;
``profile`` sums the time of kernels.
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

from speed import HERE, Process, alternate, time_processes

sys.path.insert(0, str(HERE / "peer"))

from protocol import Task  # noqa: E402  (in the folder of this script, imported by both environments)

BASE = Task("", batch=4, rows=240, columns=240, device="gpu")
MATRIX = Task("sgemm", rows=8192, device="gpu")
# Words in the names of kernels. The first match counts, since the names of layout changes also contain "cudnn".
KINDS = {
    "changes of layout": ("nchwtonhwc", "nhwctonchw", "transpose", "addpadding", "converttensor"),
    "convolutions and products": ("convol", "gemm", "xmma", "cutlass", "dgrad", "wgrad", "fprop", "cublas", "cudnn"),
    "copies": ("memcpy", "copy", "memset", "concat", "slice", "catarray"),
}
# Variants of PyTorch: as in the published code, with channels last, or with cuDNN's search for the fastest algorithm.
WAYS: dict[str, dict[str, Any]] = {
    "published": {},
    "channels last": {"layout": "last"},
    "searched": {"searched": True},
}
Side = tuple[str, str, dict[str, Any]]
"""Interpreter, script, and changes of the task."""
OTHER = "element-wise work and sums"


def sides(python: str | None, ways: list[str]) -> dict[str, Side]:
    """Return the libraries and variants by name, xdvn first."""
    torch = {f"PyTorch, {way}": (python, "work_torch.py", WAYS[way]) for way in ways}
    return {"xdvn": (sys.executable, "work_xdvn.py", {}), **(torch if python else {})}


def start(side: Side, task: Task, *, alone: bool = False) -> Process:
    """Start the process of one library."""
    python, script, way = side
    return Process(python, script, dataclasses.replace(task, **way), alone=alone)


def peak_of(side: Side, precision: str) -> float:
    """Return the GFLOP/s of a product of two large matrices."""
    process = start(side, dataclasses.replace(MATRIX, precision=precision))
    return MATRIX.flops / time_processes({"product": process}, 20)["product"]["wall_min"] / 1e6


def largest(side: Side, task: Task, used: float, total: float) -> tuple[int, dict[str, float] | None]:
    """Return the largest batch that fits, and its times; ``used`` is the memory of the task's batch."""
    upper = int(task.batch * total / used)
    for share in (0.93, 0.88, 0.83):
        batch = int(share * upper)
        try:
            process = start(side, dataclasses.replace(task, batch=batch), alone=True)
            return batch, time_processes({"": process}, 3)[""]
        except RuntimeError:
            continue
    return 0, None


def row(task: Task, name: str, result: dict[str, float], fastest: float, peak: float) -> str:
    """Return one result as a row of Markdown; ``fastest`` is PyTorch's windows per second."""
    rate = 1e3 * task.batch / result["wall_min"]
    cells = [
        task.precision, task.kind, task.batch, name, f"{result['wall_min']:.1f} ({result['wall_median']:.1f})",
        f"{rate:.1f}", f"{rate / fastest:.2f}", f"{result['peak']:.0f}",
        ", ".join(f"{result[when]:.1f}" for when in ("first", "warm") if when in result),
        f"{task.flops / result['wall_min'] / 1e6 / peak:.0%}",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def summary(name: str, task: Task, kernels: dict[str, float]) -> str:
    """Return the time of one run by kind of kernel, and the longest kernels."""
    total = sum(kernels.values())
    shares = dict.fromkeys([*KINDS, OTHER], 0.0)
    for kernel, duration in kernels.items():
        shares[kind(kernel)] += duration / total
    parts = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    lines = [f"{task.precision} {task.kind}, {name}: {total:.1f} ms in {len(kernels)} kernels; {parts}"]
    longest = sorted(kernels.items(), key=lambda item: -item[1])[:14]
    return "\n".join(lines + [f"    {duration:8.2f} ms  {kernel[:110]}" for kernel, duration in longest])


def kind(kernel: str) -> str:
    """Return the kind of a kernel from its name."""
    return next((k for k, words in KINDS.items() if any(word in kernel.lower() for word in words)), OTHER)


def about() -> dict[str, Any]:
    """Return the name, the memory [MB] and the driver of the GPU."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    name, memory, driver = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(",")
    return {"gpu": name, "memory": float(memory) * 1.048576, "driver": driver.strip()}


HEADER = (
    "| precision | task | windows | library | ms, min (median) | windows/s | ratio to the faster PyTorch | MB "
    "| first s, from disk | share of peak |\n|" + "---|" * 10
)


def main() -> None:
    """Run the selected measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", default=os.environ.get("XDVN_BENCH_TORCH"), help="Python interpreter with torch")
    parser.add_argument(
        "--parts", nargs="+", default=["compare"], choices=["compare", "largest", "profile"], help="measurements"
    )
    parser.add_argument("--precisions", nargs="+", default=["float32", "tf32", "bf16"], help="precisions")
    parser.add_argument("--kinds", nargs="+", default=["train", "infer"], help="train, infer")
    parser.add_argument(
        "--torch-ways", nargs="+", default=["published", "searched"], choices=list(WAYS), help="variants of PyTorch"
    )
    parser.add_argument("--rounds", type=int, default=10, help="runs per library (default: 10)")
    parser.add_argument("--out", type=Path, default=Path("out/on_gpu.json"), help="JSON file of the results")
    options = parser.parse_args()
    libraries = sides(options.torch, options.torch_ways)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    # An empty cache for this run, so that the first process of each task compiles.
    programs = tempfile.TemporaryDirectory()
    os.environ["JAX_COMPILATION_CACHE_DIR"] = programs.name
    results: dict[str, Any] = {"about": about(), "peaks": {}, "rows": [], "kernels": []}
    print(f"{results['about']}\n{HEADER}", flush=True)
    for precision in options.precisions:
        peak = results["peaks"][precision] = peak_of(list(libraries.values())[-1], precision)
        for task_kind in options.kinds:
            try:
                measure(libraries, dataclasses.replace(BASE, kind=task_kind, precision=precision), options, results)
            except RuntimeError as error:  # a process ended; the other tasks can still run
                print(f"{precision} {task_kind}: {error}", flush=True)
            options.out.write_text(json.dumps(results, indent=1))
        print(f"{precision}: products of matrices {peak / 1e3:.0f} TFLOP/s", flush=True)


def measure(libraries: dict[str, Side], task: Task, options: argparse.Namespace, results: dict[str, Any]) -> None:
    """Measure one task and add its results."""
    peak = results["peaks"][task.precision]
    processes: dict[str, Process] = {}
    try:
        # One after the other, since both libraries try kernels on the GPU in their first run.
        for name, side in libraries.items():
            processes[name] = start(side, task)
            processes[name].wait()
        # Restart xdvn from its compilation cache, so that the peak memory does not include compilation.
        compiled = processes["xdvn"]
        cold = compiled.first["first"]
        compiled.kill()
        processes["xdvn"] = start(libraries["xdvn"], task)
        alternate(processes, options.rounds)
        if "profile" in options.parts:
            for name, process in processes.items():
                process.kernels()  # the first run of a profiler is slower than others
                kernels = process.kernels()
                results["kernels"].append({"side": name, **dataclasses.asdict(task), "ms": kernels})
                print(summary(name, task, kernels), flush=True)
        times = {name: process.close() for name, process in processes.items()}
        times["xdvn"]["warm"] = times["xdvn"]["first"]
        times["xdvn"]["first"] = cold
    finally:
        for process in processes.values():
            process.kill()
    report({name: (task, result) for name, result in times.items()}, peak, results)
    if "largest" in options.parts and task.kind == "train":
        memory = results["about"]["memory"]
        batches = {name: largest(libraries[name], task, result["peak"], memory) for name, result in times.items()}
        fitting = {n: (dataclasses.replace(task, batch=b), result) for n, (b, result) in batches.items() if result}
        report(fitting, peak, results)


def report(times: dict[str, tuple[Task, dict[str, float]]], peak: float, results: dict[str, Any]) -> None:
    """Print rows and add them to the results."""
    rates = {name: 1e3 * task.batch / result["wall_min"] for name, (task, result) in times.items()}
    fastest = max((rate for name, rate in rates.items() if name != "xdvn"), default=float("nan"))
    for name, (task, result) in times.items():
        print(row(task, name, result, fastest, peak), flush=True)
        results["rows"].append({"side": name, **dataclasses.asdict(task), **result, "flops": task.flops})


if __name__ == "__main__":
    main()
