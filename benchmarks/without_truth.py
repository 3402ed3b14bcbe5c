"""Learning without a truth on the year of eddies, and whether withheld tracks can rank maps as the truth does.

    python benchmarks/without_truth.py [EPOCHS] [SEED]

Nothing below sees the truth before it is scored: the interpolation is chosen, and the network trained, on tracks that
were withheld from their maps. Scores are the demo's: days 21 to 62 in the challenge's box, mapped from observations of
days 0 to 62. Then the same methods map the same days from four fifths of the tracks; their errors on the fifth withheld
are ranked with their true errors. The results are in docs/training.md.
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


def divided(ds: xr.Dataset, seed: int, share: float = 0.2) -> xr.Dataset:
    """Return the record with its tracks divided into ``ssh_obs`` and ``ssh_held``."""
    split = WithholdObservations(WholeTracks(share)).draw(ds, PAIRS, find_axes(ds["ssh_obs"]), seed)
    assert split.withheld is not None
    return split.observed.assign(ssh_held=split.withheld["ssh_obs"])


def chosen_without_truth(ds: xr.Dataset, mean: MeanField, seed: int) -> OptimalInterpolation:
    """Return the interpolation, of a few, that maps withheld tracks of ``ds`` best."""
    record = divided(ds, seed)
    candidates = [
        OptimalInterpolation("ssh_obs", scales=tuple(factor * s for s in (7.0, 1.0, 1.0)), noise_ratio=noise, mean=mean)
        for factor in (0.7, 1.0, 1.4)
        for noise in (0.05, 0.2)
    ]
    errors = [float(((c.reconstruct(record)["ssh_obs"] - record["ssh_held"]) ** 2).mean()) ** 0.5 for c in candidates]
    for candidate, error in zip(candidates, errors, strict=True):
        print(f"   scales {candidate.scales}, noise {candidate.noise}: {error:.4f} m on withheld tracks")
    return candidates[int(np.argmin(errors))]


def evaluate(label: str, mapper: object, observed: xr.Dataset, ds: xr.Dataset) -> xr.DataArray:
    """Map, print the scores and return the maps."""
    maps = reconstruct(observed, mapper, **({"progress": False} if hasattr(mapper, "network") else {}))
    field = maps[next(iter(maps.data_vars))].rename("ssh")
    truth = ds["ssh"].isel(time=SPLIT.evaluation).sel(BOX)
    found = score(field.to_dataset().sel(BOX), truth, mean=ds["ssh_front"].sel(BOX))
    reported = "  ".join(f"{k} {float(found[k]):.3f}" for k in ("mu", "mu_anomaly", "lambda_x", "lambda_t"))
    print(f"{label:<36} {reported}", flush=True)
    return field


def main(epochs: int = 10, seed: int = 0) -> None:
    """Train, score, rank."""
    ds = xdvn.datasets.eddies()
    blind = ds.drop_vars("ssh")
    learning = blind.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop))
    observed = blind.isel(time=SPLIT.observations)
    axes = find_axes(ds["ssh_obs"])
    mean = MeanField.plane(learning["ssh_obs"].isel(time=slice(0, SPLIT.train.stop - SPLIT.train.start)), axes)

    began = time.process_time()
    chosen = chosen_without_truth(blind.isel(time=slice(SPLIT.train.start, SPLIT.train.start + 63)), mean, seed)
    print(f"chosen on withheld tracks: {chosen.scales}, noise {chosen.noise:.3f}, {_minutes(began)}", flush=True)
    withheld = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
    began = time.process_time()
    # Scales and noise as the data challenge gives them, which need no truth either.
    challenge = OptimalInterpolation("ssh_obs", mean=mean)
    model = fit_from_oi(
        learning,
        "ssh_obs",
        None,
        challenge,
        validation=withheld,
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
    print("\nFrom all observations")
    for label, mapper in methods.items():
        evaluate(label, mapper, observed, ds)

    print("\nFrom four fifths of the tracks: error on the others, true error [m]")
    part = divided(observed, seed + 100)
    true, withheld = [], []
    for label, mapper in methods.items():
        field = evaluate(label, mapper, part, ds)
        days = field.isel(time=SPLIT.evaluation)
        inside = dict(BOX)
        withheld.append(
            float(np.sqrt(((field - part["ssh_held"]).isel(time=SPLIT.evaluation).sel(inside) ** 2).mean()))
        )
        true.append(float(np.sqrt(((days - ds["ssh"].isel(time=SPLIT.evaluation)).sel(inside) ** 2).mean())))
        print(f"{label:<36} {withheld[-1]:.4f} {true[-1]:.4f}", flush=True)
    print(f"Spearman rank correlation of {len(true)} methods: {spearmanr(withheld, true).statistic:.3f}")


def _minutes(began: float) -> str:
    return f"{(time.process_time() - began) / 60:.1f} CPU min"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
