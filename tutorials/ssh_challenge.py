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
# Four altimeters, a sea known everywhere, 42 days that nobody has trained on: the [data challenge
# 2020a](https://doi.org/10.24400/527896/a01-2020.002) is how methods that map sea level are compared. Here it is taken
# up on the built-in sea, without a download; the same lines take up the challenge itself with `osse_2020a("nadir4")`,
# and the real altimeters of 2017 with `ose_2021a("nadir5")` ([Benchmark](../docs/benchmark.md)).
#
# At full size this is `python -m xdvn.benchmark twin`.

# %%
import os
from dataclasses import dataclass

from xdvn import osse
from xdvn.baselines import LinearInTime
from xdvn.benchmark import AbstractMethod, Interpolation, Network, Setting, TunedInterpolation, compete, twin
from xdvn.dynamics import TwoLayerQG

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": the challenge's size, some ten minutes

# %% [markdown]
# ## The challenge
#
# A `Challenge` is a setting (what methods may use) and an evaluation (what they are judged by, which they never see).
# The small one has a box of two degrees and 14 scored days: enough to see how it goes, far too little to judge a
# method.

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
print(challenge.setting.observed.dvn)

# %% [markdown]
# ## A method of your own
#
# A method makes a mapper from the setting. This one is the simplest that maps at all: each cell by itself, linear
# between its observations.


# %%
@dataclass(frozen=True)
class CellByCell(AbstractMethod):
    def title(self, setting: Setting) -> str:
        return "linear in time"

    def make(self, setting: Setting) -> LinearInTime:
        return LinearInTime("ssh_obs", name="ssh", mean=setting.mean)


# %% [markdown]
# ## Compete
#
# The interpolation is tuned, and the network trained, on the challenge's own training days. Anyone's maps in a file
# take part as `MapsOfFile(path)`, a saved model as `SavedModel(path)`.

# %%
epochs = 1 if SIZE == "small" else 7
board = compete(challenge, [CellByCell(), Interpolation(), TunedInterpolation(), Network(epochs=epochs)])

# %% [markdown]
# ## The leaderboard
#
# Rows without minutes are published ones with their source: of NATL60, another sea, so for orientation only. `mu`
# flatters where a mean front holds most of the power; read `anomaly` beside it ([Scores](../docs/scores.md)). What was
# measured at full size stands in [Benchmark](../docs/benchmark.md#measured).

# %%
print(board)

# %%
board.to_dataframe()

# %% [markdown]
# ## The maps behind the numbers

# %%
import xdvn

scored = challenge.evaluation.truth
maps = {entry.title: entry.maps.sel(time=scored.time, lat=scored.lat, lon=scored.lon) for entry in board.entries[1:]}
seen = challenge.setting.observed["ssh_obs"].sel(time=scored.time, lat=scored.lat, lon=scored.lon)
figure = xdvn.plot.comparison(maps, scored, observations=seen)

# %%
ax = xdvn.plot.by_time({entry.title: entry.scores for entry in board.entries})
