# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Your own prior, your own solver
#
# A network consists of a cost with a prior, a solver that reduces the cost, and an adjoint that differentiates the
# solve ([How it works](../docs/how_it_works.md)). Each is an object of a small abstract class: subclass it and pass the
# object. No registration is needed, and `xdvn.testing` checks the contract of each class.

# %%
import os

import equinox as eqx
import jax
import jax.numpy as jnp

import xdvn
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import AbstractPrior
from xdvn.core.solvers import AbstractSolver, AnnealedSchedule, GradientSolver, SolverState, StepMap

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": the demo's ocean, ten minutes

# %% [markdown]
# ## A prior
#
# φ maps a state to a more plausible one of the same shape; J is small where the two agree. A state is one window,
# `(*space, channel)`, where a channel is a day. In this prior each day is a fraction of the mean of its neighbours in
# time, smoothed slightly in space. Both numbers are trained, because they are arrays.


# %%
class BetweenNeighbours(AbstractPrior):
    """Prediction of each day as a fraction of the mean of its neighbours in time, smoothed in space."""

    fraction: jax.Array
    smoothing: jax.Array

    def __call__(self, x):
        before = jnp.concatenate([x[..., :1], x[..., :-1]], -1)
        after = jnp.concatenate([x[..., 1:], x[..., -1:]], -1)
        middle = (before + after) / 2
        around = sum(jnp.roll(middle, shift, axis) for axis in range(x.ndim - 1) for shift in (-1, 1)) / (
            2 * (x.ndim - 1)
        )
        return self.fraction * ((1 - self.smoothing) * middle + self.smoothing * around)


prior = BetweenNeighbours(jnp.asarray(0.95), jnp.asarray(0.2))
xdvn.testing.check_prior(prior, (8, 8, 5), jax.random.key(0))

# %% [markdown]
# The check names the violated requirement. For example, a prior of another shape:


# %%
class Wrong(AbstractPrior):
    def __call__(self, x):
        return x[..., 1:]


try:
    xdvn.testing.check_prior(Wrong(), (8, 8, 5), jax.random.key(0))
except AssertionError as error:
    print(error)

# %% [markdown]
# ## A solver
#
# A solver has an initial state and a pure step. This one uses momentum, v ← βv + ∇J, x ← x − αv. The state's `hidden`
# contains `v`: an adjoint runs the loop, so everything that changes from step to step must be in the state. `step_map`
# describes the step, so that an implicit adjoint can check whether it applies.


# %%
class Momentum(AbstractSolver):
    """Heavy-ball descent with a trained step and momentum."""

    step_size: jax.Array
    momentum: jax.Array
    n_steps: int = eqx.field(static=True)

    def init(self, cost, obs, first_guess, key=None):
        x = obs.mask_land(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
        return SolverState.start(x, hidden=jnp.zeros_like(x), key=key)

    def step(self, cost, obs, state):
        gradient = cost.gradient(state.x, obs) * state.x.size  # J is a mean; scaled to order one
        v = self.momentum * state.hidden + gradient
        return SolverState(obs.mask_land(state.x - self.step_size * v), v, state.scale, state.k + 1, state.key)

    def step_map(self):
        return StepMap(nonstationary_reasons=("the momentum depends on earlier steps",))

    def residual(self, cost, obs, x):
        return jnp.linalg.norm(cost.gradient(x, obs).ravel())


solver = Momentum(step_size=jnp.asarray(0.05), momentum=jnp.asarray(0.8), n_steps=15)
xdvn.testing.check_solver(solver, (8, 8, 5), jax.random.key(0))

# %% [markdown]
# ## Networks
#
# `fit` accepts a network, or a function that makes one for a number of channels. We compare up to four networks (three
# at the small size): the default, the new prior with the default solver, the default prior with the new solver, and
# both new. The last one has four trained numbers in total.


# %%
def weighted(prior):
    return VariationalCost(prior, obs_weight=LearnedWeight(1.0), prior_weight=LearnedWeight(1.0))


def new_prior(channels, ndim, *, key):
    modulator = ConvLSTMModulator(channels, ndim, hidden=32, init_from_first_guess=True, key=key)
    learned = GradientSolver(n_steps=5, modulator=modulator, schedule=AnnealedSchedule(), normalise=True)
    return FourDVarNet(weighted(prior), learned)


def new_solver(channels, ndim, *, key):
    return FourDVarNet(FourDVarNet.default(channels, ndim, key=key).cost, solver)


def both_new(channels, ndim, *, key):
    return FourDVarNet(weighted(prior), solver)


networks = {"default": None, "new prior": new_prior, "new solver": new_solver, "both": both_new}
if SIZE == "small":
    del networks["new solver"]
    ds = xdvn.osse.Twin.small(days=70).make()
else:
    ds = xdvn.datasets.eddies()
days = ds.sizes["time"]
training, evaluation = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))

# %%
models = {
    name: training.dvn.fit(
        "ssh_obs",
        truth="ssh",
        network=network,
        validation=0,
        windows={"time": 5 if SIZE == "small" else 15},
        training=xdvn.Training(epochs=2 if SIZE == "small" else None),
    )
    for name, network in networks.items()
}
print(evaluation.dvn.compare("ssh", models, mean=evaluation["ssh_front"], progress=False))

# %%
trained = models["both"].network
print("fraction", float(trained.cost.prior.fraction), "smoothing", float(trained.cost.prior.smoothing))
print("step", float(trained.solver.step_size), "momentum", float(trained.solver.momentum))

# %% [markdown]
# ## Save
#
# A model file contains numbers and class names, no code. Define your classes in a module that can be imported
# (`my_parts.py`). To load the file, pass them: `xdvn.load("model.xdvn", classes=[BetweenNeighbours, Momentum])`.
# Classes from a notebook can be trained and used, but not loaded elsewhere.
#
# [Extend](../docs/extend.md) lists all exchangeable parts.
