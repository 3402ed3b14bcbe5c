# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # The Mediterranean: a real sea, real tracks, land
#
# Two experiments with small real files (2.5 MB, downloaded once):
#
# 1. **A twin experiment (OSSE).** Daily maps of absolute dynamic topography of spring 2005 are the truth. They are
#    sampled where four real altimeters measured in 2014. A 4DVarNet trains on 1 April to 15 May and maps 10 to 30 June.
# 2. **An observing-system experiment (OSE).** The real measurements of three of these altimeters are mapped and scored
#    against the fourth, Jason-2, which no method uses.
#
# **Limits.** The truth of the first experiment is itself an optimal interpolation (DUACS): smooth, without scales
# shorter than about 150 km. Interpolation reproduces it easily, and its scores are inflated; only the second experiment
# tests real heights. Six weeks of one year are few training data.
#
# By default only the west (to 10 E) is mapped, on a grid of 1/4 degree: a few minutes on two free cores.
# `XDVN_TUTORIAL=whole` maps the whole sea, `full` the whole sea on the 1/8 degree of the maps, and `small` trains very
# briefly.

# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import xdvn
from xdvn import osse
from xdvn.baselines import OptimalInterpolation
from xdvn.benchmark.regridding import fill_gaps
from xdvn.datasets import fetch
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.metrics import TrackSegments, along_track_scores
from xdvn.readers import read
from xdvn.recipe import fit_from_oi, widen_scales

SIZE = os.environ.get("XDVN_TUTORIAL", "west")  # or "small", "whole", "full"
REGION = {"lat": slice(35, 45), "lon": slice(-6, 10)} if SIZE in ("small", "west") else {}
COARSER = 1 if SIZE == "full" else 2  # cells of 1/8 degree per grid cell
EPOCHS = int(os.environ.get("XDVN_TUTORIAL_EPOCHS", {"small": 1, "west": 30}.get(SIZE, 10)))
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## The truth and its sampling
#
# The tracks of 2014 cover 20 days; they are repeated by day from 1 April on. Each measurement has white noise of 2 cm.
# Splines near the coast need values on land, so land is filled smoothly for the interpolation only, and measurements on
# land are discarded.

# %%
adt = read(fetch("ssh/dt_med_allsat_phy_l4_2005T2.nc"))["adt"].sel(REGION)
tracks = read(fetch("tracks/ADT_20140515_20140604.dat"), missions=("SARAL/AltiKa", "CryoSat-2", "HY-2A", "Jason-2"))
print(tracks)

# %%
points = osse.replay_track_sampling(tracks, adt.time.values[0], days=adt.sizes["time"])
heights = osse.sample(fill_gaps(adt), points, noise=osse.WhiteNoise(0.02), seed=0).rename("ssh_obs")
truth = adt.coarsen(lat=COARSER, lon=COARSER).mean(keep_attrs=True).rename("ssh").astype(np.float32)
ocean_mask = truth.notnull().any("time")


def gridded(values: xr.DataArray, grid: xr.DataArray) -> xr.Dataset:
    """Return daily means of measurements in the ocean cells of a grid."""
    cells = xdvn.tracks.bin_points(values, grid)
    return cells.where(ocean_mask).assign_attrs(cells.attrs)


ds = gridded(heights, truth).assign(ssh=truth)
coverage = float(ds.ssh_obs.notnull().sum() / ds.ssh.notnull().sum())
print(ds.dvn)
print(f"daily coverage of the ocean cells: {coverage:.1%}")

# %% [markdown]
# ## Train on spring, map June
#
# Both methods use the same mean field, that of the training days. The scales and the noise of the interpolation are
# tuned on these days. The network starts from an interpolation with wider scales (`xdvn.recipe`). To map June, both use
# the observations from 16 May to 30 June.

# %%
training = ds.sel(time=slice("2005-04-01", "2005-05-15"))
observed = ds.sel(time=slice("2005-05-16", "2005-06-30")).drop_vars("ssh")
scored = truth.sel(time=slice("2005-06-10", "2005-06-30"))
axes = find_axes(truth)
mean = MeanField.from_data(training["ssh"], axes)
on_grid = xr.DataArray(mean.on([truth.lat.values, truth.lon.values]), dims=("lat", "lon"), coords=ocean_mask.coords)

# %%
oi = OptimalInterpolation.tune(training, "ssh_obs", "ssh", mean=mean)
print(oi.scales, "days, degrees;", f"noise {oi.noise_ratio:.2f}")

# %%
model = fit_from_oi(training, "ssh_obs", "ssh", oi, validation=0, training=xdvn.Training(epochs=EPOCHS))
print(model)

# %%
maps = {
    "training mean": xr.Dataset(
        {"ssh": on_grid.where(ocean_mask).broadcast_like(observed["ssh_obs"]).assign_attrs(units="m")}
    ),
    "optimal interpolation, tuned": observed.dvn.reconstruct(oi).where(ocean_mask),
    "wider scales": observed.dvn.reconstruct(widen_scales(oi)).where(ocean_mask),
    "4DVarNet": observed.dvn.reconstruct(model),
}

# %% [markdown]
# ## Twin experiment: scores on 10 to 30 June
#
# `mu` is 1 − RMSE / RMS, `mu_anomaly` the same without the mean; the error is in centimetres. "Wider scales" is the
# first guess of the network. In June the sea level is above the mean of the training days (by 4.6 cm over the whole
# Mediterranean). An interpolation tuned in spring underestimates this; one with wider scales does not. A network is
# worth its training only if it improves on that row.

# %%
rows = {}
for name, result in maps.items():
    scores = result["ssh"].sel(time=scored.time).to_dataset().dvn.score(scored, mean=on_grid)
    rows[name] = {"mu": float(scores.mu), "mu_anomaly": float(scores.mu_anomaly), "rmse [cm]": 100 * float(scores.rmse)}
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
# ## OSE: three real altimeters, scored against the fourth
#
# The same interpolation and the same network, without any data of 2014 in their training, map the real measurements of
# SARAL/AltiKa, CryoSat-2 and HY-2A. Persistence returns the last measurement of each cell, and the mean before the
# first one. The score along the track of Jason-2 includes its own noise, so that no map can have a zero error.

# %%
withheld = (tracks.mission == "Jason-2").values
mapped = tracks["ssh"].isel(point=np.flatnonzero(~withheld)).rename("ssh_obs")
jason = tracks["ssh"].isel(point=np.flatnonzero(withheld))
noon = pd.date_range("2014-05-15T12", "2014-06-03T12", freq="D")
grid = xr.DataArray(dims=("time", "lat", "lon"), coords={"time": noon, "lat": truth.lat, "lon": truth.lon})
real = gridded(mapped, grid)
real["ssh_obs"].attrs |= {"units": "m", "standard_name": "sea_surface_height_above_geoid"}

# %%
persistence = xdvn.baselines.Persistence("ssh_obs", name="ssh", mean=mean)
real_maps = {
    "training mean": on_grid.where(ocean_mask).broadcast_like(real["ssh_obs"]).assign_attrs(units="m"),
    "persistence": real.dvn.reconstruct(persistence)["ssh"].where(ocean_mask),
    "optimal interpolation, tuned": real.dvn.reconstruct(oi)["ssh"].where(ocean_mask),
    "wider scales": real.dvn.reconstruct(widen_scales(oi))["ssh"].where(ocean_mask),
    "4DVarNet": real.dvn.reconstruct(model)["ssh"],
}

# %%
rows = {}
for name, field in real_maps.items():
    scores = along_track_scores(field, jason, segments=TrackSegments(length=300))
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
