"""Time and memory of a global quarter-degree reconstruction from zarr to zarr.

    python benchmarks/global_grid.py 30 60 90 [--workers 2]

The field is noise and the network is small and untrained; the benchmark measures the processing around the network.
Each number of days runs in its own process, whose peak resident memory is reported. ``--workers 2`` uses a dask cluster
of two processes on this machine.
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

LAT, LON = 720, 1440


def observations(days: int, folder: Path) -> Path:
    """Write a global field of noise, a fifth of it observed, day by day."""
    import dask.array
    import xarray as xr

    path = folder / f"observations_{days}.zarr"

    def day(block_info: dict) -> np.ndarray:
        number = block_info[None]["chunk-location"][0]
        rng = np.random.default_rng(number)
        field = rng.normal(size=(LAT // 8, LON // 8)).repeat(8, 0).repeat(8, 1)
        return np.where(rng.random((LAT, LON)) < 0.2, field, np.nan).astype(np.float32)[None]

    values = dask.array.map_blocks(
        day, chunks=((1,) * days, (LAT,), (LON,)), dtype=np.float32, meta=np.empty((0, 0, 0), "f4")
    )
    times = np.datetime64("2020-01-01T12", "ns") + np.arange(days) * np.timedelta64(1, "D")
    lat, lon = (np.arange(LAT) + 0.5) / 4 - 90, (np.arange(LON) + 0.5) / 4 - 180
    ds = xr.Dataset(
        {"ssh_obs": (("time", "lat", "lon"), values, {"units": "m"})},
        {
            "time": times,
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
        },
    )
    ds.to_zarr(path, mode="w", consolidated=False)
    return path


def model():
    """Return a small network for windows of 10 days and 80 x 80 cells, with random weights."""
    import jax

    from xdvn.core.cost import VariationalCost
    from xdvn.core.modulators import ConvLSTMModulator
    from xdvn.core.networks.fourdvarnet import FourDVarNet
    from xdvn.core.priors import BilinearPrior
    from xdvn.core.solvers import GradientSolver
    from xdvn.grid.axes import Axes
    from xdvn.grid.land import LandMask
    from xdvn.grid.mean import MeanField
    from xdvn.grid.spec import GridSpec
    from xdvn.grid.variable import Normaliser, Variable
    from xdvn.model import History, Model

    key = jax.random.key(0)
    cost = VariationalCost(BilinearPrior(10, 2, hidden=6, downsampling=2, key=key))
    solver = GradientSolver(n_steps=2, modulator=ConvLSTMModulator(10, 2, hidden=6, factor=2, key=key), normalise=True)
    lat, lon = (np.arange(LAT) + 0.5) / 4 - 90, (np.arange(LON) + 0.5) / 4 - 180
    sea = np.abs(lat)[:, None] + 0 * lon < 80
    variable = Variable(
        "ssh_obs",
        "ssh",
        Normaliser(MeanField(np.zeros((LAT, LON)), (lat, lon)), 1.0),
        {"units": "m"},
        LandMask(sea, (lat, lon)),
    )
    spec = GridSpec(
        (variable,), Axes("time", ("lat", "lon")), (1.0, 0.25, 0.25), (27.8, 27.8), (10, 80, 80), (8, 64, 64)
    )
    return Model(FourDVarNet(cost, solver), spec, History((), (), 0, 0.0))


def run(path: Path, workers: int) -> dict[str, float]:
    """Map the observations of one store into another store."""
    import xarray as xr

    import xdvn

    client = None
    if workers:
        from dask.distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0)
        client = Client(cluster)
    began = time.monotonic()
    maps = xdvn.reconstruct(xr.open_zarr(path, consolidated=False), model(), progress=False)
    maps.to_zarr(path.with_name("maps.zarr"), mode="w", consolidated=False)
    seconds = time.monotonic() - began
    if client is not None:
        client.close()
    written = xr.open_zarr(path.with_name("maps.zarr"), consolidated=False).ssh
    missing = int(written.isel(time=-1).sel(lat=slice(-79, 79)).isnull().sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": round(seconds, 1), "peak_rss_gb": round(peak, 2), "missing_at_sea": missing}


def main() -> None:
    """Measure each number of days in a separate process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("days", type=int, nargs="+", help="numbers of days to map")
    parser.add_argument("--workers", type=int, default=0, help="processes of a dask cluster (default: none)")
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.store:
        print(json.dumps(run(options.store, options.workers)))
        return
    for days in options.days:
        with tempfile.TemporaryDirectory() as folder:
            path = observations(days, Path(folder))
            command = [sys.executable, __file__, str(days), "--workers", str(options.workers), "--store", str(path)]
            result = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            print(f"{days:>4} days  {result}", flush=True)


if __name__ == "__main__":
    main()
