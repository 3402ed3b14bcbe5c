# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # The Mediterranean: a real sea, real tracks, land and all
#
# Two experiments with small real files (2.5 MB, fetched once):
#
# 1. **A twin experiment (OSSE).** Daily maps of absolute dynamic topography of spring 2005 are taken for the truth and
#    sampled where four real altimeters measured in 2014. A 4DVarNet learns from 1 April to 15 May and maps 10 to 30
#    June.
# 2. **The reverse (OSE).** The real measurements of three of these altimeters are mapped, and judged by the fourth,
#    Jason-2, which no method has seen.
#
# **What to keep in mind.** The truth of the first experiment is itself an optimal interpolation (DUACS): smooth, with
# nothing shorter than some 150 km in it. Any interpolation finds it easy, and the scores flatter; only the second
# experiment tells how real heights are met. Six weeks of one year are also very little to learn from.
#
# By default only the west (to 10 E) is mapped, on a grid of 1/4 degree: a few minutes on two free cores.
# `XDVN_TUTORIAL=whole` takes the whole sea, `full` the whole sea on the maps' own 1/8 degree, `small` trains for a
# moment only.

# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import xdvn
from xdvn import osse
from xdvn.baselines import OptimalInterpolation
from xdvn.datasets import fetch
from xdvn.grid.axes import find_axes
from xdvn.grid.filling import fill_gaps
from xdvn.grid.mean import MeanField
from xdvn.metrics import TrackSegments, along_track_scores
from xdvn.readers import read
from xdvn.recipe import fit_from_interpolation, longer_memory

SIZE = os.environ.get("XDVN_TUTORIAL", "west")  # or "small", "whole", "full"
REGION = {"lat": slice(35, 45), "lon": slice(-6, 10)} if SIZE in ("small", "west") else {}
COARSER = 1 if SIZE == "full" else 2  # cells of 1/8 degree to one of the grid
EPOCHS = int(os.environ.get("XDVN_TUTORIAL_EPOCHS", {"small": 1, "west": 30}.get(SIZE, 10)))
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## The truth, and where it is looked at
#
# The tracks of 2014 cover 20 days; they are repeated by day from 1 April on. Each measurement gets 2 cm of white noise.
# To read the truth near the coast, splines need something to hold on to: land is filled smoothly for that alone, and no
# measurement on land is kept.

# %%
adt = read(fetch("ssh/dt_med_allsat_phy_l4_2005T2.nc"))["adt"].sel(REGION)
tracks = read(fetch("tracks/ADT_20140515_20140604.dat"), missions=("SARAL/AltiKa", "CryoSat-2", "HY-2A", "Jason-2"))
print(tracks)

# %%
points = osse.borrow_tracks(tracks, adt.time.values[0], days=adt.sizes["time"])
heights = osse.sample(fill_gaps(adt), points, noise=osse.WhiteNoise(0.02), seed=0).rename("ssh_obs")
truth = adt.coarsen(lat=COARSER, lon=COARSER).mean(keep_attrs=True).rename("ssh").astype(np.float32)
sea = truth.notnull().any("time")


def gridded(values: xr.DataArray, grid: xr.DataArray) -> xr.Dataset:
    """Average measurements by day in the cells of a grid that are sea."""
    cells = osse.grid_points(values, grid)
    return cells.where(sea).assign_attrs(cells.attrs)


ds = gridded(heights, truth).assign(ssh=truth)
seen = float(ds.ssh_obs.notnull().sum() / ds.ssh.notnull().sum())
print(ds.dvn)
print(f"{seen:.1%} of the sea's cells are seen on a day")

# %% [markdown]
# ## Learn from spring, map June
#
# Both methods know the same mean field, that of the training days. The interpolation's lengths and noise are tuned on
# these days; the network starts from an interpolation with a longer memory (`xdvn.recipe`). To map June, both see the
# observations from 16 May on, and none later than 30 June.

# %%
training = ds.sel(time=slice("2005-04-01", "2005-05-15"))
observed = ds.sel(time=slice("2005-05-16", "2005-06-30")).drop_vars("ssh")
scored = truth.sel(time=slice("2005-06-10", "2005-06-30"))
axes = find_axes(truth)
mean = MeanField.from_data(training["ssh"], axes)
on_grid = xr.DataArray(mean.on([truth.lat.values, truth.lon.values]), dims=("lat", "lon"), coords=sea.coords)

# %%
oi = OptimalInterpolation.tune(training, "ssh_obs", "ssh", mean=mean)
print(oi.scales, "days, degrees;", f"noise {oi.noise:.2f}")

# %%
model = fit_from_interpolation(training, "ssh_obs", "ssh", oi, validation=0, epochs=EPOCHS)
print(model)

# %%
maps = {
    "training mean": xr.Dataset(
        {"ssh": on_grid.where(sea).broadcast_like(observed["ssh_obs"]).assign_attrs(units="m")}
    ),
    "optimal interpolation, tuned": observed.dvn.reconstruct(oi).where(sea),
    "its longer memory": observed.dvn.reconstruct(longer_memory(oi)).where(sea),
    "4DVarNet": observed.dvn.reconstruct(model),
}

# %% [markdown]
# ## Twin experiment: scores on 10 to 30 June
#
# `mu` is one minus the relative error, `anomaly` the same without the mean; the error is in centimetres. "Its longer
# memory" is the map that the network starts from. In June the sea stands higher than the mean of the training days (by
# 4.6 cm over the whole Mediterranean), which an interpolation tuned in spring is too cautious to follow, and one with a
# longer memory is not. A network is worth its training only if it
# improves on that row.

# %%
rows = {}
for name, result in maps.items():
    scores = result["ssh"].sel(time=scored.time).to_dataset().dvn.score(scored, mean=on_grid)
    rows[name] = {"mu": float(scores.mu), "anomaly": float(scores.anomaly), "rmse [cm]": 100 * float(scores.rmse)}
print(pd.DataFrame(rows).T.round(3).to_string())

# %%
day = "2005-06-20"
panels = {
    name: result["ssh"].sel(time=scored.time) - on_grid for name, result in maps.items() if name != "training mean"
}
figure = xdvn.plot.comparison(
    panels, scored - on_grid, observations=(ds.ssh_obs - on_grid).sel(time=scored.time), time=day
)
figure.savefig(OUT / "mediterranean.png", dpi=120)

# %% [markdown]
# ## The reverse: three real altimeters, judged by the fourth
#
# The same interpolation and the same network, neither of which has seen anything of 2014, map the real measurements of
# SARAL/AltiKa, CryoSat-2 and HY-2A. Persistence gives each cell its last measurement, and the mean before there is one.
# The score along the track of Jason-2 holds its own noise too, so that no map can reach zero.

# %%
held_out = (tracks.mission == "Jason-2").values
given = tracks["ssh"].isel(point=np.flatnonzero(~held_out)).rename("ssh_obs")
judge = tracks["ssh"].isel(point=np.flatnonzero(held_out))
noon = pd.date_range("2014-05-15T12", "2014-06-03T12", freq="D")
grid = xr.DataArray(dims=("time", "lat", "lon"), coords={"time": noon, "lat": truth.lat, "lon": truth.lon})
real = gridded(given, grid)
real["ssh_obs"].attrs |= {"units": "m", "standard_name": "sea_surface_height_above_geoid"}

# %%
persistence = xdvn.baselines.Persistence("ssh_obs", name="ssh", mean=mean)
real_maps = {
    "training mean": on_grid.where(sea).broadcast_like(real["ssh_obs"]).assign_attrs(units="m"),
    "persistence": real.dvn.reconstruct(persistence)["ssh"].where(sea),
    "optimal interpolation, tuned": real.dvn.reconstruct(oi)["ssh"].where(sea),
    "its longer memory": real.dvn.reconstruct(longer_memory(oi))["ssh"].where(sea),
    "4DVarNet": real.dvn.reconstruct(model)["ssh"],
}

# %%
rows = {}
for name, field in real_maps.items():
    scores = along_track_scores(field, judge, segments=TrackSegments(length=300))
    rows[name] = {"mu": float(scores.mu), "sigma": float(scores.sigma), "rmse [cm]": 100 * float(scores.rmse)}
    rows[name] |= {"lambda_x [km]": float(scores.lambda_x), "points": scores.attrs["points"]}
print(pd.DataFrame(rows).T.round(3).to_string())

# %%
day = "2014-05-30"
panels = {
    name: field.transpose("time", "lat", "lon") - on_grid
    for name, field in real_maps.items()
    if name != "training mean"
}
figure = xdvn.plot.comparison(panels, observations=real.ssh_obs - on_grid, time=day)
figure.savefig(OUT / "mediterranean_2014.png", dpi=120)
