"""Effect of augmentation, resampling and target on the skill for the year of eddies, one of them changed at a time.

    python benchmarks/training_aids.py [EPOCHS] [SEED] [NAME ...]

All start from the same first guess, as in the demo. Maps are scored as in the demo: days 21 to 62 in the challenge's
box, mapped from observations of days 0 to 62. ``last day`` is the error of near-real-time maps: of the last day of
observations, averaged over every third of those days.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import xarray as xr
from twin_runs import SPLIT, interpolation, observed_days, scores, training_days

import xdvn
from xdvn import Training, Windows
from xdvn.api import reconstruct
from xdvn.core.augmentation import Compose
from xdvn.osse import BOX
from xdvn.recipe import fit_from_oi
from xdvn.training.resampling import PerturbObservations, ShuffleMasks

# Options of ``fit_from_oi``; the windows are those of the recipe for the 57 x 57 cells of the twin.
OPTIONS: dict[str, dict[str, Any]] = {
    "demo": {},
    "no parity": {"augmentation": Compose(())},
    "masks of other days": {"resampling": PerturbObservations(0.02, after=ShuffleMasks(), n_realisations=3)},
    "further errors of 2 cm": {"resampling": PerturbObservations(0.02, n_realisations=3)},
    'target="last"': {
        "windows": Windows({"time": 15, "lat": 57, "lon": 57}, {"time": 14, "lat": 0, "lon": 0}, target="last")
    },
}


def last_day_error(ds: xr.Dataset, mapper: Any) -> float:
    """Return the root mean square error of the last day [m]."""
    squares = []
    for day in range(SPLIT.evaluation.start, SPLIT.evaluation.stop, 3):
        observed = ds.isel(time=slice(day - 20, day + 1)).drop_vars("ssh")
        options = {"progress": False} if hasattr(mapper, "network") else {}
        last = reconstruct(observed, mapper, **options)["ssh"].isel(time=-1).sel(BOX)
        squares.append(float(((last - ds["ssh"].isel(time=day).sel(BOX)) ** 2).mean()))
    return float(np.sqrt(np.mean(squares)))


def main(epochs: int = 7, seed: int = 0, *names: str) -> None:
    """Train with every option and print a table."""
    ds = xdvn.datasets.eddies()
    tuned = interpolation(ds)
    training_data, validation = training_days(ds)
    print("| training | mu | mu_anomaly | lambda_x [deg] | last day [cm] | minutes |\n|---|---|---|---|---|---|")
    print(row("(tuned interpolation)", ds, tuned, 0.0), flush=True)
    for name in names or OPTIONS:
        options = dict(OPTIONS[name])
        settings = Training(epochs=epochs, seed=seed, augmentation=options.pop("augmentation", None))
        began = time.monotonic()
        model = fit_from_oi(
            training_data,
            "ssh_obs",
            "ssh",
            tuned,
            validation=validation,
            progress=False,
            training=settings,
            **options,
        )
        print(row(name, ds, model, (time.monotonic() - began) / 60), flush=True)


def row(name: str, ds: xr.Dataset, mapper: Any, minutes: float) -> str:
    """Score a mapper and return its row of Markdown."""
    options = {"progress": False} if hasattr(mapper, "network") else {}
    values = scores(ds, reconstruct(observed_days(ds), mapper, **options))
    cells = [f"{values[k]:.3f}" for k in ("mu", "mu_anomaly", "lambda_x")]
    return f"| {name} | " + " | ".join([*cells, f"{100 * last_day_error(ds, mapper):.2f}", f"{minutes:.1f}"]) + " |"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
