# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Your first reconstruction
#
# We simulate a small ocean, sample it with altimeters, train a network to fill the gaps, and compare its maps with
# optimal interpolation. This takes a minute or two on a laptop and needs no download. Run it in an environment with
# xdvn: `.venv/bin/python tutorials/first_map.py` after `make demo`.

# %%
import os
from pathlib import Path

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute or two; "full": a larger ocean, ten minutes

# %% [markdown]
# ## A simulated ocean
#
# `Twin` runs a two-layer quasi-geostrophic model and samples it with four altimeters. `small()` covers 3° × 3°;
# `xdvn.datasets.eddies()` is the full-size experiment, stored on disk after the first call. `ssh_front` is the constant
# part of the simulated sea level, a jet.

# %%
ds = xdvn.osse.Twin.small(days=100).make() if SIZE == "small" else xdvn.datasets.eddies()
print(ds)

# %% [markdown]
# `ds.dvn` lists the axes and variables it detected and suggests the next call. Few cells are observed per day:

# %%
print(ds.dvn)

# %%
figure = ds.dvn.plot("ssh", "ssh_obs")

# %% [markdown]
# ## The baseline
#
# We use the last quarter of the days for evaluation. Training uses nothing from these days: neither the truth, nor the
# mean, nor the standard deviation. A gap of five days separates the two parts, because sea level anomalies remain
# correlated over several days.
#
# Optimal interpolation uses the mean of the training days. `tune` estimates the covariance scales and the
# noise-to-signal ratio from these days.

# %%
days = ds.sizes["time"]
training, evaluation = ds.isel(time=slice(0, days * 3 // 4 - 5)), ds.isel(time=slice(days * 3 // 4, days))
mean = MeanField.from_data(training["ssh"], find_axes(training["ssh"]))
oi = xdvn.OptimalInterpolation.tune(training, "ssh_obs", "ssh", name="ssh", mean=mean)
print("tuned scales (days, degrees, degrees):", [round(s, 2) for s in oi.scales], "noise:", round(oi.noise_ratio, 3))

# %% [markdown]
# ## Train and reconstruct
#
# With `first_guess=oi` the network learns to improve on the interpolated map. Otherwise the solver
# starts from the training mean, and training takes longer. Most of the run time is the one-time compilation.

# %%
small = SIZE == "small"
model = training.dvn.fit(
    obs="ssh_obs",
    truth="ssh",
    first_guess=oi,
    validation=0,  # the last epoch: there are few days to choose by
    windows={"time": 5 if small else 15},
    training=xdvn.Training(epochs=8 if small else None),
)
print(model)

# %% [markdown]
# `maps` is a Dataset without gaps on the coordinates of the input. `ssh_observed` is 1 in observed cells.

# %%
maps = evaluation.dvn.reconstruct(model)
print(maps)

# %% [markdown]
# ## How good is it?
#
# `mu` is 1 − RMSE / RMS over all days and cells; `mu_anomaly` is the same after the constant front
# is subtracted from map and truth. This score is stricter. A perfect map has a score of 1. The advantage over optimal
# interpolation is small for this small ocean and short training; at full size the
# [RMSE is a fifth lower](../docs/index.md#how-good-is-it).

# %%
result = evaluation.dvn.compare("ssh", {"optimal interpolation": oi, "4DVarNet": model}, mean=evaluation["ssh_front"])
print(result)

# %% [markdown]
# ## Plot

# %%
out = Path("out")
out.mkdir(exist_ok=True)
panels = {name: result.maps["ssh"].sel({"method": name}) for name in ("optimal interpolation", "4DVarNet")}
figure = xdvn.plot.comparison(panels, evaluation["ssh"], observations=evaluation["ssh_obs"])
figure.savefig(out / "first_map.png")

# %%
ax = xdvn.plot.training(model.history.to_dataset())
ax.figure.savefig(out / "first_map_training.png")

# %% [markdown]
# ## Save

# %%
model.save(out / "first_map.xdvn")
print(xdvn.load(out / "first_map.xdvn"))

# %% [markdown]
# Next: [your own file](own_file.py).
