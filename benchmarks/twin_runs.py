"""Training on the year of eddies with scores on independent days, for the other benchmarks.

Training days are 94 to 324, validation days 325 to 364. Scores are those of days 21 to 62 in the challenge's box,
mapped from observations of days 0 to 62 (``xdvn.osse.Split``).
"""

from __future__ import annotations

import time
from typing import Any

import xarray as xr

from xdvn import Training
from xdvn.api import fit, reconstruct, score
from xdvn.baselines import OptimalInterpolation
from xdvn.core.augmentation import QGParity
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import BOX, Split

SPLIT = Split()


def days_of(tracks: xr.Dataset | None, ds: xr.Dataset) -> xr.Dataset | None:
    """Return the measurements of the days of ``ds``, whose time stamps are at noon."""
    if tracks is None:
        return None
    first, last = (ds.time.values[i].astype("datetime64[D]") for i in (0, -1))
    day = tracks.time.values.astype("datetime64[D]")
    return tracks.isel(point=(day >= first) & (day <= last))


def interpolation(ds: xr.Dataset) -> OptimalInterpolation:
    """Return the interpolation tuned on the training days."""
    days = ds.isel(time=SPLIT.train)
    mean = MeanField.from_data(days["ssh"], find_axes(ds["ssh"]))
    return OptimalInterpolation.tune(days, "ssh_obs", "ssh", name="ssh", mean=mean, progress=False)


def training_days(ds: xr.Dataset) -> tuple[xr.Dataset, slice]:
    """Return training and validation days, and the labels of the first and the last validation day."""
    validation = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
    return ds.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop)), validation


def observed_days(ds: xr.Dataset) -> xr.Dataset:
    """Return the observations for maps of the evaluation days, without the truth."""
    return ds.isel(time=SPLIT.observations).drop_vars("ssh")


def scores(ds: xr.Dataset, maps: xr.Dataset) -> dict[str, float]:
    """Return the scores of ``ssh`` on the evaluation days in the challenge's box."""
    days = ds["ssh"].isel(time=SPLIT.evaluation).sel(BOX)
    values = score(maps.sel(BOX), days, name="ssh", mean=ds["ssh_front"].sel(BOX))
    return {k: float(values[k]) for k in ("mu", "mu_anomaly", "lambda_x", "lambda_t")}


def run(
    label: str, ds: xr.Dataset, obs: str | list[str], truth: str | list[str], epochs: int, seed: int = 0, **options: Any
) -> dict[str, float]:
    """Train with ``options`` of ``fit``, map the evaluation days, print and return the scores of ``ssh``."""
    tracks = options.pop("tracks", None)
    training_data, validation = training_days(ds)
    began = time.process_time()
    model = fit(
        training_data,
        obs,
        truth=truth,
        tracks=days_of(tracks, training_data),
        validation=validation,
        progress=False,
        windows={"time": 15, "lat": ds.sizes["lat"], "lon": ds.sizes["lon"]},
        training=Training(augmentation=QGParity(), epochs=epochs, seed=seed),
        **options,
    )
    minutes = (time.process_time() - began) / 60
    observed = observed_days(ds)
    maps = reconstruct(observed, model, progress=False, tracks=days_of(tracks, observed))
    result = scores(ds, maps)
    values = "  ".join(f"{k} {v:.4f}" if v < 1 else f"{k} {v:.2f}" for k, v in result.items())
    print(f"{label:<42} {values}  epoch {model.history.best_epoch}/{epochs}  {minutes:.1f} CPU min", flush=True)
    return result
