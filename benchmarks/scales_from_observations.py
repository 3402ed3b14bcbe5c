"""Covariance scales from observations alone, on real tracks of the Mediterranean, each mission withheld in turn.

Three weeks of May 2014. The mean is that of maps of the same months of 2005. Optimal interpolations with given scales
and with scales that are estimated from the three other missions map the measurements, and are compared with those of
the withheld mission. The error includes the noise of the measurements, unfiltered at 1 Hz. Data: ``XDVN_DATA_DIR``
(docs/data.md).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import xarray as xr

from xdvn.baselines import OptimalInterpolation
from xdvn.datasets import fetch
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.readers import read
from xdvn.tracks import bin_points

MISSIONS = ("SARAL/AltiKa", "CryoSat-2", "HY-2A", "Jason-2")
GIVEN = {
    "6 d, .6°, .8°, noise .3": (6.0, 0.6, 0.8, 0.3),
    "15 d, .6°, .75°, noise .3": (15.0, 0.6, 0.75, 0.3),
    "15 d, 1°, 1.25°, noise .3": (15.0, 1.0, 1.25, 0.3),
}


def withheld() -> Iterator[tuple[xr.Dataset, xr.DataArray, xr.DataArray]]:
    """Yield gridded anomalies of three missions, the anomalies along the track of the fourth, and the sea."""
    maps = read(fetch("ssh/dt_med_allsat_phy_l4_2005T2.nc")).adt.coarsen(lat=2, lon=2, boundary="trim").mean()
    heights = read(fetch("tracks/ADT_20140515_20140604.dat"), missions=MISSIONS).ssh
    mean = MeanField.from_data(maps.sel(time=slice("2005-04-01", "2005-06-30")), find_axes(maps))
    days = xr.date_range("2014-05-15T12", "2014-06-03T12")
    grid = xr.Dataset(coords={"time": days, "lat": maps.lat, "lon": maps.lon})
    anomalies = heights - mean.at([heights.lat.values, heights.lon.values])
    for mission in MISSIONS:
        used = (heights.mission != mission).values
        level = float(anomalies[used].mean())
        ds = bin_points((anomalies[used] - level).rename("sla"), grid)
        ds["sla"] = ds.sla.where(maps.notnull().any("time")).assign_attrs(units="m")
        track = anomalies[~used] - level
        yield ds, track[((track.time > days[0]) & (track.time < days[-1])).values], maps.notnull().any("time")


def main() -> None:
    """Print the error of each interpolation along the withheld mission [cm]."""
    errors: dict[str, list[float]] = {}
    for (ds, track, sea), mission in zip(withheld(), MISSIONS, strict=True):
        began = time.monotonic()
        mappers = {"estimated": OptimalInterpolation.from_observations(ds, "sla", progress=False)}
        found = mappers["estimated"]
        scales = ", ".join(f"{s:.2f}" for s in found.scales)
        print(f"{mission}: scales {scales}, noise {found.noise_ratio:.2f}, in {time.monotonic() - began:.1f} s")
        for name, (*lengths, noise) in GIVEN.items():
            mappers[name] = OptimalInterpolation("sla", scales=tuple(lengths), noise_ratio=noise, mean=None)
        at = {d: xr.DataArray(track[d].values, dims="p") for d in ("time", "lat", "lon")}
        misfits = {
            name: mapper.reconstruct(ds, progress=False).sla.where(sea).interp(at).values - track.values
            for name, mapper in mappers.items()
        }
        common = np.all([np.isfinite(m) for m in misfits.values()], axis=0)
        for name, misfit in misfits.items():
            errors.setdefault(name, []).append(100 * float(np.sqrt(np.mean(misfit[common] ** 2))))
    for name, values in errors.items():
        print(f"{name:<28}", " ".join(f"{v:.2f}" for v in values), f" mean {np.mean(values):.3f} cm")


if __name__ == "__main__":
    main()
