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
# Most datasets have no complete training fields. `ds.dvn.fit("ssh_obs")`, without `truth=`, withholds some
# observations, maps the rest, and minimises the misfit to the withheld ones. Make hold-outs look like real gaps, whole
# tracks or whole clouds: a single cell next to an observed one tests nothing.
#
# The ocean here is simulated, so that we can compare with the truth at the end. No method uses it before.

# %%
import os

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.metrics import withheld_scores
from xdvn.training import WholeTracks, WithholdObservations

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger ocean, half an hour

# %%
ocean = xdvn.osse.Twin.small(days=100).make() if SIZE == "small" else xdvn.datasets.eddies()
observations = ocean.drop_vars(["ssh", "ssh_front"])
days = observations.sizes["time"]
training = observations.isel(time=slice(0, days * 3 // 4 - 5))
evaluation = observations.isel(time=slice(days * 3 // 4, days))
print(training.dvn)

# %% [markdown]
# ## Three sets of observations
#
# Observations for the map, for training or tuning, and for the score must be disjoint. `WithholdObservations` divides a
# Dataset; `WholeTracks(0.2)` withholds a fifth of the tracks, each as a whole.

# %%
pairs, axes = [("ssh_obs", "ssh_obs")], find_axes(observations["ssh_obs"])
tuning_split = WithholdObservations(WholeTracks(0.2)).draw(training, pairs, axes, seed=1)
score_split = WithholdObservations(WholeTracks(0.2)).draw(evaluation, pairs, axes, seed=2)
for name, part in {"observed": score_split.observed, "withheld": score_split.withheld}.items():
    print(f"{name:<10} {int(part['ssh_obs'].notnull().sum())} cells")

# %% [markdown]
# ## Optimal interpolation, tuned on withheld tracks

# %%
mean = MeanField.plane(training["ssh_obs"], axes)
divided = tuning_split.observed.assign(ssh_withheld=tuning_split.withheld["ssh_obs"])
oi = xdvn.OptimalInterpolation.tune(divided, "ssh_obs", "ssh_withheld", name="ssh_obs", mean=mean, progress=False)
print("tuned scales:", [round(s, 2) for s in oi.scales], "days, degrees; noise", round(oi.noise_ratio, 3))

# %% [markdown]
# ## A network, trained on withheld tracks
#
# `fit` withholds a different part in each epoch (it cycles through `n_realisations` hold-outs), before it computes the
# first guess.

# %%
model = training.dvn.fit(
    "ssh_obs",
    first_guess=oi,
    resampling=WithholdObservations(WholeTracks(0.2), n_realisations=3),
    validation=0,
    windows={"time": 5 if SIZE == "small" else 15},
    training=xdvn.Training(epochs=6 if SIZE == "small" else None),
)
print(model)

# %% [markdown]
# ## Score without the truth
#
# Both methods map the evaluation days from the remaining tracks, and are compared with the withheld ones.
# `withheld_scores` subtracts the observation error from the mean square difference; here measurements are exact.

# %%
methods = {"optimal interpolation": oi, "4DVarNet": model}
maps = {name: score_split.observed.dvn.reconstruct(method)["ssh_obs"] for name, method in methods.items()}
for name, field in maps.items():
    scores = withheld_scores(field, score_split.withheld["ssh_obs"], 0.0)
    print(f"{name:<22} rmse on withheld tracks {float(scores.rmse):.4f} m")

# %% [markdown]
# ## Comparison with the truth
#
# In practice the truth is unknown. The errors have the same magnitude, because whole tracks were withheld. The ranking
# is reliable only with enough tracks; here there are few. [Training](../docs/training.md#without-a-truth) shows the
# test at full size.

# %%
truth = ocean["ssh"].sel(time=evaluation.time)
for name, field in maps.items():
    scores = field.rename("ssh").to_dataset().dvn.score(truth, mean=ocean["ssh_front"])
    print(f"{name:<22} true rmse {float(scores.rmse):.4f} m, mu_anomaly {float(scores.mu_anomaly):.3f}")

# %%
figure = xdvn.plot.comparison(maps, truth, observations=score_split.observed["ssh_obs"])
