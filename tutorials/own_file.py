# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Your own file: from NetCDF to NetCDF
#
# You have a file with gaps. xdvn needs three things: axes it can identify, NaN where there is no observation, and
# complete training fields that resemble yours, such as a simulation or a reanalysis. This tutorial starts from two
# typical files, with unusual names, directions and packing, and ends with a reconstruction in a file.

# %%
import os
from pathlib import Path

import numpy as np
import xarray as xr

import xdvn

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a larger ocean and a longer training
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## Two files
#
# We create the files here so that the tutorial runs anywhere; use your own files instead. `model.nc` is a simulation:
# complete except for an island, rows from north to south, heights packed in two bytes. `satellite.nc` is a later month
# of observations on the same grid, in the cells below the satellites.

# %%
twin = xdvn.osse.Twin.small(days=70) if SIZE == "small" else xdvn.osse.Twin(days=365)
ocean = twin.make().isel(lat=slice(None, None, -1)).rename(lat="Latitude", lon="Longitude", ssh="zos")
island = (abs(ocean.Latitude - 34.4) < 0.35) & (abs(ocean.Longitude + 63.0) < 0.35)
days = ocean.sizes["time"]

simulation = ocean[["zos"]].where(~island).isel(time=slice(0, days - 25))
encoded = {"zos": {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -32768}}
simulation.to_netcdf(OUT / "model.nc", encoding=encoded)

satellite = ocean[["ssh_obs"]].where(~island).isel(time=slice(days - 20, days)).rename(ssh_obs="adt")
satellite.attrs = {"title": "my observations", "institution": "here", "history": "made for a tutorial"}
satellite.to_netcdf(OUT / "satellite.nc")

# %% [markdown]
# ## Open the files
#
# `xr.open_dataset` is enough here. For many products `xdvn.readers.read(path)` does more: it handles undeclared fill
# values, flags, kelvin and swaths ([Data](../docs/data.md)).

# %%
model_run = xr.open_dataset(OUT / "model.nc")
observations = xr.open_dataset(OUT / "satellite.nc")
print(observations.dvn)

# %% [markdown]
# `.dvn` identified time, Y and X from attributes and names. If it cannot identify an axis, its message lists the
# candidates. Pass `dims={"T": "t", "Y": "j", "X": "i"}` to `fit`, or set the attribute in the Dataset,
# `ds["j"].attrs["axis"] = "Y"`, which applies to every call. xdvn never changes your Dataset.
#
# ## Apply your gaps to the simulation
#
# A network learns to fill the gaps of its training data, so they should resemble yours. The simplest way is to mask the
# simulation with your observation masks: `replay_cloud_masks` applies to each day of the simulation the mask of a
# random day of your observations. For tracks in their order in time, use `replay_track_sampling` or simulated
# altimeters ([Observing systems](../docs/observing_systems.md)).

# %%
observed = observations["adt"].notnull()
model_run["adt"] = xdvn.osse.replay_cloud_masks(model_run["zos"], observed, seed=0).assign_attrs(model_run["zos"].attrs)
coverage = {"observations": float(observed.mean()), "simulation": float(model_run.adt.notnull().mean())}
print("coverage per day:", ", ".join(f"{name} {share:.1%}" for name, share in coverage.items()))

# %% [markdown]
# ## Train
#
# The observed variable must have the same name in training as in your file, here `adt`. The map has the name of the
# truth, `zos`. The island is land because the truth is never known there. Each solve starts from optimal interpolation:
# a good first guess shortens the training.

# %%
oi = xdvn.OptimalInterpolation.tune(model_run, "adt", "zos", name="zos", progress=False)
model = model_run.dvn.fit(
    "adt",
    truth="zos",
    first_guess=oi,
    validation=0,
    windows={"time": 5 if SIZE == "small" else 15},
    training=xdvn.Training(epochs=3 if SIZE == "small" else None),
)
print(model)

# %% [markdown]
# ## Reconstruct and write
#
# Coordinates, order, direction, units and global attributes are those of your file. `zos_observed` is 1 in observed
# cells, and `distances=True` adds the distance to the nearest observation.

# %%
maps = observations.dvn.reconstruct(model, distances=True)
maps.to_netcdf(OUT / "maps.nc", encoding={"zos": {"zlib": True, "dtype": "float32"}})

# %%
written = xr.open_dataset(OUT / "maps.nc")
print(written)

# %% [markdown]
# The result is on the input grid, complete in the ocean and missing on the island:

# %%
for name in ("time", "Latitude", "Longitude"):
    assert written[name].equals(observations[name])
on_land = island.transpose("Latitude", "Longitude").values
print("gaps in the ocean:", int(written["zos"].isnull().values[:, ~on_land].sum()))
print("values on the island:", int(written["zos"].notnull().values[:, on_land].sum()))
print(written.attrs["history"])

# %%
figure = written.dvn.plot("zos", "zos_distance_in_space")

# %% [markdown]
# ## Evaluate
#
# Here the truth on the satellite days is known. With your own file it is not; withhold some tracks instead
# (`xdvn.metrics.withheld_scores`, [Scores](../docs/scores.md#without-a-truth)). `mu` is 1 − RMSE / RMS: 1 is perfect.
# The few epochs of the small size are not enough to improve on the first guess.

# %%
truth = ocean["zos"].where(~island).isel(time=slice(days - 20, days))
print(written.dvn.score(truth)[["mu", "rmse"]])
print(
    "optimal interpolation alone:", float(observations.dvn.reconstruct(oi).where(~island).dvn.score(truth).mu.round(3))
)
assert np.isfinite(float(written.dvn.score(truth).mu))
