"""Does a second variable help that is seen everywhere? Sea level from tracks, with and without temperature.

    python benchmarks/multivariate.py [epochs] [seed]

The temperature is stirred by the same eddies (``xdvn.osse.temperature``). Same windows, steps, seed and zero first
guess. Offline; a few CPU minutes a run.
"""

from __future__ import annotations

import sys

from twin_runs import run

from xdvn import datasets

if __name__ == "__main__":
    epochs, seed = (int(a) for a in (*sys.argv[1:], *("6", "0")[len(sys.argv) - 1 :]))
    ds = datasets.eddies(sst=True)
    run("sea level alone", ds, "ssh_obs", "ssh", epochs, seed)
    run("sea level and temperature", ds, ["ssh_obs", "sst"], ["ssh", "sst"], epochs, seed)
