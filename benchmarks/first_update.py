"""Time from the call of ``fit`` to the first update, with an empty and with a filled compilation cache.

    python benchmarks/first_update.py [--runs 3]

The default network trains on 100 days of 64 x 64 cells in new processes: a cold one, which compiles into an empty
folder, then a warm one, which loads its programs from there. "imported" is the time of the imports. "first update" is
the time from the call to the end of the first update: normalisation, initial weights, tracing, compilation and the
update. Prints seconds, smallest (median). The exit status is 1 if the smallest cold time exceeds 12 s or the smallest
warm time 1.5 s.
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

LIMITS = {"cold": 12.0, "warm": 1.5}


def once() -> None:
    """Train in this process and print the seconds as JSON."""
    began = time.perf_counter()
    from reconstruct_share import sea

    from xdvn import Training
    from xdvn.api import fit
    from xdvn.training.progress import TrainingBar

    ds = sea(100, 64, 64)
    called = time.perf_counter()
    updates: list[float] = []
    original = TrainingBar.after_step

    def after_step(bar: TrainingBar, loss: float) -> None:
        updates.append(time.perf_counter())
        original(bar, loss)

    TrainingBar.after_step = after_step  # type: ignore[method-assign]
    fit(ds, "ssh_obs", truth="ssh", progress=False, training=Training(epochs=1))
    print(json.dumps({"imported": called - began, "first update": updates[0] - called}))


def main(runs: int) -> int:
    """Print the table; return 1 if a first update takes too long."""
    # Without Python's bytecode on disk, which users have, every process would compile the source of xdvn.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            for state in LIMITS:
                child = subprocess.run(
                    [sys.executable, __file__, "--once"],
                    env={**environment, "XDVN_COMPILATION_CACHE": folder},
                    stdout=subprocess.PIPE,
                    check=True,
                )
                for phase, seconds in json.loads(child.stdout.splitlines()[-1]).items():
                    times.setdefault((state, phase), []).append(seconds)
    for (state, phase), seconds in times.items():
        print(f"{state}  {phase:12}  {min(seconds):5.2f} s  ({statistics.median(seconds):.2f})")
    return int(any(min(times[state, "first update"]) > limit for state, limit in LIMITS.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="pairs of processes (default: 3)")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.exit(once() if arguments.once else main(arguments.runs))
