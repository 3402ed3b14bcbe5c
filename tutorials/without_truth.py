# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Without a truth
#
# Most records come without complete fields to learn from. Then some observations are kept back, the rest is mapped, and
# the map has to be right at those kept back: `ds.dvn.fit("ssh_obs")`, with no `truth=`, does that. What is kept back
# must look like what nature hides, whole tracks or whole clouds; a single cell next to a seen one tests nothing.
#
# The sea here is simulated, so that at the end we can look at the truth and see whether we were told right. Nothing
# before that sees it.

# %%
import os

import xdvn
from xdvn.baselines import Pieces
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.metrics import withheld_scores
from xdvn.retakes import Withheld

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger sea, half an hour

# %%
sea = xdvn.osse.Twin.small(days=100).make() if SIZE == "small" else xdvn.datasets.eddies()
blind = sea.drop_vars(["ssh", "ssh_front"])  # what one has in earnest
days = blind.sizes["time"]
training, kept = blind.isel(time=slice(0, days * 3 // 4 - 5)), blind.isel(time=slice(days * 3 // 4, days))
print(training.dvn)

# %% [markdown]
# ## Three sets of observations
#
# Observations that make the map, observations that train or tune, observations that judge: three sets, disjoint.
# `Withheld` divides a record; `Pieces(0.2)` keeps a fifth of the tracks back, each from end to end.

# %%
pairs, axes = [("ssh_obs", "ssh_obs")], find_axes(blind["ssh_obs"])
learning = Withheld(Pieces(0.2)).take(training, pairs, axes, seed=1)
judging = Withheld(Pieces(0.2)).take(kept, pairs, axes, seed=2)
for name, part in {"seen": judging.seen, "kept back": judging.held}.items():
    print(f"{name:<10} {int(part['ssh_obs'].notnull().sum())} cells")

# %% [markdown]
# ## An interpolation, tuned on what was kept back

# %%
mean = MeanField.plane(training["ssh_obs"], axes)
divided = learning.seen.assign(ssh_held=learning.held["ssh_obs"])
oi = xdvn.OptimalInterpolation.tune(divided, "ssh_obs", "ssh_held", name="ssh_obs", mean=mean, progress=False)
print("tuned scales:", [round(s, 2) for s in oi.scales], "days, degrees; noise", round(oi.noise, 3))

# %% [markdown]
# ## A network, trained on what was kept back
#
# `fit` withholds by itself, a different part in each epoch (`n_retakes` of them take turns), before the first guess is
# made, so that it does not know them either.

# %%
model = training.dvn.fit(
    "ssh_obs",
    first_guess=oi,
    retake=Withheld(Pieces(0.2)),
    n_retakes=3,
    patch={"time": 5 if SIZE == "small" else 15},
    epochs=6 if SIZE == "small" else None,
    validation=0,
)
print(model)

# %% [markdown]
# ## Judge without the truth
#
# Both map the kept days from the tracks they are shown, and are compared with those kept back. `withheld_scores` takes
# the error of these observations themselves off the mean square difference, when it is known; here measurements are
# exact.

# %%
methods = {"optimal interpolation": oi, "4DVarNet": model}
maps = {name: judging.seen.dvn.reconstruct(method)["ssh_obs"] for name, method in methods.items()}
for name, field in maps.items():
    told = withheld_scores(field, judging.held["ssh_obs"], 0.0)
    print(f"{name:<22} rmse at withheld tracks {float(told.rmse):.4f} m")

# %% [markdown]
# ## Was that right?
#
# Now the truth, which in earnest stays unknown. The errors are of the same size, since whole tracks were kept back.
# Whether the ranking is right too depends on how many tracks there were: here few. It has been checked at full size
# ([Training](../docs/training.md#without-a-truth)).

# %%
truth = sea["ssh"].sel(time=kept.time)
for name, field in maps.items():
    found = field.rename("ssh").to_dataset().dvn.score(truth, mean=sea["ssh_front"])
    print(f"{name:<22} true rmse {float(found.rmse):.4f} m, anomaly {float(found.anomaly):.3f}")

# %%
figure = xdvn.plot.comparison(maps, truth, observations=judging.seen["ssh_obs"])
