# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Five minutes to a filled map
#
# We make a small sea, look at it as altimeters do, learn to fill the gaps, and compare the result with optimal
# interpolation. It takes a minute or two on a laptop and needs no download. Run it where xdvn is installed:
# `.venv/bin/python tutorials/first_map.py` after `make demo`.

# %%
import os
from pathlib import Path

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute or two; "full": a year of a larger sea, ten minutes

# %% [markdown]
# ## A sea that is known everywhere
#
# `Twin` runs a two-layer quasi-geostrophic sea and flies four altimeters over it. `small()` is a box of three degrees;
# `xdvn.datasets.eddies()` is the full-size experiment, kept on disk once it has been made.

# %%
ds = xdvn.osse.Twin.small(days=100).make() if SIZE == "small" else xdvn.datasets.eddies()
print(ds)

# %% [markdown]
# `ds.dvn` tells what it found, and what to do next. Only a few cells of each day are observed:

# %%
print(ds.dvn)

# %%
figure = ds.dvn.plot("ssh", "ssh_obs")

# %% [markdown]
# ## What is to be beaten
#
# The last quarter of the days is kept for the comparison. Nothing from there is used in training: not the truth, not
# the mean, not the scale. Five days before it are left out, since the sea remembers.
#
# Optimal interpolation knows the mean of the training days, and its lengths and noise are tuned on them: as good as it
# gets.

# %%
days = ds.sizes["time"]
training, kept = ds.isel(time=slice(0, days * 3 // 4 - 5)), ds.isel(time=slice(days * 3 // 4, days))
mean = MeanField.from_data(training["ssh"], find_axes(training["ssh"]))
oi = xdvn.OptimalInterpolation.tune(training, "ssh_obs", "ssh", name="ssh", mean=mean)
print("tuned scales:", [round(s, 2) for s in oi.scales], "days, degrees; noise", round(oi.noise, 3))

# %% [markdown]
# ## Learn, then map
#
# A network learns to improve on that map: `first_guess=oi`. Leave it out and it starts from the training mean, which
# works too and takes longer to learn. Most of the time goes into compiling, once.

# %%
settings = {"patch": {"time": 5}, "epochs": 8} if SIZE == "small" else {"patch": {"time": 15}}
model = training.dvn.fit(obs="ssh_obs", truth="ssh", first_guess=oi, validation=0, **settings)
print(model)

# %% [markdown]
# The maps come as a Dataset like the one that went in, complete; `ssh_observed` tells which cells were seen.

# %%
maps = kept.dvn.reconstruct(model)
print(maps)

# %% [markdown]
# ## How good is it?
#
# `mu` is one minus the relative error over all days and cells; `anomaly` is the same after the known mean front has
# been taken away from both, the harder and more honest number. 1 is perfect, more is better. The difference is small
# here, as the sea and the training are; at full size it is [more than a fifth of the interpolation's
# error](../docs/index.md#how-good-is-it).

# %%
result = kept.dvn.compare("ssh", {"optimal interpolation": oi, "4DVarNet": model}, mean=kept["ssh_front"])
print(result)

# %% [markdown]
# ## Look at it

# %%
out = Path("out")
out.mkdir(exist_ok=True)
panels = {name: result.maps["ssh"].sel({"method": name}) for name in ("optimal interpolation", "4DVarNet")}
figure = xdvn.plot.comparison(panels, kept["ssh"], observations=kept["ssh_obs"])
figure.savefig(out / "first_map.png")

# %%
ax = xdvn.plot.training(model.history.to_dataset())
ax.figure.savefig(out / "first_map_training.png")

# %% [markdown]
# ## Keep it

# %%
model.save(out / "first_map.xdvn")
print(xdvn.load(out / "first_map.xdvn"))

# %% [markdown]
# Next: [your own file](own_file.py).
