"""Training without a truth on the year of eddies, and the ranking of maps by withheld tracks.

    python benchmarks/without_truth.py [EPOCHS] [SEED]

No method uses the truth before scoring: the interpolation is chosen and the network is trained on withheld tracks.
Scores are those of the demo: days 21 to 62 in the challenge's box, mapped from observations of days 0 to 62. Then the
methods map the same days from four fifths of the tracks, and their errors on the withheld fifth are ranked against
their true errors. The results are in docs/training.md.
"""

from __future__ import annotations

import dataclasses
import sys
import time

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

import xdvn
from xdvn import Training
from xdvn.api import reconstruct, score
from xdvn.baselines import Climatology, LinearInTime, OptimalInterpolation, Persistence, StructuredKernelInterpolation
from xdvn.core.training import default_optimiser
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import BOX, Split
from xdvn.recipe import fit_from_oi
from xdvn.training import WholeTracks
from xdvn.training.resampling import WithholdObservations

SPLIT = Split()
PAIRS = [("ssh_obs", "ssh_obs")]


def withhold_tracks(ds: xr.Dataset, seed: int, share: float = 0.2) -> xr.Dataset:
    """Return ``ds`` with its tracks divided into ``ssh_obs`` and ``ssh_withheld``."""
    split = WithholdObservations(WholeTracks(share)).draw(ds, PAIRS, find_axes(ds["ssh_obs"]), seed)
    assert split.withheld is not None
    return split.observed.assign(ssh_withheld=split.withheld["ssh_obs"])


def choose_without_truth(ds: xr.Dataset, mean: MeanField, seed: int) -> OptimalInterpolation:
    """Return the interpolation, of six, with the smallest error on withheld tracks of ``ds``."""
    split = withhold_tracks(ds, seed)
    candidates = [
        OptimalInterpolation("ssh_obs", scales=tuple(factor * s for s in (7.0, 1.0, 1.0)), noise_ratio=noise, mean=mean)
        for factor in (0.7, 1.0, 1.4)
        for noise in (0.05, 0.2)
    ]
    squares = [((c.reconstruct(split)["ssh_obs"] - split["ssh_withheld"]) ** 2).mean() for c in candidates]
    errors = [float(square) ** 0.5 for square in squares]
    for candidate, error in zip(candidates, errors, strict=True):
        print(f"   scales {candidate.scales}, noise {candidate.noise_ratio}: {error:.4f} m on withheld tracks")
    return candidates[int(np.argmin(errors))]


def evaluate(label: str, mapper: object, observed: xr.Dataset, ds: xr.Dataset) -> xr.DataArray:
    """Map, print the scores and return the maps."""
    maps = reconstruct(observed, mapper, **({"progress": False} if hasattr(mapper, "network") else {}))
    field = maps[next(iter(maps.data_vars))].rename("ssh")
    truth = ds["ssh"].isel(time=SPLIT.evaluation).sel(BOX)
    scores = score(field.to_dataset().sel(BOX), truth, mean=ds["ssh_front"].sel(BOX))
    values = "  ".join(f"{k} {float(scores[k]):.3f}" for k in ("mu", "mu_anomaly", "lambda_x", "lambda_t"))
    print(f"{label:<36} {values}", flush=True)
    return field


def main(epochs: int = 10, seed: int = 0) -> None:
    """Train, score and rank."""
    ds = xdvn.datasets.eddies()
    observations = ds.drop_vars("ssh")
    training_data = observations.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop))
    observed = observations.isel(time=SPLIT.observations)
    axes = find_axes(ds["ssh_obs"])
    mean = MeanField.plane(training_data["ssh_obs"].isel(time=slice(0, SPLIT.train.stop - SPLIT.train.start)), axes)

    began = time.process_time()
    first_days = observations.isel(time=slice(SPLIT.train.start, SPLIT.train.start + 63))
    chosen = choose_without_truth(first_days, mean, seed)
    print(f"chosen on withheld tracks: {chosen.scales}, noise {chosen.noise_ratio:.3f}, {_minutes(began)}", flush=True)
    validation = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
    began = time.process_time()
    # The scales and the noise of the data challenge do not depend on the truth.
    challenge = OptimalInterpolation("ssh_obs", mean=mean)
    model = fit_from_oi(
        training_data,
        "ssh_obs",
        None,
        challenge,
        validation=validation,
        progress=False,
        first_guess=dataclasses.replace(challenge, analysis=StructuredKernelInterpolation(nodes=3, tolerance=0.03)),
        resampling=WithholdObservations(n_realisations=3),
        training=Training(epochs=epochs, seed=seed, optimiser=default_optimiser(110 * epochs, learning_rate=1e-3)),
    )
    print(f"trained: best epoch {model.history.best_epoch} of {epochs}, {_minutes(began)}")
    print("losses", [round(v, 4) for v in model.history.loss], [round(v, 4) for v in model.history.validation_loss])

    methods = {
        "the mean": Climatology("ssh_obs", mean),
        "persistence": Persistence("ssh_obs", mean=mean),
        "linear in time": LinearInTime("ssh_obs", mean=mean),
        "OI, the challenge's scales": challenge,
        "OI, half these scales": dataclasses.replace(challenge, scales=(3.5, 0.5, 0.5)),
        "OI, twice these scales": dataclasses.replace(challenge, scales=(14.0, 2.0, 2.0)),
        "OI, chosen without a truth": chosen,
        "the network's first guess": model.first_guess,
        "xdvn, trained without a truth": model,
    }
    print("\nMaps from all observations")
    for label, mapper in methods.items():
        evaluate(label, mapper, observed, ds)

    print("\nMaps from four fifths of the tracks: error on the withheld fifth, true error [m]")
    part = withhold_tracks(observed, seed + 100)
    withheld_errors, true_errors = [], []
    for label, mapper in methods.items():
        field = evaluate(label, mapper, part, ds)
        withheld = (field - part["ssh_withheld"]).isel(time=SPLIT.evaluation).sel(BOX)
        true = (field.isel(time=SPLIT.evaluation) - ds["ssh"].isel(time=SPLIT.evaluation)).sel(BOX)
        withheld_errors.append(float(np.sqrt((withheld**2).mean())))
        true_errors.append(float(np.sqrt((true**2).mean())))
        print(f"{label:<36} {withheld_errors[-1]:.4f} {true_errors[-1]:.4f}", flush=True)
    correlation = spearmanr(withheld_errors, true_errors).statistic
    print(f"Spearman rank correlation of {len(true_errors)} methods: {correlation:.3f}")


def _minutes(began: float) -> str:
    return f"{(time.process_time() - began) / 60:.1f} CPU min"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
