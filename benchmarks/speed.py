"""Speed of the published network in xdvn and in PyTorch, with the same equations.

    python benchmarks/speed.py [--torch PYTHON] [--quick] [--sizes small mid base] [--parts compare growth classical]

Each library runs in its own process (``peer/``), prepared once and then timed in alternation, in reversed order every
round: on one pinned core by CPU time, and on two cores by wall time, which is unreliable if other programs run
(``--cores 1`` omits it). Memory is the peak above that of the imported libraries, compilation included. The product of
two large matrices in the same run measures the peak speed of the machine. Results are written to ``--out`` as JSON
(parts that are not measured are unchanged) and printed as Markdown. Each comparison adds a line to ``--history``; a
value worse than the best one there is reported as a regression.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import functools
import json
import math
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peer"))

from protocol import Task  # noqa: E402  (in the folder of this script, imported by both environments)

SIZES = {
    "small": Task("", batch=2, rows=64, columns=64, steps=5),
    "mid": Task("", batch=2, rows=128, columns=128, steps=10),
    "base": Task("", batch=1, rows=240, columns=240, steps=10),
}
ROUNDS = {"small": 15, "mid": 5, "base": 3}
MATRIX = 2048
WORSE = 1.15  # a value worse than the best one by this factor is a regression


class Process:
    """Process of one library for one task, on a number of cores (default: all).

    It starts its preparation when it is constructed; methods wait for it. ``alone``: the process may reserve the memory
    of the GPU.
    """

    def __init__(self, python: str, script: str, task: Task, cores: int | None = None, *, alone: bool = False) -> None:
        use = set(sorted(os.sched_getaffinity(0))[:cores])
        # One thread per core.
        threads = {name: str(len(use)) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        platform = {"JAX_PLATFORMS": "cpu"}
        if task.device == "gpu":
            # By default, JAX reserves three quarters of a GPU's memory at once.
            memory = {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.96", "XLA_PYTHON_CLIENT_PREALLOCATE": str(alone).lower()}
            platform = {"JAX_PLATFORMS": "cuda", **memory}
        self._process = subprocess.Popen(
            [python, str(HERE / "peer" / script), task.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **threads, **platform},
            preexec_fn=lambda: os.sched_setaffinity(0, use),
        )
        self.runs: list[dict[str, float]] = []

    @functools.cached_property
    def first(self) -> dict[str, float]:
        """Seconds and peak memory of the first run."""
        return self._read()

    def wait(self) -> None:
        """Wait for the end of the first run."""
        _ = self.first

    def run(self) -> None:
        """Run and time the task once more."""
        self.runs.append(self._request("again"))

    def kernels(self) -> dict[str, float]:
        """Run the task with a profiler; return the milliseconds of every kernel on a GPU by name."""
        return self._request("profile")

    def close(self) -> dict[str, float]:
        """End the process and return milliseconds and megabytes."""
        self._process.communicate("\n")
        summary = {**self.first, "peak": max(r["peak"] for r in self.runs)}
        for clock in ("wall", "cpu"):
            times = [1e3 * r[clock] for r in self.runs]
            summary |= {f"{clock}_min": min(times), f"{clock}_median": statistics.median(times)}
        return summary

    def kill(self) -> None:
        """End the process immediately if it still runs."""
        self._process.kill()
        self._process.wait()

    def _request(self, action: str) -> dict[str, float]:
        self.wait()  # the result of the first run is the first line
        assert self._process.stdin is not None
        self._process.stdin.write(f"{action}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process ended with status {self._process.wait()}")
        return json.loads(line)


def time_task(sides: dict[str, tuple[str, str]], task: Task, cores: int, rounds: int) -> dict[str, dict[str, float]]:
    """Time a task with every library, in alternation."""
    return time_processes(start_processes({name: (*side, task, cores) for name, side in sides.items()}), rounds)


def start_processes(arguments: dict[Any, tuple[Any, ...]]) -> dict[Any, Process]:
    """Start processes one after the other, each when the previous one is ready."""
    processes = {}
    for name, args in arguments.items():
        processes[name] = Process(*args)
        processes[name].wait()
    return processes


def time_processes(processes: dict[str, Process], rounds: int) -> dict[str, dict[str, float]]:
    """Time processes in alternation and end them."""
    alternate(processes, rounds)
    return {name: process.close() for name, process in processes.items()}


def alternate(processes: dict[str, Process], rounds: int) -> None:
    """Run processes in alternation, in reversed order every round."""
    for number in range(rounds):
        for name in list(processes)[:: 1 if number % 2 == 0 else -1]:
            processes[name].run()


def compare(
    sides: dict[str, tuple[str, str]], sizes: list[str], cores: list[int], rounds: int | None
) -> dict[str, Any]:
    """Time training steps and solves of each size on one core and on two, and products of matrices."""
    measured: dict[str, Any] = {"compare": [], "sgemm": {}}
    for n in cores:
        matrix = Task("sgemm", rows=MATRIX)
        clock = "cpu" if n == 1 else "wall"
        best = min(result[f"{clock}_min"] for result in time_task(sides, matrix, n, 10).values())
        measured["sgemm"][str(n)] = matrix.flops / best / 1e6
    for size in sizes:
        for kind in ("train", "infer"):
            task = dataclasses.replace(SIZES[size], kind=kind)
            for n in cores:
                result = time_task(sides, task, n, rounds or ROUNDS[size] * (1 if kind == "train" else 2))
                measured["compare"].append({"size": size, "kind": kind, "cores": n, "flops": task.flops, **result})
                print(row(measured["compare"][-1], measured["sgemm"]), flush=True)
    return measured


def growth(sides: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Time training steps and solves of xdvn on one core for increasing steps, windows and cells."""
    base = SIZES["small"]
    changes = {
        "steps": [{"steps": k} for k in (5, 10, 20)],
        "windows": [{"batch": b} for b in (1, 2, 4, 8)],
        "cells": [{"batch": 1, "rows": n, "columns": n} for n in (64, 96, 128, 192, 240)],
    }
    rows = []
    print("| against | task | amounts | exponent | CPU ms | MB | s of the first run |\n|" + "---|" * 7, flush=True)
    for quantity, values in changes.items():
        for kind in ("train", "infer"):
            tasks = [dataclasses.replace(base, kind=kind, **change) for change in values]
            amounts = [{"steps": t.steps, "windows": t.batch, "cells": t.rows * t.columns}[quantity] for t in tasks]
            processes = start_processes({str(a): (*sides["xdvn"], t, 1) for a, t in zip(amounts, tasks, strict=True)})
            results = time_processes(processes, 7 if kind == "train" else 15)
            rows += [
                {"against": quantity, "amount": a, "kind": kind, **result}
                for a, result in zip(amounts, results.values(), strict=True)
            ]
            cells = [quantity, kind, ", ".join(results), f"{exponent(amounts, list(results.values())):.2f}"]
            cells += [
                ", ".join(format(result[k], style) for result in results.values())
                for k, style in {"cpu_min": ".0f", "peak": ".0f", "first": ".1f"}.items()
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
    return {"growth": rows}


def exponent(amounts: list[int], results: list[dict[str, float]]) -> float:
    """Return p of milliseconds ~ amount^p, by a linear fit of the logarithms."""
    x, y = ([math.log(v) for v in values] for values in (amounts, [r["cpu_min"] for r in results]))
    return statistics.linear_regression(x, y).slope


HEADER = (
    "| size | task | cores | PyTorch min (median) ms | xdvn min (median) ms | ratio | PyTorch MB | xdvn MB | memory "
    "| PyTorch first s | xdvn first s | share of sgemm, PyTorch, xdvn |\n|" + "---|" * 12
)


def row(one: dict[str, Any], sgemm: dict[str, float]) -> str:
    """Return one comparison as a row of Markdown: CPU time on one core, wall time on more."""
    clock = "cpu" if one["cores"] == 1 else "wall"
    xdvn = one["xdvn"]
    torch = one.get("torch", dict.fromkeys(xdvn, float("nan")))
    share = [one["flops"] / side[f"{clock}_min"] / 1e6 / sgemm[str(one["cores"])] for side in (torch, xdvn)]
    times = [f"{side[f'{clock}_min']:.0f} ({side[f'{clock}_median']:.0f})" for side in (torch, xdvn)]
    cells = [
        one["size"], one["kind"], one["cores"], *times, f"{torch[f'{clock}_min'] / xdvn[f'{clock}_min']:.2f}",
        *(f"{side['peak']:.0f}" for side in (torch, xdvn)), f"{xdvn['peak'] / torch['peak']:.2f}",
        *(f"{side['first']:.1f}" for side in (torch, xdvn)), ", ".join(f"{s:.0%}" for s in share),
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def append_history(measured: dict[str, Any], about: dict[str, str], path: Path) -> list[str]:
    """Append results to the history; return the regressions."""
    # Times are relative to a product of matrices in the same run, which makes machines comparable.
    earlier = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    worse = []
    with path.open("a") as history:
        for one in measured["compare"]:
            clock = "cpu" if one["cores"] == 1 else "wall"
            milliseconds = one["xdvn"][f"{clock}_min"]
            share = one["flops"] / milliseconds / 1e6 / measured["sgemm"][str(one["cores"])]
            entry = {key: one[key] for key in ("size", "kind", "cores")}
            alike = [
                e for e in earlier if all(e[k] == v for k, v in entry.items()) and e["machine"] == about["machine"]
            ]
            entry |= about
            entry |= {"ms": round(milliseconds, 1), "share": round(share, 3), "peak_mb": round(one["xdvn"]["peak"])}
            if "torch" in one:
                entry["ratio"] = round(one["torch"][f"{clock}_min"] / milliseconds, 3)
            best = max((e["share"] for e in alike), default=0.0)
            least = min((e["peak_mb"] for e in alike), default=float("inf"))
            label = f"{one['size']} {one['kind']} on {one['cores']}"
            if best > WORSE * share:
                worse.append(f"{label}: {share:.0%} of sgemm, was {best:.0%}")
            if entry["peak_mb"] > WORSE * least:
                worse.append(f"{label}: {entry['peak_mb']} MB, was {least}")
            history.write(json.dumps(entry) + "\n")
    return worse


def about_here() -> dict[str, str]:
    """Return date, type of machine and versions."""
    import jax

    import xdvn

    flags = Path("/proc/cpuinfo").read_text()
    width = next((w for w in ("amx_tile", "avx512f", "avx2") if w in flags), "")
    machine = f"{platform.machine()} {width} {len(os.sched_getaffinity(0))} cores"
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine,
        "xdvn": xdvn.__version__,
        "jax": jax.__version__,
    }


def main() -> int:
    """Run the selected measurements; return 1 if there is a regression."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", default=os.environ.get("XDVN_BENCH_TORCH"), help="Python interpreter with torch")
    parser.add_argument("--quick", action="store_true", help="only the small size, with few rounds")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES), help="sizes of the task")
    parser.add_argument(
        "--parts", nargs="+", choices=["compare", "growth", "classical"], default=["compare"], help="measurements"
    )
    parser.add_argument("--cores", nargs="+", type=int, choices=[1, 2], default=[1, 2], help="numbers of cores")
    parser.add_argument("--rounds", type=int, help="runs per library (default: more for smaller sizes)")
    parser.add_argument("--out", type=Path, default=Path("out/speed.json"), help="JSON file of the results")
    parser.add_argument("--history", type=Path, default=HERE / "history.jsonl", help="file of earlier results")
    options = parser.parse_args()
    sides = {"torch": (options.torch, "work_torch.py")} if options.torch else {}
    sides["xdvn"] = (sys.executable, "work_xdvn.py")

    options.out.parent.mkdir(parents=True, exist_ok=True)
    results = json.loads(options.out.read_text()) if options.out.is_file() else {}
    about = about_here()
    results["about"] = about
    worse: list[str] = []
    if "compare" in options.parts:
        print(HEADER, flush=True)
        sizes = ["small"] if options.quick else options.sizes
        measured = compare(sides, sizes, options.cores, options.rounds or (5 if options.quick else None))
        print("\nsgemm: " + ", ".join(f"{n} cores {v:.0f} GFLOP/s" for n, v in measured["sgemm"].items()))
        worse = append_history(measured, about, options.history)
        new = {(one["size"], one["kind"], one["cores"]) for one in measured["compare"]}
        others = [one for one in results.get("compare", []) if (one["size"], one["kind"], one["cores"]) not in new]
        results |= {"sgemm": measured["sgemm"], "compare": [*others, *measured["compare"]]}
    if "growth" in options.parts:
        results |= growth(sides)
    if "classical" in options.parts:
        from classical import compare_mappers

        results |= compare_mappers()
    options.out.write_text(json.dumps(results, indent=1))
    for line in worse:
        print(f"REGRESSION {line}")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
