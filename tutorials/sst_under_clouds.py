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
# Infrared images of the ocean have high resolution and many gaps: more than half of the cells are cloudy on most days,
# and clouds persist for days. DINEOF and DINCAE were developed for this problem. Here simulated clouds mask a simulated
# temperature, so that every method can be scored under the clouds.
#
# Quasi-geostrophic eddies advect the temperature. The simulated temperature has no noise, no skin effect and no
# sub-grid fronts. The example illustrates the methods; it does not predict their skill on real images.

# %%
import os

import xarray as xr

import xdvn
from xdvn import osse
from xdvn.baselines import Dineof, LinearInTime
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger ocean

# %% [markdown]
# ## Images and clouds
#
# `Clouds` generates cloud masks with a given cover, size and persistence. If you have masks of your images, use
# `osse.replay_cloud_masks(sst, observed, seed)`.

# %%
if SIZE == "small":
    box = osse.Twin.small(days=90)
    ocean = osse.Twin(days=90, lat=box.lat, lon=box.lon, spin_up=60, model=box.model, sst=True).make()
else:
    ocean = xdvn.datasets.eddies(sst=True)
ds = ocean[["sst"]].assign(sst_obs=osse.Clouds().hide(ocean["sst"], seed=0).assign_attrs(ocean["sst"].attrs))
print(ds.dvn)
print(f"cloudy: {float(ds.sst_obs.isnull().mean()):.0%}")

# %%
figure = ds.dvn.plot("sst", "sst_obs")

# %% [markdown]
# ## Training and evaluation days
#
# The training and evaluation days are separated by ten days. All methods use the same mean field, that of the training
# days.

# %%
days = ds.sizes["time"]
training, evaluation = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))
axes = find_axes(ds["sst"])
mean = MeanField.from_data(training["sst"], axes)

oi = xdvn.OptimalInterpolation.tune(training, "sst_obs", "sst", name="sst", mean=mean, progress=False)
print("tuned:", [round(s, 2) for s in oi.scales], "days, degrees, degrees; noise", round(oi.noise_ratio, 3))

# %% [markdown]
# The first guess of the network is the tuned interpolation. The network has seen only these cloud statistics and should
# be retrained for others.

# %%
model = training.dvn.fit(
    "sst_obs",
    truth="sst",
    first_guess=oi,
    validation=0,
    windows={"time": 5 if SIZE == "small" else 15},
    training=xdvn.Training(epochs=4 if SIZE == "small" else None),
)
print(model)

# %% [markdown]
# ## Comparison of four methods

# %%
methods = {
    "linear in time": LinearInTime("sst_obs", name="sst", mean=mean),
    "DINEOF": Dineof("sst_obs", name="sst", mean=mean),
    "optimal interpolation, tuned": oi,
    "4DVarNet": model,
}
on_grid = xr.DataArray(mean.on([ds.lat.values, ds.lon.values]), {"lat": ds.lat, "lon": ds.lon})
result = evaluation.dvn.compare("sst", methods, mean=on_grid, progress=False)
print(result)

# %%
panels = {name: result.maps["sst"].sel({"method": name}) for name in methods}
figure = xdvn.plot.comparison(panels, evaluation["sst"], observations=evaluation["sst_obs"])

# %% [markdown]
# ## Errors by distance
#
# The error increases with the distance [km] to the nearest clear cell:

# %%
from xdvn.grid.distance import distance_to_observations
from xdvn.metrics import Bands, errors_by_group

distance = distance_to_observations(evaluation["sst_obs"].notnull())
for name, field in panels.items():
    groups = errors_by_group(Bands(distance.distance_in_space, [0, 20, 40, 80, 320]), field, evaluation["sst"])
    print(f"{name:<30}", "  ".join(f"{float(e):.3f}" for e in groups.rmse), "degC")
