# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Sea level with temperature
#
# Altimeters observe the ocean along a few tracks per day. Temperature is observed nearly everywhere, and the same
# eddies advect it. From both, a network can learn the relation between temperature and currents. To use several
# variables, name them.
#
# The temperature of the twin is linear in the potential vorticity of the flow, without noise and clouds, so the result
# is an upper bound for real data ([measured at full size](../docs/observations.md#several-variables)).

# %%
import os

import numpy as np

import xdvn
from xdvn import osse
from xdvn.training import VariableWeights

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year, ten minutes

# %%
if SIZE == "small":
    box = osse.Twin.small(days=90)
    ds = osse.Twin(days=90, lat=box.lat, lon=box.lon, spin_up=60, model=box.model, sst=True).make()
else:
    ds = xdvn.datasets.eddies(sst=True)
print(ds.dvn)

# %% [markdown]
# Each variable has its unit, mean, scale, gaps and land. Here temperature is observed everywhere. To add clouds, use
# `osse.Clouds().hide(...)` and pass the masked variable as observed.

# %%
days = ds.sizes["time"]
training, evaluation = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))
small = SIZE == "small"
settings = {"windows": {"time": 5 if small else 15}, "training": {"epochs": 6 if small else None}, "validation": 0}

# %% [markdown]
# ## Without and with temperature
#
# Windows, updates and seed are equal; only the second variable is added. `VariableWeights({"sst": 0.1})` gives
# temperature, which is already complete, a small weight in the loss.

# %%
alone = training.dvn.fit("ssh_obs", truth="ssh", **settings)
both = training.dvn.fit(["ssh_obs", "sst"], truth=["ssh", "sst"], loss=VariableWeights({"sst": 0.1}), **settings)
print(both)

# %%
maps = {"sea level alone": evaluation.dvn.reconstruct(alone), "with temperature": evaluation.dvn.reconstruct(both)}
for name, result in maps.items():
    scores = result.dvn.score(evaluation["ssh"], mean=evaluation["ssh_front"])
    print(f"{name:<18} mu {float(scores.mu):.3f}, mu_anomaly {float(scores.mu_anomaly):.3f}")

# %%
day = str(evaluation.time.values[evaluation.sizes["time"] // 2])[:10]
panels = {name: result["ssh"] for name, result in maps.items()}
figure = xdvn.plot.comparison(panels, evaluation["ssh"], observations=evaluation["ssh_obs"], time=day)

# %%
ax = xdvn.plot.field(evaluation["sst"].sel(time=day, method="nearest"))

# %% [markdown]
# ## Required input
#
# A model of two variables needs both. Without temperature it raises an error that names the missing variable:

# %%
try:
    evaluation.drop_vars("sst").dvn.reconstruct(both)
except KeyError as error:
    print(error.args[0])

# %% [markdown]
# If the second variable exists on some days only, train for it: mask it on the same share of training days.

# %%
random = np.random.default_rng(0)
partial = training.assign(
    sst_obs=training["sst"].where(training.time.copy(data=random.random(training.sizes["time"]) < 0.5))
)
print(f"days with temperature: {int(partial.sst_obs.notnull().any(('lat', 'lon')).sum())} of {partial.sizes['time']}")
