"""Time of the network and of the other parts of a reconstruction: encoding, windows, merging and decoding.

    python benchmarks/reconstruct_share.py [days rows columns]

The default network with random weights, which are as slow as trained ones, maps a field of 100 x 400 x 400 with windows
of 15 x 64 x 64 and the default overlap. Prints seconds and fractions, without compilation. The exit status is 1 if the
other parts take more than 10 %.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr

from xdvn import Training
from xdvn.api import fit
from xdvn.grid.spec import GridSpec
from xdvn.inference import batches as batching
from xdvn.inference import solve as solving

WINDOWS = {"time": 15, "lat": 64, "lon": 64}
LIMIT = 0.10


def sea(days: int, rows: int, columns: int) -> xr.Dataset:
    """Return noise with 8 % observed, and its truth."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(days, rows, columns)).astype(np.float32)
    coords = {
        "time": pd.date_range("2020-01-01", periods=days),
        "lat": 20 + 0.05 * np.arange(rows),
        "lon": 0.05 * np.arange(columns),
    }
    observed = np.where(rng.random(truth.shape) < 0.08, truth, np.nan)
    return xr.Dataset({"ssh_obs": (tuple(coords), observed), "ssh": (tuple(coords), truth)}, coords)


def main(days: int = 100, rows: int = 400, columns: int = 400) -> int:
    """Print the table; return 1 if the fraction of the network is too small."""
    ds = sea(days, rows, columns)
    part = ds.isel(time=slice(0, 16), lat=slice(0, 64), lon=slice(0, 64))
    model = fit(
        part,
        "ssh_obs",
        truth="ssh",
        validation=0,
        progress=False,
        windows=WINDOWS,
        training=Training(epochs=1, batch_size=1),
    )
    times: dict[str, float] = defaultdict(float)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            result = function(*args, **kwargs)
            if name in ("network", "windows"):
                jax.block_until_ready(result)
            times[name] += time.perf_counter() - began
            return result

        return run

    model.reconstruct(part, progress=False)  # compiles
    solving.forward = timed("network", solving.forward)
    solving.make_batch = timed("windows", batching.make_batch)
    GridSpec.encode_on = timed("encode", GridSpec.encode_on)  # type: ignore[method-assign]
    GridSpec.in_units = timed("decode", GridSpec.in_units)  # type: ignore[method-assign]
    began = time.perf_counter()
    model.reconstruct(ds.drop_vars("ssh"), progress=False)
    total = time.perf_counter() - began
    times["merge and others"] = total - sum(times.values())
    print(f"| part | seconds | fraction |\n|---|---|---|\n| all | {total:.1f} | 100 % |")
    for name, seconds in times.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / total:.1f} % |")
    return int(1 - times["network"] / total > LIMIT)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
