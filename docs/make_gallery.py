"""Figures of docs/gallery.md: ``python docs/make_gallery.py [folder]``, in about three minutes, offline.

A small ocean and its tracks, mapped by optimal interpolation and by a briefly trained network. The figures show the
plotting functions, not the skill of the methods, which ``make demo`` measures.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import jax
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import shapely
import xarray as xr
from PIL import Image

import xdvn
from xdvn.core.augmentation import QGParity
from xdvn.core.observations import Observations
from xdvn.diagnostics import iterates
from xdvn.dynamics import TwoLayerQG
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import Twin
from xdvn.plot.convergence import SolveTrace
from xdvn.plot.land import land_within

DAY = "2012-12-14"


class Experiment(NamedTuple):
    """Data of the figures: a truth, its observations, two reconstructions, and the solve of one of them."""

    truth: xr.DataArray
    observed: xr.DataArray
    tracks: xr.DataArray
    by_oi: xr.Dataset
    maps: xr.Dataset
    scores: dict[str, xr.Dataset]
    history: xr.Dataset
    trace: SolveTrace
    steps: xr.DataArray


def experiment() -> Experiment:
    """Simulate and observe an ocean, and map its last month with both methods."""
    ocean = TwoLayerQG(n=96, length=960e3)
    twin = Twin(days=110, lat=(33.0, 40.0), lon=(-65.0, -56.6), spin_up=200, noise=0.01, model=ocean)
    ds, tracks = twin.make(), twin.tracks()
    training, evaluation = ds.isel(time=slice(60)), ds.isel(time=slice(60, None))
    mean = MeanField.from_data(training["ssh"], find_axes(ds["ssh"]))
    signal = float((training["ssh"] - training["ssh"].mean("time")).std())
    oi = xdvn.OptimalInterpolation(
        "ssh_obs", name="ssh", scales=(8.0, 0.9, 1.1), noise_ratio=0.1, mean=mean, signal_std=signal
    )
    settings = xdvn.Training(epochs=30, augmentation=QGParity())
    model = training.dvn.fit("ssh_obs", truth="ssh", windows={"time": 9}, training=settings, progress=False)
    maps = evaluation.dvn.reconstruct(model, currents=True, distances=True, progress=False)
    by_oi = evaluation.dvn.reconstruct(oi, error=True, progress=False)
    truth = evaluation["ssh"]
    scores = {"OI": by_oi.dvn.score(truth), "4DVarNet": maps.dvn.score(truth)}
    trace = jax.vmap(model.network.trace)(windows(model, evaluation))
    steps = iterates(model, evaluation.sel(time=slice("2012-12-10", "2012-12-18")), progress=False)["ssh"]
    history = model.history.to_dataset()
    return Experiment(truth, evaluation["ssh_obs"], tracks["ssh_obs"], by_oi, maps, scores, history, trace, steps)


def draw(experiment: Experiment, folder: Path) -> None:
    """Draw all figures into a folder."""
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)

    def save(name: str, drawn: plt.Figure | plt.Axes, dpi: int = 90, few_colours: bool = False) -> None:
        figure = drawn if isinstance(drawn, plt.Figure) else drawn.get_figure(root=True)
        figure.savefig(folder / f"{name}.png", dpi=dpi)
        plt.close(figure)
        if few_colours:
            with Image.open(folder / f"{name}.png") as image:
                image.convert("RGB").quantize(256, kmeans=2).save(folder / f"{name}.png", optimize=True)

    truth, observed, tracks, by_oi, maps, scores, history, trace, steps = experiment
    save("projections", projections(), few_colours=True)
    panels = {"OI": by_oi["ssh"], "4DVarNet": maps["ssh"]}
    std = {"OI": by_oi["ssh_std"]}
    save("comparison", xdvn.plot.comparison(panels, truth, observations=observed, std=std, time=DAY), 80)
    save("overview", maps.dvn.plot("ssh", "speed", "vorticity_over_f", "ssh_distance_in_space", time=DAY), 70)
    save("tracks", xdvn.plot.tracks(tracks, maps["ssh"], time=DAY))
    save("section", truth.sel(lat=36.5, method="nearest").to_dataset().dvn.plot())
    save("spectral_score", scales(scores))
    save("time_series", xdvn.plot.time_series(scores))
    save("training", xdvn.plot.training(history))
    save("convergence", xdvn.plot.convergence(trace))
    animation = xdvn.plot.animation(steps, "step", time=DAY, frames_per_second=1.5)
    animation.save(folder / "forming.gif", writer="pillow", dpi=42)
    plt.close("all")


def projections() -> plt.Figure:
    """Return maps of four regions, from the globe to a swath across the date line."""
    lat, lon = np.arange(-89.0, 90, 2), np.arange(1.0, 361, 2)
    line, pixel = np.meshgrid(np.arange(120), np.arange(35), indexing="ij")
    across, along = 0.02 * (pixel - 17), 0.06 * line
    swath = wavy(-20 + along - 0.2 * across, (177.6 + 0.35 * along + across + 180) % 360 - 180, ("line", "pixel"))
    swath = swath.where(np.abs(swath.pixel - 17) > 1)
    fields = {
        "Globe": temperature(lat, lon),
        "North Atlantic": temperature(np.arange(0.0, 66), np.arange(-80.0, 11)),
        "Arctic": temperature(np.arange(60.5, 90), np.arange(0.0, 360, 2)),
        "Swath across the date line": swath,
    }
    figure = plt.figure(figsize=(10.5, 7.5), layout="constrained")
    for place, (title, field) in enumerate(fields.items(), start=1):
        ax = figure.add_subplot(2, 2, place, projection=xdvn.plot.projection_of(field))
        xdvn.plot.field(field, ax, title=title)
    return figure


def temperature(lat: np.ndarray, lon: np.ndarray) -> xr.DataArray:
    """Return a synthetic sea surface temperature, NaN on land."""
    x, y = np.deg2rad(lon), np.deg2rad(lat)[:, None]
    land = land_within(lon.min() - 1, lon.max() + 1, -90, 90)
    shapely.prepare(land)
    ocean_mask = ~shapely.contains_xy(land, *np.meshgrid(lon, lat))
    values = 29 * np.cos(y) ** 2 - 1.8 + 1.5 * np.sin(5 * x + 3 * y) * np.cos(y)
    attrs = {"standard_name": "sea_surface_temperature", "long_name": "sea surface temperature", "units": "degC"}
    return xr.DataArray(np.where(ocean_mask, values, np.nan), {"lat": lat, "lon": lon}, ("lat", "lon"), "sst", attrs)


def wavy(lat: np.ndarray, lon: np.ndarray, dims: tuple[str, str]) -> xr.DataArray:
    """Return a synthetic sea level anomaly on two-dimensional coordinates."""
    values = 0.2 * np.sin(3 * lat) * np.cos(4 * np.deg2rad(lon) * 40)
    attrs = {"standard_name": "sea_surface_height_above_sea_level", "long_name": "sea level anomaly", "units": "m"}
    coords = {"lat": (dims, lat, {"units": "degrees_north"}), "lon": (dims, lon, {"units": "degrees_east"})}
    coords |= {d: np.arange(n) for d, n in zip(dims, lat.shape, strict=True)}
    return xr.DataArray(values, coords, dims, "sla", attrs)


def scales(scores: dict[str, xr.Dataset]) -> plt.Figure:
    """Return the spectral score of one method, and the contours of all."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    xdvn.plot.spectral_score(scores["4DVarNet"], left)
    left.set_title("4DVarNet")
    xdvn.plot.spectral_score(scores, right)
    return figure


def windows(model: xdvn.Model, ds: xr.Dataset) -> Observations:
    """Return eight windows of a Dataset as the network reads them."""
    from xdvn.grid.patches import Patcher
    from xdvn.inference.batches import make_batch

    encoded = model.spec.encode(ds)
    patcher = Patcher(encoded.values.shape[1:], model.spec.patch, model.spec.stride)
    return make_batch(encoded, patcher, patcher.starts[:8])[0]


if __name__ == "__main__":
    draw(experiment(), Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images")
