"""How much of a reconstruction is the network, and how much everything around it: packing, windows, merging, labels.

    python benchmarks/reconstruct_share.py [days rows columns]

A field of 100 x 400 x 400 with 15 x 64 x 64 windows and their default overlap, mapped by the default network with its
starting weights, which are as slow as trained ones. Prints seconds and shares; compilation is not counted. The exit
status is 1 if more than 10 % is spent around the network.
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

PATCH = {"time": 15, "lat": 64, "lon": 64}
MOST = 0.10


def sea(days: int, rows: int, columns: int) -> xr.Dataset:
    """Return noise with 8 % observed, and its truth."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(days, rows, columns)).astype(np.float32)
    coords = {
        "time": pd.date_range("2020-01-01", periods=days),
        "lat": 20 + 0.05 * np.arange(rows),
        "lon": 0.05 * np.arange(columns),
    }
    seen = np.where(rng.random(truth.shape) < 0.08, truth, np.nan)
    return xr.Dataset({"ssh_obs": (tuple(coords), seen), "ssh": (tuple(coords), truth)}, coords)


def main(days: int = 100, rows: int = 400, columns: int = 400) -> int:
    """Print the table; return 1 if the network's share is too small."""
    ds = sea(days, rows, columns)
    few = ds.isel(time=slice(0, 16), lat=slice(0, 64), lon=slice(0, 64))
    trained = fit(
        few,
        "ssh_obs",
        truth="ssh",
        validation=0,
        progress=False,
        windows=PATCH,
        training=Training(epochs=1, batch_size=1),
    )
    spent: dict[str, float] = defaultdict(float)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            result = function(*args, **kwargs)
            if name in ("network", "windows"):
                jax.block_until_ready(result)
            spent[name] += time.perf_counter() - began
            return result

        return run

    trained.reconstruct(few, progress=False)  # compiles
    solving.forward = timed("network", solving.forward)
    solving.make_batch = timed("windows", batching.make_batch)
    GridSpec.encode_on = timed("encode", GridSpec.encode_on)  # type: ignore[method-assign]
    GridSpec.in_units = timed("decode", GridSpec.in_units)  # type: ignore[method-assign]
    began = time.perf_counter()
    trained.reconstruct(ds.drop_vars("ssh"), progress=False)
    total = time.perf_counter() - began
    spent["merge and the rest"] = total - sum(spent.values())
    print(f"| part | seconds | share |\n|---|---|---|\n| all | {total:.1f} | 100 % |")
    for name, seconds in spent.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / total:.1f} % |")
    return int(1 - spent["network"] / total > MOST)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
