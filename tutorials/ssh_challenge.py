# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # The SSH mapping challenge, with its leaderboard
#
# Four altimeters, a known ocean, 42 evaluation days that no method trains on: the [data challenge
# 2020a](https://doi.org/10.24400/527896/a01-2020.002) compares methods that map sea level. Here we run it on the
# built-in ocean, without a download. The same lines run the challenge itself with `osse_2020a("nadir4")`, and the real
# altimeters of 2017 with `ose_2021a("nadir5")` ([Benchmark](../docs/benchmark.md)).
#
# At full size this is `python -m xdvn.benchmark twin`.

# %%
import os
from dataclasses import dataclass

from xdvn import osse
from xdvn.baselines import LinearInTime
from xdvn.benchmark import (
    AbstractMethod,
    ChallengeInputs,
    Interpolation,
    Network,
    TunedInterpolation,
    run_challenge,
    twin,
)
from xdvn.dynamics import TwoLayerQG

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": size of the challenge, ten minutes

# %% [markdown]
# ## The challenge
#
# A `Challenge` consists of inputs (the data that methods may use) and an evaluation (the data that score them, which
# they never receive). The small one has a box of two degrees and 14 evaluation days: enough for an example, too few to
# compare methods.

# %%
if SIZE == "small":
    challenge = twin(
        "nadir4",
        days=86,
        lat=(33.0, 36.0),
        lon=(-65.0, -62.0),
        spin_up=60,
        model=TwoLayerQG(n=48, length=480e3),
        split=osse.Split(slice(0, 18), slice(4, 18), slice(18, 22), slice(22, 70), slice(70, 86)),
        box={"lat": slice(33.4, 35.6), "lon": slice(-64.6, -62.4)},
        progress=False,
    )
else:
    challenge = twin("nadir4")
print(challenge.evaluation.about)
print(challenge.inputs.observed.dvn)

# %% [markdown]
# ## Your own method
#
# A method makes a mapper from the inputs. This one is the simplest: linear interpolation in time in each cell.


# %%
@dataclass(frozen=True)
class CellByCell(AbstractMethod):
    def title(self, inputs: ChallengeInputs) -> str:
        return "linear in time"

    def make(self, inputs: ChallengeInputs) -> LinearInTime:
        return LinearInTime("ssh_obs", name="ssh", mean=inputs.mean)


# %% [markdown]
# ## Run
#
# The interpolation is tuned, and the network trained, on the training days of the challenge. Add maps in a file as
# `MapsFromFile(path)`, and a saved model as `SavedModel(path)`.

# %%
epochs = 1 if SIZE == "small" else 7
board = run_challenge(challenge, [CellByCell(), Interpolation(), TunedInterpolation(), Network(epochs=epochs)])

# %% [markdown]
# ## The leaderboard
#
# Rows without minutes are published, with their source: they are for NATL60, another ocean, and for orientation only.
# `mu` includes the mean front; also read `mu_anomaly` ([Scores](../docs/scores.md)).
# [Benchmark](../docs/benchmark.md#measured) has the results at full size.

# %%
print(board)

# %%
board.to_dataframe()

# %% [markdown]
# ## The maps

# %%
import xdvn

scored = challenge.evaluation.truth
maps = {entry.title: entry.maps.sel(time=scored.time, lat=scored.lat, lon=scored.lon) for entry in board.entries[1:]}
observed = challenge.inputs.observed["ssh_obs"].sel(time=scored.time, lat=scored.lat, lon=scored.lon)
figure = xdvn.plot.comparison(maps, scored, observations=observed)

# %%
ax = xdvn.plot.time_series({entry.title: entry.scores for entry in board.entries})
