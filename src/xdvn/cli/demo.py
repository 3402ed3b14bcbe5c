"""The demo: a simulated sea observed by altimeters, mapped by three methods, scored and plotted, without a download.

The methods are optimal interpolation with the scales of the data challenge, optimal interpolation tuned on training
days, and a 4DVarNet trained on the same days from a smoother first guess. All use the same observations and the same
training mean, and are scored on independent days.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xarray as xr

from xdvn import datasets
from xdvn.api import reconstruct, score
from xdvn.baselines import OptimalInterpolation
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper
from xdvn.model import Model
from xdvn.osse import BOX, Split
from xdvn.recipe import fit_from_oi
from xdvn.training import Training

__all__ = ["compare_on_twin", "main"]

_EPOCHS_PER_MINUTE = 7 / 3


def main(seed: int = 0, minutes: float = 3.0, twin_seed: int = 0, out: str | Path = "out") -> None:
    """Run the demo, print its table and write maps, model and figures to ``out``.

    Parameters
    ----------
    seed : int
        Seed of the training.
    minutes : float
        Nominal training time on two cores. It sets the number of epochs, so the seed determines the model.
    twin_seed : int
        Seed of the sea and of the orbits.
    out : path-like
        Output folder.
    """
    from xdvn import plot

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    print("1. Simulation of a sea and of its observations along the tracks of four altimeters")
    ds = datasets.eddies(twin_seed)
    maps, model, table = compare_on_twin(ds, seed=seed, epochs=max(1, round(minutes * _EPOCHS_PER_MINUTE)))

    split = Split()
    days = ds.isel(time=split.evaluation).sel(BOX)
    middle = str(days.time.values[days.sizes["time"] // 2])[:10]
    picture = plot.comparison(
        {"OI, tuned": maps["ssh_oi_tuned"].sel(BOX), "xdvn": maps["ssh"].sel(BOX)},
        days["ssh"],
        observations=days["ssh_obs"],
        time=middle,
    )
    picture.savefig(folder / "maps.png", dpi=150)
    maps.to_netcdf(folder / "maps.nc")
    model.save(folder / "eddies.xdvn")
    curves = plot.training(model.history.to_dataset()).get_figure(root=True)
    assert curves is not None
    curves.savefig(folder / "training.png", dpi=100)

    print(f"\nScores on {days.sizes['time']} independent days, in {_box_name()}\n")
    print(_format(table))
    print(
        "\nmu and sigma score the full sea level, mu_anomaly the eddies alone (1 is perfect); lambda is\n"
        f"the resolved scale in longitude and time (smaller is better).\n"
        f"Total time: {(time.monotonic() - began) / 60:.1f} minutes.\n\n"
        f"Files in {folder}/: maps.png and training.png (figures), maps.nc (all days), eddies.xdvn (the model).\n"
        "Next: .venv/bin/python tutorials/first_map.py, or in a notebook\n"
        f'    import xdvn; model = xdvn.load("{folder}/eddies.xdvn"); ds = xdvn.datasets.eddies()\n'
        "    ds.isel(time=slice(90)).dvn.reconstruct(model).dvn.plot()"
    )


def compare_on_twin(
    ds: xr.Dataset, *, seed: int = 0, epochs: int = 7, progress: bool = True, log: Callable[[str], None] = print
) -> tuple[xr.Dataset, Model, xr.Dataset]:
    """Map the evaluation days of a twin by three methods and score them.

    Parameters
    ----------
    ds : xr.Dataset
        A year of ``xdvn.datasets.eddies()``.
    seed, epochs : int
        Seed and epochs of the training.
    progress : bool
        Show progress bars.
    log : callable
        Function that prints progress messages.

    Returns
    -------
    tuple of xr.Dataset, Model, xr.Dataset
        Maps of the evaluation days (``ssh_oi``, ``ssh_oi_tuned``, ``ssh``), the model, and the scores by ``method``.
    """
    split = Split()
    training = ds.isel(time=slice(split.train.start, split.validation.stop))
    observed = ds.isel(time=split.observations).drop_vars(["ssh"])
    mean = MeanField.from_data(ds["ssh"].isel(time=split.train), find_axes(ds["ssh"]))

    log("2. Optimal interpolation: scales of the data challenge, then tuned on training days")
    results: dict[str, tuple[xr.Dataset, float]] = {}
    default = OptimalInterpolation("ssh_obs", name="ssh", mean=mean)
    results["OI, default scales"] = _timed(default, observed, progress)
    began = time.monotonic()
    tuned = OptimalInterpolation.tune(
        ds.isel(time=split.train), "ssh_obs", "ssh", name="ssh", mean=mean, progress=progress
    )
    tuning = time.monotonic() - began
    maps, seconds = _timed(tuned, observed, progress)
    results["OI, tuned"] = (maps, seconds + tuning)
    lengths = " x ".join(f"{s:.2f} {u}" for s, u in zip(tuned.scales, ("d", "deg N", "deg E"), strict=True))
    log(f"   tuned: {lengths}, noise {tuned.noise_ratio:.3f}")

    log(f"3. xdvn: a 4DVarNet that starts from an optimal interpolation with wider scales, {epochs} epochs")
    validation = slice(*(ds.time.values[i] for i in (split.validation.start, split.validation.stop - 1)))
    began = time.monotonic()
    model = fit_from_oi(
        training,
        "ssh_obs",
        "ssh",
        tuned,
        validation=validation,
        progress=progress,
        training=Training(epochs=epochs, seed=seed),
    )
    training_time = time.monotonic() - began
    maps, seconds = _timed(model, observed, progress)
    results["xdvn"] = (maps, seconds + training_time)

    truth = ds["ssh"].isel(time=split.evaluation).sel(BOX)
    table = [_row(m.sel(BOX), truth, ds["ssh_front"].sel(BOX), s) for m, s in results.values()]
    names = {"OI, default scales": "ssh_oi", "OI, tuned": "ssh_oi_tuned", "xdvn": "ssh"}
    all_maps = xr.Dataset({names[k]: m["ssh"].isel(time=split.evaluation) for k, (m, _) in results.items()})
    all_maps["ssh_observed"] = results["xdvn"][0]["ssh_observed"].isel(time=split.evaluation)
    return all_maps, model, xr.concat(table, xr.Variable("method", list(results)), data_vars="all")


def _timed(mapper: AbstractMapper, ds: xr.Dataset, progress: bool) -> tuple[xr.Dataset, float]:
    began = time.monotonic()
    return reconstruct(ds, mapper, progress=progress), time.monotonic() - began


def _row(maps: xr.Dataset, truth: xr.DataArray, front: xr.DataArray, seconds: float) -> xr.Dataset:
    scores = score(maps, truth, mean=front)
    row = scores[["mu", "mu_anomaly", "sigma", "lambda_x", "lambda_t"]]
    return row.assign(minutes=((), seconds / 60, {"units": "min"}))


def _format(table: xr.Dataset) -> str:
    titles = {
        "mu": "mu",
        "mu_anomaly": "mu_anomaly",
        "sigma": "sigma",
        "lambda_x": "lambda_x [deg]",
        "lambda_t": "lambda_t [d]",
    }
    titles["minutes"] = "minutes"
    digits = {"mu": 3, "mu_anomaly": 3, "sigma": 3, "lambda_x": 2, "lambda_t": 1, "minutes": 1}
    lines = [f"{'method':<20}" + "".join(f"{t:>16}" for t in titles.values())]
    for method in table["method"].values:
        row: dict[str, Any] = {k: float(table[k].sel({"method": method})) for k in titles}
        lines.append(f"{method:<20}" + "".join(f"{row[k]:>16.{digits[k]}f}" for k in titles))
    return "\n".join(lines)


def _box_name() -> str:
    lat, lon = BOX["lat"], BOX["lon"]
    return f"{lat.start:g}-{lat.stop:g} N, {-lon.start:g}-{-lon.stop:g} W"
