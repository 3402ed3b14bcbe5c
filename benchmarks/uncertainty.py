"""Skill of predicted uncertainties: ensemble, Gaussian head and Laplace on independent days of the year of eddies.

    python benchmarks/uncertainty.py MODEL.xdvn [MODEL.xdvn ...] [--laplace] [--picture FILE]

Models are those of the demo (``xdvn demo --seed N``); the others are further members of the ensemble of the first.
Standard deviations are calibrated on the validation days (325 to 364) and scored on the evaluation days (21 to 62) in
the challenge's box, from observations of days 0 to 62. The results are in docs/uncertainty.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from functools import partial

import xarray as xr

import xdvn
from xdvn import Training
from xdvn.api import fit
from xdvn.core.losses import GaussianNLL
from xdvn.core.networks.gaussian_head import GaussianHead
from xdvn.grid.distance import distance_to_observations
from xdvn.mapper import AbstractPosterior
from xdvn.metrics import uncertainty_scores
from xdvn.model import Model
from xdvn.osse import BOX, Split
from xdvn.uncertainty import Calibrated, Ensemble, Laplace, MapperVariance

SPLIT = Split()


def print_scores(label: str, maps: xr.Dataset, ds: xr.Dataset, days: slice) -> None:
    """Print the scores of a standard deviation."""
    truth = ds["ssh"].isel(time=days).sel(BOX)
    mean, std = (maps[n].sel(time=truth.time).sel(BOX) for n in ("ssh", "ssh_std"))
    scores = uncertainty_scores(mean, std, truth)
    values = "  ".join(f"{k} {float(scores[k]):.4f}" for k in ("rmse", "spread", "spread_skill", "crps", "nll"))
    print(f"{label:<34} {values}  coverage of 90 % {float(scores.coverage.sel(level=0.9)):.3f}", flush=True)


def evaluate(label: str, posterior: AbstractPosterior, model: Model, ds: xr.Dataset) -> xr.Dataset:
    """Score a posterior before and after calibration on the validation days; return the calibrated maps."""
    began = time.process_time()
    observed = ds.drop_vars("ssh")
    calibration_days = observed.isel(time=slice(SPLIT.train.stop - 30, SPLIT.validation.stop))
    truth = ds["ssh"].isel(time=SPLIT.validation).sel(BOX)
    calibration = Calibrated.on(calibration_days, model, truth, posterior, progress=False).calibrations["ssh"]
    maps = posterior.reconstruct(observed.isel(time=SPLIT.observations), model, progress=False)
    print_scores(label, maps, ds, SPLIT.evaluation)
    if comment := maps["ssh_std"].attrs.get("comment"):
        print(f"   {comment}")
    calibrated = maps.assign(ssh_std=calibration.apply(maps["ssh_std"]))
    print_scores(f"{label}, calibrated", calibrated, ds, SPLIT.evaluation)
    minutes = (time.process_time() - began) / 60
    print(f"   factor {calibration.factor:.3f}, floor {calibration.floor:.4f} m, {minutes:.1f} CPU min")
    return calibrated


def with_head(model: Model, ds: xr.Dataset, epochs: int = 3) -> Model:
    """Return the model with a trained head that predicts a variance; its maps are unchanged."""
    training_data = ds.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop))
    validation = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
    head = partial(GaussianHead, model.network, widths=(16, 24, 32))
    return fit(
        training_data,
        "ssh_obs",
        truth="ssh",
        init_from=model,
        network=head,
        loss=GaussianNLL,
        validation=validation,
        progress=False,
        training=Training(epochs=epochs),
    )


def main() -> None:
    """Evaluate all posteriors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="model files of the demo")
    parser.add_argument("--laplace", action="store_true", help="evaluate the Laplace posterior")
    parser.add_argument("--picture", help="figure of error against distance to write")
    options = parser.parse_args()
    ds = xdvn.datasets.eddies()
    model, *others = (xdvn.load(path) for path in options.models)
    results = {}
    noisy = Ensemble(members=4, obs_error=0.03)
    results["perturbed observations"] = evaluate("ensemble, perturbed observations", noisy, model, ds)
    if others:
        nets = Ensemble(members=1 + len(others), models=tuple(others))
        results["networks"] = evaluate(f"ensemble, {1 + len(others)} networks", nets, model, ds)
        both = Ensemble(members=2 * (1 + len(others)), obs_error=0.03, models=tuple(others))
        results["both"] = evaluate("ensemble, both", both, model, ds)
    if options.laplace:
        # Windows a week apart, since samples are expensive and variances of neighbouring windows are similar.
        weekly = dataclasses.replace(model, spec=dataclasses.replace(model.spec, stride=(7, *model.spec.stride[1:])))
        laplace = Laplace.measured(weekly, ds.isel(time=SPLIT.validation), obs_variance=0.02, n_samples=6)
        print(f"prior variance {laplace.prior_variance:.4f}", flush=True)
        results["Laplace"] = evaluate("Laplace", laplace, weekly, ds)
    began = time.process_time()
    model_with_head = with_head(model, ds)
    print(f"head trained, {(time.process_time() - began) / 60:.1f} CPU min")
    results["Gaussian head"] = evaluate("Gaussian head", MapperVariance(), model_with_head, ds)
    if options.picture:
        truth = ds["ssh"].isel(time=SPLIT.evaluation).sel(BOX)
        distance = distance_to_observations(ds["ssh_obs"].isel(time=SPLIT.observations).notnull(), within_days=1)
        ax = xdvn.plot.error_by_distance(results, truth, distance["distance_in_space"])
        ax.get_figure(root=True).savefig(options.picture, dpi=110)


if __name__ == "__main__":
    main()
