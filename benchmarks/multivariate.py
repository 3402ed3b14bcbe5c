"""Skill of sea level from tracks, with and without a complete temperature field as second variable.

    python benchmarks/multivariate.py [epochs] [seed]

The same eddies stir the temperature (``xdvn.osse.temperature``). Windows, steps, seed and zero first guess are equal. A
run takes a few CPU minutes, without a download.
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
