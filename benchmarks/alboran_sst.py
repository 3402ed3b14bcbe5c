"""Real clouds: sea surface temperature of the Alboran Sea, cross-validated under the clouds of other days.

Ten days of AVHRR Metop-B (0.02 degrees; DINEOF's own example). In each fold a part of what was seen is hidden
where another day was cloudy, every method fills the whole field from the rest, and is scored on what was hidden. There
is no complete truth: whatever a method tunes or trains, it does on the rest, with further clouds laid over it.
Run from the root with the data in ``XDVN_DATA_DIR`` (or downloadable): ``python benchmarks/alboran_sst.py``.
"""

from __future__ import annotations

import argparse
import dataclasses
import time

import numpy as np
import xarray as xr

import xdvn
from xdvn import Training
from xdvn.baselines import (
    Climatology,
    Dineof,
    LinearInTime,
    OptimalInterpolation,
    Persistence,
    StructuredKernelInterpolation,
)
from xdvn.comparison import Comparison
from xdvn.grid.land import LandMask
from xdvn.training import TransplantedCloudMasks

HIDDEN = TransplantedCloudMasks(0.2)
COPIES = 3


def load() -> xr.Dataset:
    """Return ``sst`` daily, the missing day empty, and ``sea``."""
    raw = xr.load_dataset(xdvn.datasets.fetch("sst/alboranSST_small.nc"))
    sea = raw["mask"] == 1
    days = np.arange(raw.time.values[0], raw.time.values[-1] + np.timedelta64(1, "D"), np.timedelta64(1, "D"))
    sst = raw["SST"].where(sea).reindex(time=days).assign_attrs(units="degC", standard_name="sea_surface_temperature")
    return xr.Dataset({"sst": sst, "sea": sea})


def hide(da: xr.DataArray, seed: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Split observations into what is kept and what is hidden."""
    hidden = da.notnull().copy(data=HIDDEN.choose(da.notnull().values, seed))
    return da.where(~hidden), da.where(hidden)


def tuned(kept: xr.DataArray, land: LandMask, seed: int) -> OptimalInterpolation:
    """Tune on further clouds, on every third cell: scales are much longer."""
    inner, withheld = hide(kept, seed)
    ds = xr.Dataset({"sst_obs": inner, "sst": withheld}).isel(lat=slice(1, None, 3), lon=slice(1, None, 3))
    oi = OptimalInterpolation.tune(ds, "sst_obs", "sst", days=10, land=land, progress=False)
    print(
        f"   scales {', '.join(f'{s:.2f}' for s in oi.scales)}, noise {oi.noise_ratio:.2f}, std {oi.signal_std:.2f} K"
    )
    # Three times as many observations each way, with correlated errors, contain as much information.
    return dataclasses.replace(oi, noise_ratio=3 * oi.noise_ratio)


def trained(kept: xr.DataArray, sea: xr.DataArray, oi: OptimalInterpolation, seed: int) -> xdvn.Model:
    """Train to see through clouds: copies of the record, forwards and backwards in turn, each under other clouds."""
    parts = []
    for copy in range(COPIES):
        inner, _ = hide(kept, 1000 * (seed + 1) + copy)
        part = xr.Dataset({"sst_obs": inner, "sst": kept})
        parts.append(part if copy % 2 == 0 else part.isel(time=slice(None, None, -1)))
    record = xr.concat(parts, "time")
    record["time"] = kept.time.values[0] + np.arange(record.sizes["time"]) * np.timedelta64(1, "D")
    quick = dataclasses.replace(oi, analysis=StructuredKernelInterpolation(nodes=3, tolerance=0.02), land=None)
    patch = {"time": 5, "lat": 64, "lon": 64}
    return record.dvn.fit(
        "sst_obs",
        truth="sst",
        ocean_mask=sea,
        first_guess=quick,
        validation=0,
        progress=False,
        windows=patch,
        training=Training(epochs=1, seed=seed),
    )


def fold(ds: xr.Dataset, seed: int) -> Comparison:
    """Hide, fill by every method, score on what was hidden."""
    kept, hidden = hide(ds["sst"], seed)
    land = LandMask(ds["sea"].values, (ds.lat.values.astype(np.float64), ds.lon.values.astype(np.float64)))
    observed = xr.Dataset({"sst_obs": kept})
    share = float(hidden.notnull().sum() / ds.sst.notnull().sum())
    print(f"fold {seed}: {share:.0%} of {int(ds.sst.notnull().sum())} observations hidden", flush=True)
    oi = tuned(kept, land, 100 + seed)
    wall, cpu = time.monotonic(), time.process_time()
    model = trained(kept, ds["sea"], oi, seed)
    print(f"   training {time.process_time() - cpu:.0f} s CPU, {time.monotonic() - wall:.0f} s wall", flush=True)
    methods = {
        "climatology (mean of the days)": Climatology.from_data(observed, "sst_obs", name="sst", land=land),
        "persistence": Persistence("sst_obs", "sst", land=land),
        "linear in time": LinearInTime("sst_obs", "sst", land=land),
        "DINEOF": Dineof("sst_obs", "sst", land=land, seed=seed),
        "OI, tuned": oi,
        "xdvn": model,
    }
    result = xdvn.compare(observed, hidden.rename("sst"), methods, progress=False)
    print(result, flush=True)
    return result


def main() -> None:
    """Print a table per fold and one over all folds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=3, help="how many ways to hide")
    wanted = parser.parse_args()
    try:
        ds = load()
    except ConnectionError as failure:
        print(f"skipped: {failure}")
        return
    tables = [fold(ds, seed).table for seed in range(wanted.folds)]
    squares = xr.concat([table["rmse"] ** 2 for table in tables], "fold")
    print("\n| method | RMSE [K], all folds | by fold | seconds to map |\n| --- | ---: | --- | ---: |")
    for method in squares["method"].values:
        each = np.sqrt(squares.sel({"method": method}).values)
        seconds = np.mean([float(table["seconds"].sel({"method": method})) for table in tables])
        pooled = float(np.sqrt((each**2).mean()))
        print(f"| {method} | {pooled:.3f} | {', '.join(f'{e:.3f}' for e in each)} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
