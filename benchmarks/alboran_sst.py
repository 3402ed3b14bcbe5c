"""Sea surface temperature of the Alboran Sea, cross-validated under the clouds of other days.

Ten days of AVHRR Metop-B (0.02 degrees; the example of DINEOF). Each fold withholds the observations under the clouds
of another day. Every method fills the field from the other observations and is scored on those withheld. There is no
complete truth: methods are tuned and trained on the other observations, with further cloud masks. Run from the
repository root: ``python benchmarks/alboran_sst.py``.
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

HOLDOUT = TransplantedCloudMasks(0.2)
COPIES = 3


def load() -> xr.Dataset:
    """Return daily ``sst``, NaN on the missing day, and ``sea``."""
    raw = xr.load_dataset(xdvn.datasets.fetch("sst/alboranSST_small.nc"))
    sea = raw["mask"] == 1
    days = np.arange(raw.time.values[0], raw.time.values[-1] + np.timedelta64(1, "D"), np.timedelta64(1, "D"))
    sst = raw["SST"].where(sea).reindex(time=days).assign_attrs(units="degC", standard_name="sea_surface_temperature")
    return xr.Dataset({"sst": sst, "sea": sea})


def withhold(da: xr.DataArray, seed: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Split observations into those used and those withheld."""
    withheld = da.notnull().copy(data=HOLDOUT.choose(da.notnull().values, seed))
    return da.where(~withheld), da.where(withheld)


def tune(sst: xr.DataArray, land: LandMask, seed: int) -> OptimalInterpolation:
    """Tune on withheld observations, on every third cell, which resolves the scales."""
    used, withheld = withhold(sst, seed)
    ds = xr.Dataset({"sst_obs": used, "sst": withheld}).isel(lat=slice(1, None, 3), lon=slice(1, None, 3))
    oi = OptimalInterpolation.tune(ds, "sst_obs", "sst", days=10, land=land, progress=False)
    print(
        f"   scales {', '.join(f'{s:.2f}' for s in oi.scales)}, noise {oi.noise_ratio:.2f}, std {oi.signal_std:.2f} K"
    )
    # Observations three times as dense in each direction, with correlated errors, add no information.
    return dataclasses.replace(oi, noise_ratio=3 * oi.noise_ratio)


def train(sst: xr.DataArray, sea: xr.DataArray, oi: OptimalInterpolation, seed: int) -> xdvn.Model:
    """Train on copies of the days under other clouds, alternately forward and backward in time."""
    parts = []
    for copy in range(COPIES):
        used, _ = withhold(sst, 1000 * (seed + 1) + copy)
        part = xr.Dataset({"sst_obs": used, "sst": sst})
        parts.append(part if copy % 2 == 0 else part.isel(time=slice(None, None, -1)))
    training_data = xr.concat(parts, "time")
    days = np.arange(training_data.sizes["time"]) * np.timedelta64(1, "D")
    training_data["time"] = sst.time.values[0] + days
    quick = dataclasses.replace(oi, analysis=StructuredKernelInterpolation(nodes=3, tolerance=0.02), land=None)
    return training_data.dvn.fit(
        "sst_obs",
        truth="sst",
        ocean_mask=sea,
        first_guess=quick,
        validation=0,
        progress=False,
        windows={"time": 5, "lat": 64, "lon": 64},
        training=Training(epochs=1, seed=seed),
    )


def fold(ds: xr.Dataset, seed: int) -> Comparison:
    """Withhold observations, fill the fields with every method, and score them on the withheld observations."""
    used, withheld = withhold(ds["sst"], seed)
    land = LandMask(ds["sea"].values, (ds.lat.values.astype(np.float64), ds.lon.values.astype(np.float64)))
    observed = xr.Dataset({"sst_obs": used})
    share = float(withheld.notnull().sum() / ds.sst.notnull().sum())
    print(f"fold {seed}: {share:.0%} of {int(ds.sst.notnull().sum())} observations withheld", flush=True)
    oi = tune(used, land, 100 + seed)
    wall, cpu = time.monotonic(), time.process_time()
    model = train(used, ds["sea"], oi, seed)
    print(f"   training {time.process_time() - cpu:.0f} s CPU, {time.monotonic() - wall:.0f} s wall", flush=True)
    methods = {
        "climatology (mean of the days)": Climatology.from_data(observed, "sst_obs", name="sst", land=land),
        "persistence": Persistence("sst_obs", "sst", land=land),
        "linear in time": LinearInTime("sst_obs", "sst", land=land),
        "DINEOF": Dineof("sst_obs", "sst", land=land, seed=seed),
        "OI, tuned": oi,
        "xdvn": model,
    }
    result = xdvn.compare(observed, withheld.rename("sst"), methods, progress=False)
    print(result, flush=True)
    return result


def main() -> None:
    """Print a table per fold and one over all folds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=3, help="number of folds (default: 3)")
    options = parser.parse_args()
    try:
        ds = load()
    except ConnectionError as error:
        print(f"skipped: {error}")
        return
    tables = [fold(ds, seed).table for seed in range(options.folds)]
    squares = xr.concat([table["rmse"] ** 2 for table in tables], "fold")
    print("\n| method | RMSE [K], all folds | by fold | seconds to map |\n| --- | ---: | --- | ---: |")
    for method in squares["method"].values:
        errors = np.sqrt(squares.sel({"method": method}).values)
        seconds = np.mean([float(table["seconds"].sel({"method": method})) for table in tables])
        pooled = float(np.sqrt((errors**2).mean()))
        print(f"| {method} | {pooled:.3f} | {', '.join(f'{e:.3f}' for e in errors)} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
