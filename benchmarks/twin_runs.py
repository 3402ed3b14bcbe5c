"""Equal trainings on the year of eddies, scored on days that none of them has seen; used by the other scripts.

Training days 94 to 324, validation 325 to 364, scores on days 21 to 62 in the challenge's box, mapped from observations
of days 0 to 62 (``xdvn.osse.Split``).
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
    """Return the measurements made on the days of ``ds`` (stamped at noon)."""
    if tracks is None:
        return None
    first, last = (ds.time.values[i].astype("datetime64[D]") for i in (0, -1))
    day = tracks.time.values.astype("datetime64[D]")
    return tracks.isel(point=(day >= first) & (day <= last))


def interpolation(ds: xr.Dataset) -> OptimalInterpolation:
    """Return the interpolation that maps the training days best."""
    days = ds.isel(time=SPLIT.train)
    mean = MeanField.from_data(days["ssh"], find_axes(ds["ssh"]))
    return OptimalInterpolation.tune(days, "ssh_obs", "ssh", name="ssh", mean=mean, progress=False)


def learning_days(ds: xr.Dataset) -> tuple[xr.Dataset, slice]:
    """Return the days of training and validation, and from when to when those of validation last."""
    withheld = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
    return ds.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop)), withheld


def observed_days(ds: xr.Dataset) -> xr.Dataset:
    """Return what maps of the evaluation days are made of; the sea level's truth is not there to be seen."""
    return ds.isel(time=SPLIT.observations).drop_vars("ssh")


def scores(ds: xr.Dataset, maps: xr.Dataset) -> dict[str, float]:
    """Return the scores of ``ssh`` on the evaluation days in the challenge's box."""
    days = ds["ssh"].isel(time=SPLIT.evaluation).sel(BOX)
    found = score(maps.sel(BOX), days, name="ssh", mean=ds["ssh_front"].sel(BOX))
    return {k: float(found[k]) for k in ("mu", "mu_anomaly", "lambda_x", "lambda_t")}


def run(
    label: str, ds: xr.Dataset, obs: str | list[str], truth: str | list[str], epochs: int, seed: int = 0, **options: Any
) -> dict[str, float]:
    """Train with ``options`` of ``fit``, map the evaluation days, print and return the scores of ``ssh``."""
    tracks = options.pop("tracks", None)
    learning, withheld = learning_days(ds)
    began = time.process_time()
    model = fit(
        learning,
        obs,
        truth=truth,
        tracks=days_of(tracks, learning),
        validation=withheld,
        progress=False,
        windows={"time": 15, "lat": ds.sizes["lat"], "lon": ds.sizes["lon"]},
        training=Training(augmentation=QGParity(), epochs=epochs, seed=seed),
        **options,
    )
    minutes = (time.process_time() - began) / 60
    observed = observed_days(ds)
    maps = reconstruct(observed, model, progress=False, tracks=days_of(tracks, observed))
    result = scores(ds, maps)
    reported = "  ".join(f"{k} {v:.4f}" if v < 1 else f"{k} {v:.2f}" for k, v in result.items())
    print(f"{label:<42} {reported}  epoch {model.history.best_epoch}/{epochs}  {minutes:.1f} CPU min", flush=True)
    return result
