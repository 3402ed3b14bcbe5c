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


def scored_row(label: str, maps: xr.Dataset, ds: xr.Dataset, days: slice) -> None:
    """Print the scores of a standard deviation."""
    truth = ds["ssh"].isel(time=days).sel(BOX)
    mean, std = (maps[n].sel(time=truth.time).sel(BOX) for n in ("ssh", "ssh_std"))
    found = uncertainty_scores(mean, std, truth)
    reported = "  ".join(f"{k} {float(found[k]):.4f}" for k in ("rmse", "spread", "spread_skill", "crps", "nll"))
    print(f"{label:<34} {reported}  90 % holds {float(found.coverage.sel(level=0.9)):.3f}", flush=True)


def compared(label: str, posterior: AbstractPosterior, model: Model, ds: xr.Dataset) -> xr.Dataset:
    """Judge a posterior as it is, and corrected on the validation days; return the corrected maps."""
    began = time.process_time()
    observed = ds.drop_vars("ssh")
    withheld = observed.isel(time=slice(SPLIT.train.stop - 30, SPLIT.validation.stop))
    truth = ds["ssh"].isel(time=SPLIT.validation).sel(BOX)
    right = Calibrated.on(withheld, model, truth, posterior, progress=False)
    maps = posterior.reconstruct(observed.isel(time=SPLIT.observations), model, progress=False)
    scored_row(label, maps, ds, SPLIT.evaluation)
    found = right.calibrations["ssh"]
    reported = maps["ssh_std"].attrs.get("comment")
    if reported:
        print(f"   {reported}")
    corrected = maps.assign(ssh_std=found.apply(maps["ssh_std"]))
    scored_row(f"{label}, corrected", corrected, ds, SPLIT.evaluation)
    print(f"   factor {found.factor:.3f}, floor {found.floor:.4f} m, {(time.process_time() - began) / 60:.1f} CPU min")
    return corrected


def with_head(model: Model, ds: xr.Dataset, epochs: int = 3) -> Model:
    """Return the model with a head that predicts a variance, trained on the same days; the map stays as it is."""
    learning = ds.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop))
    withheld = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
    head = partial(GaussianHead, model.network, widths=(16, 24, 32))
    return fit(
        learning,
        "ssh_obs",
        truth="ssh",
        init_from=model,
        network=head,
        loss=GaussianNLL,
        validation=withheld,
        progress=False,
        training=Training(epochs=epochs),
    )


def main() -> None:
    """Judge all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--laplace", action="store_true")
    parser.add_argument("--picture")
    given = parser.parse_args()
    ds = xdvn.datasets.eddies()
    model, *others = (xdvn.load(path) for path in given.models)
    results = {}
    noisy = Ensemble(members=4, obs_error=0.03)
    results["perturbed observations"] = compared("ensemble, perturbed observations", noisy, model, ds)
    if others:
        nets = Ensemble(members=1 + len(others), models=tuple(others))
        results["networks"] = compared(f"ensemble, {1 + len(others)} networks", nets, model, ds)
        both = Ensemble(members=2 * (1 + len(others)), obs_error=0.03, models=tuple(others))
        results["both"] = compared("ensemble, both", both, model, ds)
    if given.laplace:
        # Windows a week apart: samples are expensive, and the variances of neighbours are much alike.
        weekly = dataclasses.replace(model, spec=dataclasses.replace(model.spec, stride=(7, *model.spec.stride[1:])))
        laplace = Laplace.measured(weekly, ds.isel(time=SPLIT.validation), obs_variance=0.02, draws=6)
        print(f"prior variance {laplace.prior_variance:.4f}", flush=True)
        results["Laplace"] = compared("Laplace", laplace, weekly, ds)
    began = time.process_time()
    headed = with_head(model, ds)
    print(f"head trained, {(time.process_time() - began) / 60:.1f} CPU min")
    results["Gaussian head"] = compared("Gaussian head", MapperVariance(), headed, ds)
    if given.picture:
        truth = ds["ssh"].isel(time=SPLIT.evaluation).sel(BOX)
        far = distance_to_observations(ds["ssh_obs"].isel(time=SPLIT.observations).notnull(), within_days=1)
        ax = xdvn.plot.error_by_distance(results, truth, far["distance_in_space"])
        ax.get_figure(root=True).savefig(given.picture, dpi=110)


if __name__ == "__main__":
    main()
