# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Uncertainty and its calibration
#
# `reconstruct(..., posterior=...)` adds a standard error to every cell. Several estimates exist, from an ensemble to
# the curvature of the cost ([Uncertainty](../docs/uncertainty.md)); all of them need calibration. This tutorial makes
# one, evaluates it, calibrates it on withheld days, and evaluates the result on other days.

# %%
import os

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.distance import distance_to_observations
from xdvn.grid.mean import MeanField
from xdvn.metrics import uncertainty_scores
from xdvn.uncertainty import Calibrated, Ensemble

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger ocean, half an hour

# %% [markdown]
# ## Training, calibration and evaluation days

# %%
ds = xdvn.osse.Twin.small(days=130).make() if SIZE == "small" else xdvn.datasets.eddies()
days = ds.sizes["time"]
training = ds.isel(time=slice(0, days // 2))
calibration = ds.isel(time=slice(days // 2 + 5, days * 3 // 4))
evaluation = ds.isel(time=slice(days * 3 // 4 + 5, days))
mean = MeanField.from_data(training["ssh"], find_axes(training["ssh"]))
oi = xdvn.OptimalInterpolation.tune(training, "ssh_obs", "ssh", name="ssh", mean=mean, progress=False)

# %% [markdown]
# ## An ensemble of two networks
#
# They differ in the seed only, and disagree where the data do not constrain them.

# %%
small = SIZE == "small"
one, two = (
    training.dvn.fit(
        "ssh_obs",
        truth="ssh",
        first_guess=oi,
        validation=0,
        windows={"time": 5 if small else 15},
        training=xdvn.Training(epochs=5 if small else None, seed=seed),
    )
    for seed in (0, 1)
)
ensemble = Ensemble(members=6, models=(two,), obs_error=0.02)
maps = evaluation.dvn.reconstruct(one, posterior=ensemble)
print(maps["ssh_std"].attrs)

# %% [markdown]
# ## Evaluation
#
# Nine of ten truths should be in the 90 % interval, and the spread should equal the error. Few members with common
# errors are overconfident:

# %%


def evaluate(name, maps):
    scores = uncertainty_scores(maps["ssh"], maps["ssh_std"], evaluation["ssh"])
    covered = float(scores.coverage.sel(level=0.9, method="nearest"))
    summary = f"spread/error {float(scores.spread_skill):.2f}, 90 % interval contains {covered:.0%}"
    print(f"{name:<24} {summary}, CRPS {float(scores.crps):.4f} m")


evaluate("ensemble", maps)
evaluate("optimal interpolation", evaluation.dvn.reconstruct(oi, error=True))

# %% [markdown]
# ## Calibration
#
# `Calibrated` estimates a factor and a floor by maximum likelihood, on days that are neither training nor evaluation
# days.

# %%
calibrated = Calibrated.on(calibration, one, calibration["ssh"], ensemble)
corrected = evaluation.dvn.reconstruct(one, posterior=calibrated)
print(corrected["ssh_std"].attrs["calibrated"])
evaluate("ensemble, calibrated", corrected)

# %% [markdown]
# ## Errors by distance
#
# A standard error that is right on average may be wrong locally. It should increase with the error far from
# observations. Solid lines are errors, dashed lines standard errors:

# %%
distance = distance_to_observations(evaluation["ssh_obs"].notnull(), within_days=2).distance_in_space
ax = xdvn.plot.error_by_distance({"ensemble": maps, "calibrated": corrected}, evaluation["ssh"], distance)

# %%
panels = {"4DVarNet": corrected["ssh"]}
figure = xdvn.plot.comparison(
    panels, evaluation["ssh"], observations=evaluation["ssh_obs"], std={"4DVarNet": corrected["ssh_std"]}
)

# %% [markdown]
# The calibration is valid for similar days, this ocean and these satellites. Repeat it for another constellation.
