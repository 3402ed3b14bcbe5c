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
# PyTorch, with Hydra and Lightning. If you know it, this page tells what is called what here, builds the same network,
# and says where xdvn does otherwise and why.
#
# ## What is called what
#
# | 4dvarnet-starter | xdvn |
# |---|---|
# | a YAML file under `config/xp` | Python: `ds.dvn.fit(...)` with objects for arguments |
# | `GradSolver` | `FourDVarNet(cost, GradientSolver(...), adjoint)` |
# | `BilinAEPriorCost` | `BilinearPrior`, inside a `VariationalCost` |
# | `BaseObsCost` | the first term of `VariationalCost`; H is its `obs_operator` |
# | `ConvLstmGradModel` | `ConvLSTMModulator` |
# | `lr_grad`, `n_step` | `ReferenceSchedule(descent)`, `n_steps` |
# | `Lit4dVarNet.step`, `weighted_mse`, Sobel gradients | `SupervisedLoss(window, gradient_weight)` |
# | `rec_weight`, `get_triang_time_wei` | the loss's `window`: largest on the middle day, without rims |
# | `cosanneal_lr_adam` | `core.training.default_optimiser`, or any of optax |
# | `XrDataset`, `patch_dims`, `strides` | `patch=`, `overlap=` (windows that always cover the whole field) |
# | `XrDataset.reconstruct` | `reconstruct`, `grid.patches.Patcher.merge` |
# | `BaseDataModule`, `norm_stats` | `GridSpec`, `Normaliser`: measured on training days, saved with the weights |
# | `TrainingItem(input, tgt)` | `Observations(values, mask)` and a truth |
# | `domains`, `splits` | `ds.sel(...)`; `validation=` |
# | `load_altimetry_data` | `readers.read_challenge_maps`, `datasets.fetch("starter/...")` |
# | `diagnostics`, `psd_based_scores`, `rmse_based_scores` | `maps.dvn.score(truth)` |
# | a Lightning checkpoint (pickle) | `model.save("name.xdvn")` (numbers, no code) |
# | `trainer.test`, `test_data` | `ds.dvn.reconstruct(model)` gives the Dataset |

# %%
import os

import jax

import xdvn
from xdvn.core.fourdvarnet import FourDVarNet

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a year of a larger sea, long on a CPU

# %% [markdown]
# ## The same network
#
# `FourDVarNet.reference` is the published network: bilinear prior, ConvLSTM at full resolution, zero memory, dropout of
# 0.1, K = 10, one last x ← φ(x) at inference. From equal weights both give the same result to within single precision
# (`tests/science/test_reference_network.py`).

# %%
net = FourDVarNet.reference(channels=15, key=jax.random.key(0))
print(type(net.cost.prior).__name__, type(net.solver.modulator).__name__, "K =", net.solver.n_steps)

# %% [markdown]
# It differs in three points, each so that a window's map does not depend on which other windows are in its batch: means
# in J and the size of the first gradient are taken per window, not over the batch; that size has a floor, so that a
# window without data stays finite; and the plain descent is scaled to match. [The
# docstring](../docs/reference/verbs.md) has the formulas.
#
# ## Train it

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
training, kept = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))

# %%
settings = {"patch": {"time": 5 if SIZE == "small" else 15}, "epochs": 4 if SIZE == "small" else None, "validation": 0}
published = training.dvn.fit("ssh_obs", truth="ssh", net=make, **settings)
default = training.dvn.fit("ssh_obs", truth="ssh", **settings)
print(kept.dvn.compare("ssh", {"published": published, "default": default}, mean=kept["ssh_front"], progress=False))

# %% [markdown]
# ## What xdvn does by default, and why
#
# | | published | `FourDVarNet.default` |
# |---|---|---|
# | LSTM | full resolution | on blocks of 2 × 2 cells: the same information, a quarter of the gates' work |
# | its memory starts from | zero | the first guess |
# | start of a solve | the data, 0 in the gaps | the training mean, or a first guess (`first_guess=`) |
# | weights in J | fixed | trained |
# | K | 10 | 5 |
# | x ← φ(x) at inference | yes | no: training and inference run the same forward |
# | windows at the rim of the field | as strides fall | shifted inwards: every cell is covered |
#
# What a first guess is worth: [Choosing](../docs/choosing.md), and `make demo`.
#
# ## The data
#
# `xdvn.datasets.fetch("starter/...")` brings the starter's training file (see `xdvn.datasets.available("starter")`),
# and `readers.read_challenge_maps` reads it into `ssh`, `ssh_obs`, `sst` on (time, lat, lon). Beware of one thing when
# comparing scores: the starter's validation days lie partly in the month that the challenge keeps unused around its
# evaluation; `xdvn.osse.Split` keeps that month unused.

# %%
print(str(xdvn.datasets.available("starter")).partition("\n")[2])  # below its first line: the folder of what is fetched
