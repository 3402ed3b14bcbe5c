"""How long optimal interpolation takes at 0.1 degrees, and how far its short cuts are from the exact analysis.

Makes the twin experiment (a year; about a minute, once) on a 0.1-degree grid, maps the 63 days observed for the
evaluation (of which 42 are scored) from four nadirs by the default analysis, and, on a smaller piece, compares tiled,
gridded and exact analyses. Run from the root: ``python benchmarks/optimal_interpolation.py``.
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

SCALES, NOISE, SIGNAL = (6.21, 0.646, 0.930), 0.223, 0.158  # as ``tune`` finds them on the 0.2-degree twin
STRETCH, ERROR_NOISE = 1.088, 0.144


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
        NOISE,
        mean,
        signal_std=SIGNAL,
        error_scale_factor=STRETCH,
        error_noise_ratio=ERROR_NOISE,
    )
    default = OptimalInterpolation("ssh_obs", "ssh", mean=mean)
    truth, front = ds.ssh.isel(time=split.evaluation).sel(BOX), ds.ssh_front.sel(BOX)

    cases = {
        "tuned scales": (tuned, False),
        "tuned scales, cut in time and space": (dataclasses.replace(tuned, tiling=Tiling(time=4.0, space=6.0)), False),
        "default scales, noise 0.05": (default, False),
        "tuned scales, with the error": (tuned, True),
    }
    for name, (oi, error) in cases.items():
        maps, wall, cpu = timed(oi, observed, error=error)
        scores = xdvn.score(maps, truth, mean=front)
        line = f"{name:<38} {wall:6.1f} s wall {cpu:6.1f} s CPU   mu {float(scores.mu):.4f}"
        if error:
            evaluated = maps.sel(time=truth.time).sel(BOX)
            found = float(np.sqrt(((evaluated.ssh - truth) ** 2).mean()))
            line += f"   error expected {float(np.sqrt((evaluated.ssh_std**2).mean())):.4f} m, found {found:.4f} m"
        print(line, flush=True)

    piece = observed.isel(time=slice(20, 50)).sel(lat=slice(36.0, 40.0), lon=slice(-63.0, -58.0))
    whole = dataclasses.replace(tuned, tiling=Tiling(99.0, 99.0), analysis=CholeskyAnalysis())
    exact, wall, _ = timed(whole, piece)
    print(f"piece of {int(piece.ssh_obs.notnull().sum())} observations, exact and whole: {wall:.1f} s")
    cuts = {
        "gridded": dataclasses.replace(tuned, analysis=StructuredKernelInterpolation()),
        "exact, cut": dataclasses.replace(whole, tiling=Tiling(time=2.0, space=2.5)),
        "gridded, cut": dataclasses.replace(tuned, tiling=Tiling(time=2.0, space=2.5)),
    }
    for name, oi in cuts.items():
        maps, wall, _ = timed(oi, piece)
        off = float(np.sqrt(((maps.ssh - exact.ssh) ** 2).mean())) / SIGNAL
        print(f"  {name:<14} {wall:6.1f} s   {off:.1e} standard deviations from the exact one")


if __name__ == "__main__":
    main()
