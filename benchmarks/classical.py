"""Time of a reconstruction by classical methods and by xdvn: 63 days of 57 x 57 cells of the twin.

    python benchmarks/classical.py

Runs optimal interpolation and DINEOF of ``xdvn.baselines`` and the default network (whose weights do not affect its
time) twice; the second time does not include compilation. Prints wall time on all available cores.
"""

from __future__ import annotations

import time
from typing import Any

from xdvn import Training, datasets
from xdvn.api import fit, reconstruct
from xdvn.baselines import Dineof, OptimalInterpolation
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import Split


def compare_mappers() -> dict[str, Any]:
    """Return seconds of the first and the second run of every method."""
    ds = datasets.eddies()
    split = Split()
    mean = MeanField.from_data(ds["ssh"].isel(time=split.train), find_axes(ds["ssh"]))
    observed = ds.isel(time=split.observations).drop_vars(["ssh"])
    few = ds.isel(time=slice(split.train.start, split.train.start + 20))
    mappers = {
        "optimal interpolation": OptimalInterpolation("ssh_obs", name="ssh", mean=mean),
        "DINEOF": Dineof("ssh_obs", name="ssh", mean=mean),
        "xdvn, default network": fit(
            few, "ssh_obs", truth="ssh", validation=0, progress=False, training=Training(epochs=1)
        ),
    }
    results = {}
    for name, mapper in mappers.items():
        times = []
        for _ in range(2):
            began = time.perf_counter()
            reconstruct(observed, mapper)
            times.append(time.perf_counter() - began)
        results[name] = times
        print(f"| {name} | {times[0]:.2f} s | {times[1]:.2f} s |", flush=True)
    return {"mappers": results}


if __name__ == "__main__":
    compare_mappers()
