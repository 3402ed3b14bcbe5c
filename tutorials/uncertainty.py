# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # How wrong may a map be, and shall we believe it?
#
# `reconstruct(..., posterior=...)` adds a standard error to every cell. Several ways exist, from an ensemble to the
# curvature of the cost ([Uncertainty](../docs/uncertainty.md)); none of them is right by itself. This page makes one,
# finds out how wrong it is, corrects it on days held back, and checks the correction on others.

# %%
import os

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.distance import distance_to_observations
from xdvn.grid.mean import MeanField
from xdvn.metrics import uncertainty_scores
from xdvn.posteriors import Ensemble, Recalibrated

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger sea, half an hour

# %% [markdown]
# ## Days to train on, to calibrate on, to report on

# %%
ds = xdvn.osse.Twin.small(days=130).make() if SIZE == "small" else xdvn.datasets.eddies()
days = ds.sizes["time"]
training = ds.isel(time=slice(0, days // 2))
calibration = ds.isel(time=slice(days // 2 + 5, days * 3 // 4))
report = ds.isel(time=slice(days * 3 // 4 + 5, days))
mean = MeanField.from_data(training["ssh"], find_axes(training["ssh"]))
oi = xdvn.OptimalInterpolation.tune(training, "ssh_obs", "ssh", name="ssh", mean=mean, progress=False)

# %% [markdown]
# ## Two networks are an ensemble
#
# They differ in the seed alone; where the data leave them free they disagree.

# %%
settings = {
    "first_guess": oi,
    "patch": {"time": 5 if SIZE == "small" else 15},
    "epochs": 5 if SIZE == "small" else None,
    "validation": 0,
}
one, two = (training.dvn.fit("ssh_obs", truth="ssh", seed=seed, **settings) for seed in (0, 1))
spread = Ensemble(members=6, models=(two,), obs_error=0.02)
maps = report.dvn.reconstruct(one, posterior=spread)
print(maps["ssh_std"].attrs)

# %% [markdown]
# ## Is it right?
#
# Nine of ten truths should lie in the 90 % interval, and the spread should be as large as the error. Few members that
# share most of what they got wrong are too sure:

# %%


def judge(name, maps):
    scores = uncertainty_scores(maps["ssh"], maps["ssh_std"], report["ssh"])
    covered = float(scores.coverage.sel(level=0.9, method="nearest"))
    told = f"spread/error {float(scores.spread_skill):.2f}, 90 % interval holds {covered:.0%}"
    print(f"{name:<24} {told}, CRPS {float(scores.crps):.4f} m")


judge("ensemble", maps)
judge("optimal interpolation", report.dvn.reconstruct(oi, error=True))

# %% [markdown]
# ## Correct it on days held back
#
# `Recalibrated` finds the factor and the floor that make it likeliest, on days that trained nothing and are not those
# of the report.

# %%
right = Recalibrated.on(calibration, one, calibration["ssh"], spread)
corrected = report.dvn.reconstruct(one, posterior=right)
print(corrected["ssh_std"].attrs["recalibrated"])
judge("ensemble, recalibrated", corrected)

# %% [markdown]
# ## Where it is unsure
#
# A standard error that is right on average may still be wrong everywhere. It should rise with the error where
# observations are far away. Solid lines are errors, dashed ones what was told:

# %%
far = distance_to_observations(report["ssh_obs"].notnull(), within_days=2).distance_in_space
ax = xdvn.plot.error_by_distance({"ensemble": maps, "recalibrated": corrected}, report["ssh"], far)

# %%
panels = {"4DVarNet": corrected["ssh"]}
figure = xdvn.plot.comparison(
    panels, report["ssh"], observations=report["ssh_obs"], std={"4DVarNet": corrected["ssh_std"]}
)

# %% [markdown]
# Believe it on days like these, on this sea, under these satellites. With another constellation, calibrate again.
