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
# We simulate a small ocean, sample it with altimeters, train a network to fill the gaps, and compare it with optimal
# interpolation. This takes a minute or two on a laptop and needs no download. Run it in an environment with xdvn:
# `.venv/bin/python tutorials/first_map.py` after `make demo`.

# %%
import os
from pathlib import Path

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute or two; "full": a year, larger ocean, ten minutes

# %% [markdown]
# ## A simulated ocean
#
# `Twin` runs a two-layer quasi-geostrophic model and samples it with four altimeters. `small()` is a box of three
# degrees; `xdvn.datasets.eddies()` is the full-size experiment, stored on disk after the first call.

# %%
ds = xdvn.osse.Twin.small(days=100).make() if SIZE == "small" else xdvn.datasets.eddies()
print(ds)

# %% [markdown]
# `ds.dvn` lists the axes and variables it detected, and the next step. Each day has few observed cells:

# %%
print(ds.dvn)

# %%
figure = ds.dvn.plot("ssh", "ssh_obs")

# %% [markdown]
# ## The baseline
#
# We use the last quarter of the days for evaluation. Training uses nothing from these days: neither the truth, nor the
# mean, nor the scale. A gap of five days separates the two parts, because the ocean is correlated over days.
#
# Optimal interpolation uses the mean of the training days. `tune` fits its scales and its noise to them.

# %%
days = ds.sizes["time"]
training, evaluation = ds.isel(time=slice(0, days * 3 // 4 - 5)), ds.isel(time=slice(days * 3 // 4, days))
mean = MeanField.from_data(training["ssh"], find_axes(training["ssh"]))
oi = xdvn.OptimalInterpolation.tune(training, "ssh_obs", "ssh", name="ssh", mean=mean)
print("tuned scales:", [round(s, 2) for s in oi.scales], "days, degrees; noise", round(oi.noise_ratio, 3))

# %% [markdown]
# ## Train and reconstruct
#
# With `first_guess=oi` the network learns to improve on the interpolated map. Without it, solves start from the
# training mean, which needs a longer training. Most of the time here is compilation, which happens once.

# %%
small = SIZE == "small"
model = training.dvn.fit(
    obs="ssh_obs",
    truth="ssh",
    first_guess=oi,
    validation=0,
    windows={"time": 5 if small else 15},
    training=xdvn.Training(epochs=8 if small else None),
)
print(model)

# %% [markdown]
# The maps are a complete Dataset with the coordinates of the input. `ssh_observed` is 1 in observed cells.

# %%
maps = evaluation.dvn.reconstruct(model)
print(maps)

# %% [markdown]
# ## How good is it?
#
# `mu` is 1 − RMSE / RMS over all days and cells; `mu_anomaly` is `mu` after subtracting the mean field from both, a
# stricter score. 1 is perfect. The difference is small for this small ocean and short training; at full size it is
# [more than a fifth of the interpolation error](../docs/index.md#how-good-is-it).

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
