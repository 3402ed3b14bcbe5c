"""How long from the call of ``fit`` to the first update: with nothing compiled before, and with all on disk.

    python benchmarks/first_update.py [--runs 3]

The default network on 100 days of 64 x 64 cells, each time in a fresh process: a cold one, which compiles into an empty
folder, then a warm one, which finds its programs there. "imported" is the time that the libraries and xdvn take before,
"first update" that from the call to the first update made: reading and normalising the data, starting weights, tracing,
compiling, the update itself. Prints seconds, smallest (median); the exit status is 1 if the smallest cold one takes
more than 12 s or the smallest warm one more than 1.5 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

MOST = {"cold": 12.0, "warm": 1.5}


def once() -> None:
    """Train in this process and print the seconds as JSON."""
    began = time.perf_counter()
    from reconstruct_share import sea

    from xdvn import Training
    from xdvn.api import fit
    from xdvn.training.progress import TrainingBar

    ds = sea(100, 64, 64)
    called = time.perf_counter()
    seen: list[float] = []
    counted = TrainingBar.after_step

    def after_step(bar: TrainingBar, loss: float) -> None:
        seen.append(time.perf_counter())
        counted(bar, loss)

    TrainingBar.after_step = after_step  # type: ignore[method-assign]
    fit(ds, "ssh_obs", truth="ssh", progress=False, training=Training(epochs=1))
    print(json.dumps({"imported": called - began, "first update": seen[0] - called}))


def main(runs: int) -> int:
    """Print the table; return 1 if a first update takes too long."""
    # Users have Python's bytecode on disk: an environment without it would compile xdvn's source in every process.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            for state in MOST:
                child = subprocess.run(
                    [sys.executable, __file__, "--once"],
                    env={**kept, "XDVN_COMPILATION_CACHE": folder},
                    stdout=subprocess.PIPE,
                    check=True,
                )
                for what, seconds in json.loads(child.stdout.splitlines()[-1]).items():
                    taken.setdefault((state, what), []).append(seconds)
    for (state, what), seconds in taken.items():
        print(f"{state}  {what:12}  {min(seconds):5.2f} s  ({statistics.median(seconds):.2f})")
    return int(any(min(taken[state, "first update"]) > most for state, most in MOST.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="pairs of processes (default: 3)")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.exit(once() if arguments.once else main(arguments.runs))
