"""What each aid of training is worth on the year of eddies: one of them changed at a time.

    python benchmarks/training_aids.py [EPOCHS] [SEED] [NAME ...]

All start from one first guess, as in the demo. ``maps`` are scored as there: days 21 to 62 in the challenge's box,
mapped from observations of days 0 to 62. ``today`` is the error of the last day of a record that ends with it, the mean
over every third of those days: what counts where maps are made every morning.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import xarray as xr
from twin_runs import SPLIT, interpolation, learning_days, observed_days, scores

import xdvn
from xdvn import Training
from xdvn.api import reconstruct
from xdvn.osse import BOX
from xdvn.recipe import fit_from_oi
from xdvn.training.resampling import PerturbObservations, ShuffleMasks

AIDS: dict[str, dict[str, Any]] = {
    "as the demo": {},
    "no parity": {"augmentation": None},
    "other days' tracks": {"resampling": PerturbObservations(0.02, after=ShuffleMasks(), n_realisations=3)},
    "more errors of 2 cm": {"resampling": PerturbObservations(0.02, n_realisations=3)},
    'target="last"': {"target": "last"},
}


def today(ds: xr.Dataset, mapper: Any) -> float:
    """Return the error of the last day [m]."""
    squares = []
    for day in range(SPLIT.evaluation.start, SPLIT.evaluation.stop, 3):
        known = ds.isel(time=slice(day - 20, day + 1)).drop_vars("ssh")
        options = {"progress": False} if hasattr(mapper, "network") else {}
        last = reconstruct(known, mapper, **options)["ssh"].isel(time=-1).sel(BOX)
        squares.append(float(((last - ds["ssh"].isel(time=day).sel(BOX)) ** 2).mean()))
    return float(np.sqrt(np.mean(squares)))


def main(epochs: int = 7, seed: int = 0, *names: str) -> None:
    """Train with each aid and print a table."""
    ds = xdvn.datasets.eddies()
    tuned = interpolation(ds)
    learning, withheld = learning_days(ds)
    print("| training | mu | anomaly | lambda_x [deg] | today [cm] | minutes |\n|---|---|---|---|---|---|")
    print(row("(tuned interpolation)", ds, tuned, 0.0), flush=True)
    for name in names or AIDS:
        began = time.monotonic()
        model = fit_from_oi(
            learning,
            "ssh_obs",
            "ssh",
            tuned,
            validation=withheld,
            progress=False,
            training=Training(epochs=epochs, seed=seed),
            **AIDS[name],
        )
        print(row(name, ds, model, (time.monotonic() - began) / 60), flush=True)


def row(name: str, ds: xr.Dataset, mapper: Any, minutes: float) -> str:
    """Score a mapper and return its row of Markdown."""
    options = {"progress": False} if hasattr(mapper, "network") else {}
    found = scores(ds, reconstruct(observed_days(ds), mapper, **options))
    cells = [f"{found[k]:.3f}" for k in ("mu", "mu_anomaly", "lambda_x")]
    return f"| {name} | " + " | ".join([*cells, f"{100 * today(ds, mapper):.2f}", f"{minutes:.1f}"]) + " |"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
