# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Save, share, load, fine-tune
#
# A trained model is one file: a line of JSON that says what it is and what it expects of a Dataset, then arrays. It
# holds no code, loading it runs none, and it can be sent to a colleague, put beside a paper, or trained further on
# another sea.

# %%
import json
import os
from pathlib import Path

import xdvn

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": seas of a year, ten minutes
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %%
if SIZE == "small":
    here, there = (xdvn.osse.Twin.small(seed=seed, days=60).make() for seed in (0, 1))
else:
    here, there = (xdvn.datasets.eddies(seed) for seed in (0, 1))
days = here.sizes["time"]
training = here.isel(time=slice(0, days * 2 // 3))
kept = here.isel(time=slice(days * 2 // 3 + 10, None))

# %%
model = training.dvn.fit(
    "ssh_obs",
    truth="ssh",
    patch={"time": 5 if SIZE == "small" else 15},
    epochs=4 if SIZE == "small" else None,
    validation=0,
)

# %% [markdown]
# ## Save
#
# The file appears whole or not at all. Its first line can be read with any tool:

# %%
model.save(OUT / "model.xdvn")
with open(OUT / "model.xdvn", "rb") as stream:
    header = json.loads(stream.readline())
print(f"{(OUT / 'model.xdvn').stat().st_size / 1e6:.1f} MB:", header["about"])

# %% [markdown]
# ## Load, elsewhere
#
# A loaded model tells what it maps, from what, on windows of which size; it maps to the last bit as before.

# %%
loaded = xdvn.load(OUT / "model.xdvn")
print(loaded)
assert kept.dvn.reconstruct(loaded)["ssh"].equals(kept.dvn.reconstruct(model)["ssh"])

# %% [markdown]
# It also knows what it cannot do. A Dataset in units of another kind, with another time step or without the variable is
# refused with what came, what was expected and what to do:

# %%
try:
    kept.assign(ssh_obs=kept["ssh_obs"].assign_attrs(units="degC")).dvn.reconstruct(loaded)
except ValueError as error:
    print(error)

# %% [markdown]
# A file that is damaged or no model says so too, and so does one with classes that this xdvn does not know: your own go
# in with `xdvn.load(path, classes=[MyPrior])`.
#
# ## Fine-tune on another sea
#
# `model=` continues from a model: its network, statistics and windows. Here the other sea is the same physics from
# another start, observed by the same satellites in another phase; in earnest it would be your region, with few
# examples.

# %%
few = there.isel(time=slice(0, days // 3))
later = there.isel(time=slice(days // 3 + 10, None))
tuned = few.dvn.fit("ssh_obs", truth="ssh", model=loaded, epochs=2 if SIZE == "small" else 10, validation=0)
fresh = few.dvn.fit(
    "ssh_obs", truth="ssh", patch={"time": loaded.spec.patch[0]}, epochs=2 if SIZE == "small" else 10, validation=0
)

# %%
candidates = {"from the other sea, as it was": loaded, "fine-tuned": tuned, "from nothing": fresh}
print(later.dvn.compare("ssh", candidates, mean=later["ssh_front"], progress=False))

# %% [markdown]
# The loaded model is as it was: `fit` returns a new one. Its history is that of the fine-tuning.

# %%
ax = xdvn.plot.training(tuned.history.to_dataset())

# %% [markdown]
# ## Share
#
# Put the file where your data go, with a DOI, and say beside it: what it was trained on, which days, what it scored
# against what. The papers a model rests on, to be cited with it:

# %%
print(xdvn.cite(tuned))
