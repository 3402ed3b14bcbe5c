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
# A trained model is one file: a line of JSON that describes the model and its expectations of a Dataset, then arrays.
# It contains no code, and loading it runs none. You can share it, publish it with a paper, or train it further on
# another region.

# %%
import json
import os
from pathlib import Path

import xdvn

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": oceans of a year, ten minutes
OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %%
if SIZE == "small":
    first, second = (xdvn.osse.Twin.small(seed=seed, days=60).make() for seed in (0, 1))
else:
    first, second = (xdvn.datasets.eddies(seed) for seed in (0, 1))
days = first.sizes["time"]
training = first.isel(time=slice(0, days * 2 // 3))
evaluation = first.isel(time=slice(days * 2 // 3 + 10, None))

# %%
model = training.dvn.fit(
    "ssh_obs",
    truth="ssh",
    validation=0,
    windows={"time": 5 if SIZE == "small" else 15},
    training=xdvn.Training(epochs=4 if SIZE == "small" else None),
)

# %% [markdown]
# ## Save
#
# The file is written completely or not at all. Any tool can read its first line:

# %%
model.save(OUT / "model.xdvn")
with open(OUT / "model.xdvn", "rb") as stream:
    header = json.loads(stream.readline())
print(f"{(OUT / 'model.xdvn').stat().st_size / 1e6:.1f} MB:", header["about"])

# %% [markdown]
# ## Load
#
# A loaded model shows its variables, its observations and its window sizes. Its maps are equal to the last bit.

# %%
loaded = xdvn.load(OUT / "model.xdvn")
print(loaded)
assert evaluation.dvn.reconstruct(loaded)["ssh"].equals(evaluation.dvn.reconstruct(model)["ssh"])

# %% [markdown]
# It checks its input. A Dataset with units of another kind, another time step or a missing variable raises an error
# that states what was received, what was expected and what to do:

# %%
try:
    evaluation.assign(ssh_obs=evaluation["ssh_obs"].assign_attrs(units="degC")).dvn.reconstruct(loaded)
except ValueError as error:
    print(error)

# %% [markdown]
# A damaged file also raises an error, as does a file with unknown classes: pass your own with
# `xdvn.load(path, classes=[MyPrior])`.
#
# ## Fine-tune on another ocean
#
# `init_from=` continues from a model: its network, statistics and windows. Here the other ocean has the same physics,
# another initial state and other orbit phases. In practice it is your region, with few training fields.

# %%
few = second.isel(time=slice(0, days // 3))
later = second.isel(time=slice(days // 3 + 10, None))
tuned = few.dvn.fit(
    "ssh_obs", truth="ssh", init_from=loaded, validation=0, training=xdvn.Training(epochs=2 if SIZE == "small" else 10)
)
fresh = few.dvn.fit(
    "ssh_obs",
    truth="ssh",
    validation=0,
    windows={"time": loaded.spec.patch[0]},
    training=xdvn.Training(epochs=2 if SIZE == "small" else 10),
)

# %%
candidates = {"first ocean only": loaded, "fine-tuned": tuned, "second ocean only": fresh}
print(later.dvn.compare("ssh", candidates, mean=later["ssh_front"], progress=False))

# %% [markdown]
# `fit` returns a new model and does not change the loaded one. The new history is that of the fine-tuning.

# %%
ax = xdvn.plot.training(tuned.history.to_dataset())

# %% [markdown]
# ## Share
#
# Publish the file with your data and a DOI, and state its training data, its evaluation days and its scores. The papers
# to cite:

# %%
print(xdvn.cite(tuned))
