# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Your own file: from NetCDF to map and back
#
# You have a file with gaps. xdvn needs three things of it: axes that it can recognise, NaN where nothing was observed,
# and, to learn from, complete fields that resemble yours: a simulation, a reanalysis. This page takes two files of the
# kind that one finds in the wild, with other people's names, directions and packing, and ends with a map in a file.

# %%
import os
from pathlib import Path

import numpy as np
import xarray as xr

import xdvn

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a larger sea, trained for longer
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## Two files
#
# So that the page runs anywhere, the files are made here; skip this part and put your own in their place. `model.nc` is
# a simulation: complete but for an island, rows from north to south, heights packed in two bytes. `satellite.nc` is a
# later month of observations on the same grid, in cells that a satellite passed.

# %%
twin = xdvn.osse.Twin.small(days=70) if SIZE == "small" else xdvn.osse.Twin(days=365)
sea = twin.make().isel(lat=slice(None, None, -1)).rename(lat="Latitude", lon="Longitude", ssh="zos")
island = (abs(sea.Latitude - 34.4) < 0.35) & (abs(sea.Longitude + 63.0) < 0.35)
days = sea.sizes["time"]

simulation = sea[["zos"]].where(~island).isel(time=slice(0, days - 25))
packed = {"zos": {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -32768}}
simulation.to_netcdf(OUT / "model.nc", encoding=packed)

satellite = sea[["ssh_obs"]].where(~island).isel(time=slice(days - 20, days)).rename(ssh_obs="adt")
satellite.attrs = {"title": "my observations", "institution": "here", "history": "made for a tutorial"}
satellite.to_netcdf(OUT / "satellite.nc")

# %% [markdown]
# ## Open them and look
#
# Open a file as you always do. For many products `xdvn.readers.read(path)` does more: it knows fill values that files
# do not declare, flags, kelvin, swaths ([Data](../docs/data.md)).

# %%
model_run = xr.open_dataset(OUT / "model.nc")
mine = xr.open_dataset(OUT / "satellite.nc")
print(mine.dvn)

# %% [markdown]
# `.dvn` found time, Y and X from attributes and names, and tells what is known of each variable. If it cannot find an
# axis it says what it saw, and `dims={"T": "t", "Y": "j", "X": "i"}` in `fit` settles it there; marks in
# the file, `ds["j"].attrs["axis"] = "Y"`, settle it for every call. Nothing of yours is changed.
#
# ## Give the simulation your gaps
#
# A network learns to fill the gaps that it is trained with, so they should look like yours. The simplest way is to lay
# the days of your observations over the simulation: `borrow_clouds` takes for each day of the simulation the gaps of a
# day of yours drawn at random. For tracks in time order there are `borrow_tracks` and simulated altimeters ([Observing
# systems](../docs/observing_systems.md)).

# %%
seen = mine["adt"].notnull()
model_run["adt"] = xdvn.osse.borrow_clouds(model_run["zos"], seen, seed=0).assign_attrs(model_run["zos"].attrs)
print(f"seen per day: {float(seen.mean()):.1%} of mine, {float(model_run.adt.notnull().mean()):.1%} of the simulation")

# %% [markdown]
# ## Train
#
# The observed variable must be called in training as in your file, here `adt`; the map is called as the truth, `zos`.
# The island is land because the truth is never known there. Each solve starts from optimal interpolation: a good first
# guess saves most of the training.

# %%
oi = xdvn.OptimalInterpolation.tune(model_run, "adt", "zos", name="zos", progress=False)
model = model_run.dvn.fit(
    "adt",
    truth="zos",
    first_guess=oi,
    patch={"time": 5 if SIZE == "small" else 15},
    epochs=3 if SIZE == "small" else None,
    validation=0,
)
print(model)

# %% [markdown]
# ## Map, and write
#
# Coordinates, order, direction, units and global attributes are those of your file; `zos_observed` tells which cells
# were seen, and `distances=True` adds how far the nearest observation is.

# %%
maps = mine.dvn.reconstruct(model, distances=True)
maps.to_netcdf(OUT / "maps.nc", encoding={"zos": {"zlib": True, "dtype": "float32"}})

# %%
again = xr.open_dataset(OUT / "maps.nc")
print(again)

# %% [markdown]
# What came back is on the grid that went in, complete at sea and missing on the island:

# %%
for name in ("time", "Latitude", "Longitude"):
    assert again[name].equals(mine[name])
on_land = island.transpose("Latitude", "Longitude").values
print("gaps at sea:", int(again["zos"].isnull().values[:, ~on_land].sum()))
print("values on the island:", int(again["zos"].notnull().values[:, on_land].sum()))
print(again.attrs["history"])

# %%
figure = again.dvn.plot("zos", "zos_distance_in_space")

# %% [markdown]
# ## Believe it?
#
# Here the truth of the satellite's days is known; with your own file it is not, and you keep some tracks back instead
# (`xdvn.metrics.withheld_scores`, [Scores](../docs/scores.md#without-a-truth)). `mu` is one minus the relative error: 1
# is perfect. The few epochs of the small size are not enough to beat the interpolation that the network starts from.

# %%
truth = sea["zos"].where(~island).isel(time=slice(days - 20, days))
print(again.dvn.score(truth)[["mu", "rmse"]])
print("the interpolation alone:", float(mine.dvn.reconstruct(oi).where(~island).dvn.score(truth).mu.round(3)))
assert np.isfinite(float(again.dvn.score(truth).mu))
