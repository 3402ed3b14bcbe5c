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
# A network is a cost, which owns the prior, a solver that descends it, and an adjoint that differentiates the descent
# ([How it works](../docs/how_it_works.md)). Each is an object of a small abstract class: subclass it and pass the
# object in. There is nothing to register, and `xdvn.testing` checks that a class keeps its promises.

# %%
import os

import equinox as eqx
import jax
import jax.numpy as jnp

import xdvn
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.priors import AbstractPrior
from xdvn.core.solvers import AbstractSolver, AnnealedSchedule, GradientSolver, SolverState, StepMap

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": the demo's sea, ten minutes

# %% [markdown]
# ## A prior
#
# φ maps a state to a more plausible one of the same shape; J is small where the two agree. A state is one window,
# `(*space, channel)`, where a channel is a day. This prior believes that each day is the mean of its neighbours in
# time, smoothed a little in space; how far it believes so is learned. What is an array is trained.


# %%
class BetweenNeighbours(AbstractPrior):
    """Each day is a share of the mean of the days before and after, averaged with the cells around."""

    share: jax.Array
    smoothing: jax.Array

    def __call__(self, x):
        before = jnp.concatenate([x[..., :1], x[..., :-1]], -1)
        after = jnp.concatenate([x[..., 1:], x[..., -1:]], -1)
        middle = (before + after) / 2
        around = sum(jnp.roll(middle, shift, axis) for axis in range(x.ndim - 1) for shift in (-1, 1)) / (
            2 * (x.ndim - 1)
        )
        return self.share * ((1 - self.smoothing) * middle + self.smoothing * around)


prior = BetweenNeighbours(jnp.asarray(0.95), jnp.asarray(0.2))
xdvn.testing.check_prior(prior, (8, 8, 5), jax.random.key(0))

# %% [markdown]
# The check says which promise is broken. A prior of another shape, for example:


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
# A solver has a first state and a pure step. This one descends with momentum, v ← βv + ∇J, x ← x − αv: the memory `v`
# lives in the state's `hidden`, because what changes from step to step must be in the state for an adjoint to run the
# loop. `step_map` says what kind of map the step is, so that an implicit adjoint can tell whether it applies.


# %%
class Momentum(AbstractSolver):
    """Heavy-ball descent with a trained step and momentum."""

    step_size: jax.Array
    momentum: jax.Array
    n_steps: int = eqx.field(static=True)

    def init(self, cost, obs, first_guess, key=None):
        x = obs.at_sea(jnp.zeros_like(obs.values) if first_guess is None else first_guess)
        return SolverState.start(x, hidden=jnp.zeros_like(x), key=key)

    def step(self, cost, obs, state):
        gradient = cost.gradient(state.x, obs) * state.x.size  # J is a mean: now of order one
        v = self.momentum * state.hidden + gradient
        return SolverState(obs.at_sea(state.x - self.step_size * v), v, state.scale, state.k + 1, state.key)

    def step_map(self):
        return StepMap(obstacles=("the momentum remembers earlier steps",))

    def residual(self, cost, obs, x):
        return jnp.linalg.norm(cost.gradient(x, obs).ravel())


solver = Momentum(step_size=jnp.asarray(0.05), momentum=jnp.asarray(0.8), n_steps=15)
xdvn.testing.check_solver(solver, (8, 8, 5), jax.random.key(0))

# %% [markdown]
# ## Networks of them
#
# `fit` takes a network, or a function that makes one when the number of channels is known. Up to four networks (three
# at the small size): the default, the new prior under the usual learned solver, the usual prior under the new solver,
# and both new. The last has four trained numbers in all.


# %%
def weighted(prior):
    return VariationalCost(prior, obs_weight=LearnedWeight(1.0), prior_weight=LearnedWeight(1.0))


def new_prior(channels, ndim, *, key):
    modulator = ConvLSTMModulator(channels, ndim, hidden=32, informed=True, key=key)
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
training, kept = ds.isel(time=slice(0, days * 2 // 3)), ds.isel(time=slice(days * 2 // 3 + 10, None))

# %%
models = {
    name: training.dvn.fit(
        "ssh_obs",
        truth="ssh",
        net=net,
        patch={"time": 5 if SIZE == "small" else 15},
        epochs=2 if SIZE == "small" else None,
        validation=0,
    )
    for name, net in networks.items()
}
print(kept.dvn.compare("ssh", models, mean=kept["ssh_front"], progress=False))

# %%
trained = models["both"].net
print("share", float(trained.cost.prior.share), "smoothing", float(trained.cost.prior.smoothing))
print("step", float(trained.solver.step_size), "momentum", float(trained.solver.momentum))

# %% [markdown]
# ## Save it
#
# A model file holds numbers and the names of classes, no code. Your classes must stand in a module that can be imported
# (`mine.py`), and whoever loads the file vouches for them: `xdvn.load("model.xdvn", classes=[BetweenNeighbours,
# Momentum])`. In a notebook, where there is no module, training and mapping work and loading elsewhere does not.
#
# All that can be replaced stands on one page: [Extend](../docs/extend.md).
