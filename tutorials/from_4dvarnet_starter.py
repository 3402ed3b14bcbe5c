# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # From 4dvarnet-starter to xdvn
#
# [4dvarnet-starter](https://github.com/CIA-Oceanix/4dvarnet-starter) is the reference implementation of 4DVarNet in
# PyTorch, with Hydra and Lightning. This tutorial translates its terms, builds the same network, and explains the
# differences.
#
# ## Terms
#
# | 4dvarnet-starter | xdvn |
# |---|---|
# | a YAML file under `config/xp` | Python: `ds.dvn.fit(...)` with objects as arguments |
# | `GradSolver` | `FourDVarNet(cost, GradientSolver(...), adjoint)` |
# | `BilinAEPriorCost` | `BilinearPrior`, inside a `VariationalCost` |
# | `BaseObsCost` | the first term of `VariationalCost`; H is its `obs_operator` |
# | `ConvLstmGradModel` | `ConvLSTMModulator` |
# | `lr_grad`, `n_step` | `ReferenceSchedule(descent)`, `n_steps` |
# | `Lit4dVarNet.step`, `weighted_mse`, Sobel gradients | `SupervisedLoss(window, gradient_weight)` |
# | `rec_weight`, `get_triang_time_wei` | the loss's `window`: largest on the middle day, zero in the rims |
# | `cosanneal_lr_adam` | `Training(optimiser=...)`: `core.training.default_optimiser`, or any of optax |
# | `XrDataset`, `patch_dims`, `strides` | `windows=Windows(size, overlap)` (windows always cover the whole field) |
# | `XrDataset.reconstruct` | `reconstruct`, `grid.patches.Patcher.merge` |
# | `BaseDataModule`, `norm_stats` | `GridSpec`, `Normaliser`: estimated on training days, saved with the weights |
# | `TrainingItem(input, tgt)` | `Observations(values, mask)` and a truth |
# | `domains`, `splits` | `ds.sel(...)`; `validation=` |
# | `load_altimetry_data` | `readers.read_challenge_maps`, `datasets.fetch("starter/...")` |
# | `diagnostics`, `psd_based_scores`, `rmse_based_scores` | `maps.dvn.score(truth)` |
# | a Lightning checkpoint (pickle) | `model.save("name.xdvn")` (numbers, no code) |
# | `trainer.test`, `test_data` | `ds.dvn.reconstruct(model)` returns the Dataset |

# %%
import os

import jax

import xdvn
from xdvn.core.networks.fourdvarnet import FourDVarNet

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger ocean, long on a CPU

# %% [markdown]
# ## The same network
#
# `FourDVarNet.reference` is the published network: bilinear prior, ConvLSTM at full resolution, zero hidden state,
# dropout of 0.1, K = 10, a last x ← φ(x) at inference. With equal weights both give the same result in single precision
# (`tests/science/test_reference_network.py`).

# %%
network = FourDVarNet.reference(channels=15, key=jax.random.key(0))
print(type(network.cost.prior).__name__, type(network.solver.modulator).__name__, "K =", network.solver.n_steps)

# %% [markdown]
# It differs in three points, so that the map of a window does not depend on the other windows in its batch. Means in J
# and the size of the first gradient are computed per window, not over the batch. That size has a lower bound, so that a
# window without data is finite. The plain descent is scaled accordingly. [The docstring](../docs/reference/verbs.md)
# contains the equations.
#
# ## Training

# %%
if SIZE == "small":
    ds = xdvn.osse.Twin.small(days=60).make()
    make = lambda channels, ndim, *, key: FourDVarNet.reference(
        channels, ndim, n_steps=4, prior_hidden=8, modulator_hidden=12, key=key
    )
else:
    ds = xdvn.datasets.eddies()
    make = FourDVarNet.reference
days = ds.sizes["time"]
training, evaluation = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))

# %%
small = SIZE == "small"
settings = {"windows": {"time": 5 if small else 15}, "training": {"epochs": 4 if small else None}, "validation": 0}
published = training.dvn.fit("ssh_obs", truth="ssh", network=make, **settings)
default = training.dvn.fit("ssh_obs", truth="ssh", **settings)
methods = {"published": published, "default": default}
print(evaluation.dvn.compare("ssh", methods, mean=evaluation["ssh_front"], progress=False))

# %% [markdown]
# ## Defaults of xdvn
#
# | | published | `FourDVarNet.default` |
# |---|---|---|
# | LSTM | full resolution | on blocks of 2 × 2 cells: the same information, a quarter of the work |
# | initial hidden state | zero | the first guess |
# | start of a solve | the data, 0 in the gaps | the training mean, or a first guess (`first_guess=`) |
# | weights in J | fixed | trained |
# | K | 10 | 5 |
# | x ← φ(x) at inference | yes | no: training and inference use the same forward pass |
# | windows at the rim of the field | determined by the strides | moved inwards: every cell is covered |
#
# [Choosing the parts](../docs/choosing.md) and `make demo` show the effect of a first guess.
#
# ## The data
#
# `xdvn.datasets.fetch("starter/...")` downloads the starter's training file (see
# `xdvn.datasets.list_files("starter")`), and `readers.read_challenge_maps` reads it into `ssh`, `ssh_obs`, `sst` on
# (time, lat, lon). Before you compare scores: some of the starter's validation days are in the month around the
# evaluation that the challenge excludes. `xdvn.osse.Split` excludes that month.

# %%
print(str(xdvn.datasets.list_files("starter")).partition("\n")[2])  # without its first line, the download folder
