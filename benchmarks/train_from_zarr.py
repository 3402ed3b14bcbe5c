"""Time and memory of training from zarr on time series of increasing length.

    python benchmarks/train_from_zarr.py [DAYS ...]

The field is noise and the network is small; the benchmark measures the processing around the network. Each number of
days runs in its own process, which trains for one epoch and reports its peak resident memory. Data of more than 16
million cells are read a few weeks at a time.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LAT, LON = 240, 480


def write_data(days: int, folder: Path) -> Path:
    """Write a field and observations of a fifth of it, in chunks of ten days."""
    import dask.array
    import xarray as xr

    def sea(block_info: dict, observed: bool) -> np.ndarray:
        first = block_info[None]["array-location"][0][0]
        shape = block_info[None]["chunk-shape"]
        rng = np.random.default_rng(first)
        field = rng.normal(size=(shape[0], LAT // 8, LON // 8)).repeat(8, 1).repeat(8, 2)
        return np.where(rng.random(shape) < 0.2, field, np.nan if observed else field).astype(np.float32)

    chunks = (tuple(min(10, days - first) for first in range(0, days, 10)), (LAT,), (LON,))
    lat, lon = (np.arange(LAT) + 0.5) / 4, (np.arange(LON) + 0.5) / 4
    dims, empty = ("time", "lat", "lon"), np.empty((0, 0, 0), "f4")
    fields = {
        name: (dims, dask.array.map_blocks(sea, observed=observed, chunks=chunks, dtype="f4", meta=empty))
        for name, observed in (("ssh_obs", True), ("ssh", False))
    }
    ds = xr.Dataset(
        {name: (*field, {"units": "m"}) for name, field in fields.items()},
        {
            "time": np.datetime64("2000-01-01T12", "ns") + np.arange(days) * np.timedelta64(1, "D"),
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
        },
    )
    path = folder / "data.zarr"
    ds.to_zarr(path, mode="w", consolidated=False)
    return path


def run(path: Path) -> dict[str, float]:
    """Train for one epoch; return size, time, memory and loss."""
    import jax
    import xarray as xr

    import xdvn
    from xdvn.core.cost import VariationalCost
    from xdvn.core.modulators import ConvLSTMModulator
    from xdvn.core.networks.fourdvarnet import FourDVarNet
    from xdvn.core.priors import BilinearPrior
    from xdvn.core.solvers import GradientSolver

    def network(channels: int, ndim: int, *, key: jax.Array) -> FourDVarNet:
        cost = VariationalCost(BilinearPrior(channels, ndim, hidden=6, downsampling=2, key=key))
        modulator = ConvLSTMModulator(channels, ndim, hidden=6, factor=2, key=key)
        return FourDVarNet(cost, GradientSolver(n_steps=2, modulator=modulator, normalise=True))

    ds = xr.open_zarr(path, consolidated=False)
    began = time.monotonic()
    model = xdvn.fit(
        ds,
        "ssh_obs",
        truth="ssh",
        network=network,
        progress=False,
        windows={"time": 10, "lat": 120, "lon": 120},
        training=xdvn.Training(epochs=1),
    )
    return {
        "data_gb": round(sum(da.nbytes for da in ds.data_vars.values()) / 1e9, 2),
        "seconds": round(time.monotonic() - began, 1),
        "peak_rss_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "loss": round(model.history.loss[-1], 4),
    }


def main() -> None:
    """Measure each number of days in a separate process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", type=int, nargs="*", default=[200, 400, 800], help="numbers of days")
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.store:
        print(json.dumps(run(options.store)))
        return
    for days in options.days:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--store", str(write_data(days, Path(folder)))]
            result = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            print(f"{days:>4} days  {result}", flush=True)


if __name__ == "__main__":
    main()
