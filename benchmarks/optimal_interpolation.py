"""Time of optimal interpolation at 0.1 degrees, and the error of its approximations.

    python benchmarks/optimal_interpolation.py

Simulates a year of the twin on a 0.1-degree grid (about a minute) and maps 63 days, of which 42 are scored, from four
nadirs with the default analysis. On a smaller region, compares tiled and structured kernel interpolation with the exact
analysis.
"""

from __future__ import annotations

import dataclasses
import os
import time

import numpy as np
import xarray as xr

import xdvn
from xdvn.baselines import CholeskyAnalysis, OptimalInterpolation, StructuredKernelInterpolation, Tiling
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import BOX, Split

SCALES, NOISE_RATIO, SIGNAL_STD = (6.21, 0.646, 0.930), 0.223, 0.158  # from ``tune`` on the 0.2-degree twin
ERROR_SCALE_FACTOR, ERROR_NOISE_RATIO = 1.088, 0.144


def timed(oi: OptimalInterpolation, ds: xr.Dataset, *, error: bool = False) -> tuple[xr.Dataset, float, float]:
    """Return the maps, wall seconds and CPU seconds."""
    wall, cpu = time.monotonic(), time.process_time()
    maps = oi.reconstruct(ds, error=error)
    return maps, time.monotonic() - wall, time.process_time() - cpu


def main() -> None:
    """Print one line per measurement."""
    split = Split()
    ds = xdvn.datasets.eddies(spacing=0.1)
    observed = ds.isel(time=split.observations).drop_vars("ssh")
    n_obs = int(observed.ssh_obs.notnull().sum())
    sizes = " x ".join(str(n) for n in observed.ssh_obs.shape)
    print(f"{sizes} cells, {n_obs} observations; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    mean = MeanField.from_data(ds.ssh.isel(time=split.train), find_axes(ds.ssh))
    tuned = OptimalInterpolation(
        "ssh_obs",
        "ssh",
        SCALES,
        NOISE_RATIO,
        mean,
        signal_std=SIGNAL_STD,
        error_scale_factor=ERROR_SCALE_FACTOR,
        error_noise_ratio=ERROR_NOISE_RATIO,
    )
    default = OptimalInterpolation("ssh_obs", "ssh", mean=mean)
    truth, front = ds.ssh.isel(time=split.evaluation).sel(BOX), ds.ssh_front.sel(BOX)

    cases = {
        "tuned scales": (tuned, False),
        "tuned scales, tiled": (dataclasses.replace(tuned, tiling=Tiling(time=4.0, space=6.0)), False),
        "default scales, noise 0.05": (default, False),
        "tuned scales, with the error": (tuned, True),
    }
    for name, (oi, error) in cases.items():
        maps, wall, cpu = timed(oi, observed, error=error)
        scores = xdvn.score(maps, truth, mean=front)
        line = f"{name:<38} {wall:6.1f} s wall {cpu:6.1f} s CPU   mu {float(scores.mu):.4f}"
        if error:
            evaluated = maps.sel(time=truth.time).sel(BOX)
            rmse = float(np.sqrt(((evaluated.ssh - truth) ** 2).mean()))
            line += f"   estimated error {float(np.sqrt((evaluated.ssh_std**2).mean())):.4f} m, rmse {rmse:.4f} m"
        print(line, flush=True)

    region = observed.isel(time=slice(20, 50)).sel(lat=slice(36.0, 40.0), lon=slice(-63.0, -58.0))
    untiled = dataclasses.replace(tuned, tiling=Tiling(99.0, 99.0), analysis=CholeskyAnalysis())
    exact, wall, _ = timed(untiled, region)
    print(f"region of {int(region.ssh_obs.notnull().sum())} observations, exact analysis: {wall:.1f} s")
    approximations = {
        "structured kernel": dataclasses.replace(tuned, analysis=StructuredKernelInterpolation()),
        "exact, tiled": dataclasses.replace(untiled, tiling=Tiling(time=2.0, space=2.5)),
        "structured kernel, tiled": dataclasses.replace(tuned, tiling=Tiling(time=2.0, space=2.5)),
    }
    for name, oi in approximations.items():
        maps, wall, _ = timed(oi, region)
        error = float(np.sqrt(((maps.ssh - exact.ssh) ** 2).mean())) / SIGNAL_STD
        print(f"  {name:<24} {wall:6.1f} s   error {error:.1e} standard deviations")


if __name__ == "__main__":
    main()
