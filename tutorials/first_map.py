# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A first map
#
# We make a small sea, look at it as altimeters do, learn to fill the gaps, and compare the result with optimal
# interpolation. It takes a few minutes on a laptop and needs no download. Run it as it is
# (`python tutorials/first_map.py`), or open it as a notebook with jupytext.

# %%
from pathlib import Path

import xdvn

# %% [markdown]
# ## A sea that is known everywhere
#
# `Twin` runs a two-layer quasi-geostrophic sea and flies four altimeters over it. `small()` is a box of a few degrees;
# `xdvn.datasets.eddies()` is the full-size experiment, kept on disk once it has been made.

# %%
ds = xdvn.osse.Twin.small().make(progress=True)
print(ds)

# %% [markdown]
# `ds.dvn` tells what it found. Only a few cells of each day are observed:

# %%
print(ds.dvn)
print(f"observed: {float(ds.ssh_obs.notnull().mean()):.1%} of all cells")

# %% [markdown]
# ## Learn, then map
#
# The last fifth of the days is kept for the comparison. Nothing from there is used in training: not the truth, not the
# mean, not the scale.

# %%
days = ds.sizes["time"]
training, kept = ds.isel(time=slice(0, days * 4 // 5)), ds.isel(time=slice(days * 4 // 5, days))

# %%
model = training.dvn.fit(obs="ssh_obs", truth="ssh", patch={"time": 5}, epochs=20, validation=0)
print(model)

# %%
maps = kept.dvn.reconstruct(model)
print(maps)

# %% [markdown]
# ## How good is it?
#
# `mu` is one minus the relative error over all days and cells; `anomaly` is the same after the known mean front has
# been taken away from both, the harder and more honest number.

# %%
oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
baseline = kept.dvn.reconstruct(oi)
for name, result in {"4DVarNet": maps, "optimal interpolation": baseline}.items():
    print(name, result.dvn.score(kept["ssh"], mean=kept["ssh_front"]), sep="\n")

# %% [markdown]
# ## Look at it

# %%
out = Path("out")
out.mkdir(exist_ok=True)
panels = {"OI": baseline["ssh"], "4DVarNet": maps["ssh"]}
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
