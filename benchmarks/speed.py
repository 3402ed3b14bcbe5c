"""How fast is xdvn? The published network in xdvn and in PyTorch, from the same equations, run by run in turn.

    python benchmarks/speed.py [--torch PYTHON] [--quick] [--sizes small mid base] [--parts compare growth classical]

Each side runs in a fresh process (``peer/``), prepared once and then timed in turns, the order reversed
every round: on one core, pinned, by CPU time, and on two by wall time, which means little when anything else is running
(``--cores 1`` leaves it out). Memory is the peak above that of the imported libraries, compilation included. The
product of two large matrices, measured in the same run, shows what the machine can do. Results go to ``--out`` as JSON
(parts not measured are kept), to the screen as Markdown, and one line for each comparison to ``--history``, where
a figure that has become worse than its best is called a regression.
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
WORSE = 1.15  # a figure this much worse than the best of its kind is a regression


class Process:
    """One side of a comparison of one task on so many cores, all of them by default.

    It prepares itself when it is made, ``alone`` on a GPU or not, and is waited for when something is asked of it.
    """

    def __init__(self, python: str, script: str, task: Task, cores: int | None = None, *, alone: bool = False) -> None:
        use = set(sorted(os.sched_getaffinity(0))[:cores])
        # Pools of threads are as large as the cores they may use.
        threads = {name: str(len(use)) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        platform = {"JAX_PLATFORMS": "cpu"}
        if task.device == "gpu":
            # By default JAX takes three quarters of a GPU's memory, all at once.
            taken = {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.96", "XLA_PYTHON_CLIENT_PREALLOCATE": str(alone).lower()}
            platform = {"JAX_PLATFORMS": "cuda", **taken}
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
        """Seconds and peak of the first run; waits for it."""
        return self._read()

    def wait(self) -> None:
        """Wait until the first run is over."""
        _ = self.first

    def run(self) -> None:
        """Time the task once more."""
        self.runs.append(self._asked("again"))

    def kernels(self) -> dict[str, float]:
        """Run the task once more under a profiler: milliseconds of every kernel on a GPU, by its name."""
        return self._asked("profile")

    def close(self) -> dict[str, float]:
        """End the process and sum up: milliseconds and megabytes."""
        self._process.communicate("\n")
        summary = {**self.first, "peak": max(r["peak"] for r in self.runs)}
        for clock in ("wall", "cpu"):
            times = [1e3 * r[clock] for r in self.runs]
            summary |= {f"{clock}_min": min(times), f"{clock}_median": statistics.median(times)}
        return summary

    def kill(self) -> None:
        """End the process, whatever it is doing; nothing if it has ended."""
        self._process.kill()
        self._process.wait()

    def _asked(self, what: str) -> dict[str, float]:
        self.wait()  # its answer comes before any other
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process ended before it was asked to, with status {self._process.wait()}")
        return json.loads(line)


def in_turns(sides: dict[str, tuple[str, str]], task: Task, cores: int, rounds: int) -> dict[str, dict[str, float]]:
    """Time a task on every side, run by run in turn."""
    return turn_about(one_by_one({name: (*side, task, cores) for name, side in sides.items()}), rounds)


def one_by_one(wanted: dict[Any, tuple[Any, ...]]) -> dict[Any, Process]:
    """Start processes, each when the one before is ready."""
    processes = {}
    for name, each in wanted.items():
        processes[name] = Process(*each)
        processes[name].wait()
    return processes


def turn_about(processes: dict[str, Process], rounds: int) -> dict[str, dict[str, float]]:
    """Time processes run by run in turn and end them."""
    run_in_turn(processes, rounds)
    return {name: process.close() for name, process in processes.items()}


def run_in_turn(processes: dict[str, Process], rounds: int) -> None:
    """Time processes run by run in turn, the order reversed every round."""
    for number in range(rounds):
        for name in list(processes)[:: 1 if number % 2 == 0 else -1]:
            processes[name].run()


def compare(
    sides: dict[str, tuple[str, str]], sizes: list[str], cores: list[int], rounds: int | None
) -> dict[str, Any]:
    """Time training steps and solves of each size on one core and on two, and products of matrices."""
    found: dict[str, Any] = {"compare": [], "sgemm": {}}
    for n in cores:
        matrix = Task("sgemm", rows=MATRIX)
        clock = "cpu" if n == 1 else "wall"
        best = min(each[f"{clock}_min"] for each in in_turns(sides, matrix, n, 10).values())
        found["sgemm"][str(n)] = matrix.flops / best / 1e6
    for size in sizes:
        for kind in ("train", "infer"):
            task = dataclasses.replace(SIZES[size], kind=kind)
            for n in cores:
                result = in_turns(sides, task, n, rounds or ROUNDS[size] * (1 if kind == "train" else 2))
                found["compare"].append({"size": size, "kind": kind, "cores": n, "flops": task.flops, **result})
                print(row(found["compare"][-1], found["sgemm"]), flush=True)
    return found


def growth(sides: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Time training steps and solves of xdvn on one core against steps, windows and cells."""
    base = SIZES["small"]
    changes = {
        "steps": [{"steps": k} for k in (5, 10, 20)],
        "windows": [{"batch": b} for b in (1, 2, 4, 8)],
        "cells": [{"batch": 1, "rows": n, "columns": n} for n in (64, 96, 128, 192, 240)],
    }
    found = []
    print("| against | what | amounts | exponent | CPU ms | MB | s of the first run |\n|" + "---|" * 7, flush=True)
    for what, each in changes.items():
        for kind in ("train", "infer"):
            tasks = [dataclasses.replace(base, kind=kind, **change) for change in each]
            amounts = [{"steps": t.steps, "windows": t.batch, "cells": t.rows * t.columns}[what] for t in tasks]
            processes = one_by_one({str(a): (*sides["xdvn"], t, 1) for a, t in zip(amounts, tasks, strict=True)})
            results = turn_about(processes, 7 if kind == "train" else 15)
            found += [
                {"against": what, "amount": a, "kind": kind, **result}
                for a, result in zip(amounts, results.values(), strict=True)
            ]
            cells = [what, kind, ", ".join(results), f"{exponent(amounts, list(results.values())):.2f}"]
            cells += [
                ", ".join(format(result[k], style) for result in results.values())
                for k, style in {"cpu_min": ".0f", "peak": ".0f", "first": ".1f"}.items()
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
    return {"growth": found}


def exponent(amounts: list[int], results: list[dict[str, float]]) -> float:
    """Return p of milliseconds ~ amount^p, by least squares of the logarithms."""
    x, y = ([math.log(v) for v in each] for each in (amounts, [r["cpu_min"] for r in results]))
    return statistics.linear_regression(x, y).slope


HEADER = (
    "| size | what | cores | PyTorch min (median) ms | xdvn min (median) ms | ratio | PyTorch MB | xdvn MB | memory "
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


def dedup_window(found: dict[str, Any], about: dict[str, str], path: Path) -> list[str]:
    """Append what was found to the history; return what has become worse."""
    # Times in units of a product of matrices on the same machine in the same run, so that machines do not matter much.
    earlier = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    worse = []
    with path.open("a") as history:
        for one in found["compare"]:
            clock = "cpu" if one["cores"] == 1 else "wall"
            milliseconds = one["xdvn"][f"{clock}_min"]
            share = one["flops"] / milliseconds / 1e6 / found["sgemm"][str(one["cores"])]
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
    """Return date, kind of machine and versions."""
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
    """Measure what was asked for; return 1 when something has become worse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", default=os.environ.get("XDVN_BENCH_TORCH"), help="a Python with torch")
    parser.add_argument("--quick", action="store_true", help="the small size only, few rounds")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--parts", nargs="+", choices=["compare", "growth", "classical"], default=["compare"])
    parser.add_argument("--cores", nargs="+", type=int, choices=[1, 2], default=[1, 2])
    parser.add_argument("--rounds", type=int, help="runs of each side (default: more for smaller sizes)")
    parser.add_argument("--out", type=Path, default=Path("out/speed.json"))
    parser.add_argument("--history", type=Path, default=HERE / "history.jsonl")
    given = parser.parse_args()
    sides = {"torch": (given.torch, "work_torch.py")} if given.torch else {}
    sides["xdvn"] = (sys.executable, "work_xdvn.py")

    given.out.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(given.out.read_text()) if given.out.is_file() else {}
    about = about_here()
    kept["about"] = about
    worse: list[str] = []
    if "compare" in given.parts:
        print(HEADER, flush=True)
        sizes = ["small"] if given.quick else given.sizes
        found = compare(sides, sizes, given.cores, given.rounds or (5 if given.quick else None))
        print("\nsgemm: " + ", ".join(f"{n} cores {v:.0f} GFLOP/s" for n, v in found["sgemm"].items()))
        worse = dedup_window(found, about, given.history)
        again = {(one["size"], one["kind"], one["cores"]) for one in found["compare"]}
        others = [one for one in kept.get("compare", []) if (one["size"], one["kind"], one["cores"]) not in again]
        kept |= {"sgemm": found["sgemm"], "compare": [*others, *found["compare"]]}
    if "growth" in given.parts:
        kept |= growth(sides)
    if "classical" in given.parts:
        from classical import compare_mappers

        kept |= compare_mappers()
    given.out.write_text(json.dumps(kept, indent=1))
    for line in worse:
        print(f"REGRESSION {line}")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
