# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Sea surface temperature under clouds
#
# Infrared images of the sea are sharp and full of holes: more than half of the cells are cloudy on most days, and
# clouds stay for days. This is the problem of DINEOF and DINCAE. Here a simulated temperature is hidden by simulated
# clouds, so that every method can be judged where it could not see.
#
# The temperature is stirred by quasi-geostrophic eddies and is free of noise, skin effects and fronts sharper than the
# grid. It shows how the methods are used and how they differ, not how well they do on your images.

# %%
import os

import xarray as xr

import xdvn
from xdvn import osse
from xdvn.baselines import Dineof, LinearInTime
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger sea

# %% [markdown]
# ## Images and clouds
#
# `Clouds` makes masks with the patchiness and persistence of real ones; with masks of your own images at hand,
# `osse.borrow_clouds(sst, observed, seed)` is better.

# %%
if SIZE == "small":
    small = osse.Twin.small(days=90)
    sea = osse.Twin(days=90, lat=small.lat, lon=small.lon, spin_up=60, model=small.model, sst=True).make()
else:
    sea = xdvn.datasets.eddies(sst=True)
ds = sea[["sst"]].assign(sst_obs=osse.Clouds().hide(sea["sst"], seed=0).assign_attrs(sea["sst"].attrs))
print(ds.dvn)
print(f"cloudy: {float(ds.sst_obs.isnull().mean()):.0%}")

# %%
figure = ds.dvn.plot("sst", "sst_obs")

# %% [markdown]
# ## Learn from the first days, map the last
#
# A gap of ten days lies between them. All methods know the same mean field, that of the training days.

# %%
days = ds.sizes["time"]
training, kept = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))
axes = find_axes(ds["sst"])
mean = MeanField.from_data(training["sst"], axes)

oi = xdvn.OptimalInterpolation.tune(training, "sst_obs", "sst", name="sst", mean=mean, progress=False)
print("tuned:", [round(s, 2) for s in oi.scales], "days, degrees, degrees; noise", round(oi.noise, 3))

# %% [markdown]
# The network starts from the tuned interpolation. It has seen only clouds of this kind: another cloudiness, or clouds
# that stay longer, are another problem, and should be in its training.

# %%
model = training.dvn.fit(
    "sst_obs",
    truth="sst",
    first_guess=oi,
    patch={"time": 5 if SIZE == "small" else 15},
    epochs=4 if SIZE == "small" else None,
    validation=0,
)
print(model)

# %% [markdown]
# ## Four methods on the same clouds

# %%
methods = {
    "linear in time": LinearInTime("sst_obs", name="sst", mean=mean),
    "DINEOF": Dineof("sst_obs", name="sst", mean=mean),
    "optimal interpolation, tuned": oi,
    "4DVarNet": model,
}
on_grid = xr.DataArray(mean.on([ds.lat.values, ds.lon.values]), {"lat": ds.lat, "lon": ds.lon})
result = kept.dvn.compare("sst", methods, mean=on_grid, progress=False)
print(result)

# %%
panels = {name: result.maps["sst"].sel({"method": name}) for name in methods}
figure = xdvn.plot.comparison(panels, kept["sst"], observations=kept["sst_obs"])

# %% [markdown]
# ## Where they err
#
# Nearly all of that error is made under clouds, and it grows with the distance to the nearest clear cell:

# %%
from xdvn.grid.distance import distance_to_observations
from xdvn.metrics import Bands, errors_by

far = distance_to_observations(kept["sst_obs"].notnull())
for name, field in panels.items():
    by = errors_by(Bands(far.distance_in_space, [0, 20, 40, 80, 320]), field, kept["sst"])
    print(f"{name:<30}", "  ".join(f"{float(e):.3f}" for e in by.rmse), "degC")
