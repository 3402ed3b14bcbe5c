# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Sea level helped by temperature
#
# Altimeters see the sea along a few lines a day; temperature is seen nearly everywhere, and the same eddies stir it.
# Given both, a network can learn where temperature tells of currents. Several variables are no special case: name them.
#
# The temperature of the twin is linear in the flow's potential vorticity, without noise and clouds: as helpful as a
# second variable can be. Take what follows as what the method can use, not as what your data will give ([measured at
# full size](../docs/observations.md#several-variables)).

# %%
import os

import numpy as np

import xdvn
from xdvn import osse

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year, ten minutes

# %%
if SIZE == "small":
    small = osse.Twin.small(days=90)
    ds = osse.Twin(days=90, lat=small.lat, lon=small.lon, spin_up=60, model=small.model, sst=True).make()
else:
    ds = xdvn.datasets.eddies(sst=True)
print(ds.dvn)

# %% [markdown]
# Each variable keeps its unit, mean, scale, gaps and coast. Here temperature is seen everywhere; hide it under clouds
# with `osse.Clouds().hide(...)` and pass the hidden one as observed.

# %%
days = ds.sizes["time"]
training, kept = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))
settings = {"patch": {"time": 5 if SIZE == "small" else 15}, "epochs": 6 if SIZE == "small" else None, "validation": 0}

# %% [markdown]
# ## Alone, and together
#
# The same windows, updates and seed; only the second variable is new. `loss_weights={"sst": 0.1}` says that
# temperature, which is complete already, is not what we are after.

# %%
alone = training.dvn.fit("ssh_obs", truth="ssh", **settings)
both = training.dvn.fit(["ssh_obs", "sst"], truth=["ssh", "sst"], loss_weights={"sst": 0.1}, **settings)
print(both)

# %%
maps = {"sea level alone": kept.dvn.reconstruct(alone), "with temperature": kept.dvn.reconstruct(both)}
for name, result in maps.items():
    scores = result.dvn.score(kept["ssh"], mean=kept["ssh_front"])
    print(f"{name:<18} mu {float(scores.mu):.3f}, anomaly {float(scores.anomaly):.3f}")

# %%
day = str(kept.time.values[kept.sizes["time"] // 2])[:10]
panels = {name: result["ssh"] for name, result in maps.items()}
figure = xdvn.plot.comparison(panels, kept["ssh"], observations=kept["ssh_obs"], time=day)

# %%
ax = xdvn.plot.map(kept["sst"].sel(time=day, method="nearest"))

# %% [markdown]
# ## What it has learned, and what it needs
#
# A model of two variables wants both. Without the temperature it refuses, and says what is missing:

# %%
try:
    kept.drop_vars("sst").dvn.reconstruct(both)
except KeyError as error:
    print(error.args[0])

# %% [markdown]
# Where a second variable is there on some days only, train it so: hide it on the same share of training days.

# %%
random = np.random.default_rng(0)
some = training.assign(
    sst_seen=training["sst"].where(training.time.copy(data=random.random(training.sizes["time"]) < 0.5))
)
print(f"days with temperature: {int(some.sst_seen.notnull().any(('lat', 'lon')).sum())} of {some.sizes['time']}")
