# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Choosing an adjoint: memory, time, and what gradient comes out
#
# A network runs K steps of a solver, and its parameters are trained through them. How these steps are differentiated is
# an object, the third argument of `FourDVarNet(cost, solver, adjoint)`. The map that comes out never depends on it.
# What does: memory, time, and for two of them the gradient itself. This page measures all three; [Choosing an
# adjoint](../docs/adjoints.md) has the table for larger windows and the rules.

# %%
import dataclasses
import os
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from xdvn.core.adjoints import BiCGStab, Implicit, KStep, RecursiveCheckpoint, Unrolled
from xdvn.core.cost import VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.modulators import IdentityModulator
from xdvn.core.observations import Observations
from xdvn.core.priors import IdentityPrior
from xdvn.core.solvers import GradientSolver

SIZE = os.environ.get("XDVN_TUTORIAL", "small")  # "small": a minute; "full": a window of 64 x 64, some minutes
SHAPE, STEPS = ((16, 16, 5), (5, 20)) if SIZE == "small" else ((64, 64, 15), (5, 10, 20, 40))

# %% [markdown]
# ## A window and a network

# %%
random = np.random.default_rng(0)
values, mask = random.normal(size=SHAPE), random.random(SHAPE) < 0.08
obs = Observations(jnp.asarray(values, jnp.float32), jnp.asarray(mask))
net = FourDVarNet.default(SHAPE[-1], key=jax.random.key(0))


def with_steps(adjoint, n_steps):
    return FourDVarNet(net.cost, dataclasses.replace(net.solver, n_steps=n_steps), adjoint)


# %% [markdown]
# The result is the same under all of them, to the last bit or nearly:

# %%
adjoints = {
    "Unrolled(None)": Unrolled(None),
    "Unrolled()": Unrolled(),
    "RecursiveCheckpoint()": RecursiveCheckpoint(),
    "KStep(1)": KStep(1),
}
solve = eqx.filter_jit(lambda net, obs: net(obs).x)
reference = solve(with_steps(Unrolled(None), STEPS[0]), obs)
for name, adjoint in adjoints.items():
    largest = float(jnp.abs(solve(with_steps(adjoint, STEPS[0]), obs) - reference).max())
    print(f"{name:<22} largest difference of the result {largest:.1e}")

# %% [markdown]
# ## Memory and time
#
# Memory is what the compiled gradient needs beside its arguments and results, as the compiler states it.


# %%
@eqx.filter_jit
def gradient(net, obs):
    return eqx.filter_grad(lambda n: (n(obs).x ** 2).mean())(net)


def measure(adjoint, n_steps):
    net = with_steps(adjoint, n_steps)
    program = gradient.lower(net, obs).compile()
    memory = program.compiled.memory_analysis().temp_size_in_bytes / 1e6
    jax.block_until_ready(program(net, obs))
    began = time.perf_counter()
    found = jax.block_until_ready(program(net, obs))
    return memory, time.perf_counter() - began, found


measured = {name: [measure(adjoint, k) for k in STEPS] for name, adjoint in adjoints.items()}
print(f"{'':<22}" + "".join(f"{f'K = {k}':>20}" for k in STEPS))
for name, row in measured.items():
    print(f"{name:<22}" + "".join(f"{f'{mb:.1f} MB, {1e3 * s:.0f} ms':>20}" for mb, s, _ in row))

# %%
figure, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
for name, row in measured.items():
    ax.plot(STEPS, [mb for mb, _, _ in row], marker="o", label=name)
ax.set(xlabel="steps of the solver, K", ylabel="memory of a gradient [MB]", ylim=(0, None))
legend = ax.legend(frameon=False)

# %% [markdown]
# ## The gradient
#
# Unrolled and checkpointed gradients are the same. One step is not: it takes what led to the last step as given, which
# is cheap and points elsewhere. The cosine tells how far elsewhere, for this network before any training.


# %%
def flat(found):
    return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(eqx.filter(found, eqx.is_array))])


exact = flat(measured["Unrolled(None)"][-1][2])
for name, row in measured.items():
    mine = flat(row[-1][2])
    cosine = float(mine @ exact / (jnp.linalg.norm(mine) * jnp.linalg.norm(exact)))
    length = float(jnp.linalg.norm(mine) / jnp.linalg.norm(exact))
    print(f"{name:<22} cosine {cosine:.4f}, length {length:.3f} of the exact")

# %% [markdown]
# ## The example to remember
#
# x ← x − α ∇J with J = ½(x − y)² on one observed cell halves the distance to y at each step when α = ½: T(x) = x/2 +
# y/2, and x* = y, so dx*/dy = 1. One step says ½, however long one iterates; k steps say 1 − 2⁻ᵏ; implicit says 1.

# %%
one = Observations(jnp.asarray([[3.0]]), jnp.asarray([[True]]))
cost = VariationalCost(IdentityPrior(), obs_weight=0.5, prior_weight=0.0)
descent = GradientSolver(n_steps=30, modulator=IdentityModulator(), step_size=0.5)


def answer(y, adjoint):
    seen = Observations(jnp.reshape(y, (1, 1)), one.mask)
    return FourDVarNet(cost, descent, adjoint)(seen).x[0, 0]


for adjoint in (Unrolled(), KStep(1), KStep(3), Implicit()):
    value, slope = jax.value_and_grad(answer)(3.0, adjoint)
    print(f"{type(adjoint).__name__:<10} x* = {float(value):.4f}, dx*/dy = {float(slope):.4f}")

# %% [markdown]
# ## When an adjoint does not apply
#
# `Implicit` needs a step that is one map of x. The learned solver changes with k and remembers, so the pair is refused,
# and the message says what to take instead:

# %%
try:
    FourDVarNet(net.cost, net.solver, Implicit(BiCGStab()))
except (TypeError, ValueError) as error:
    print(error)

# %% [markdown]
# ## In short
#
# Up to some twenty steps `Unrolled()`, the default. Short of memory with many steps, `RecursiveCheckpoint()`: exact
# too, and memory hardly grows with K; with few steps of a small network, as here, it saves nothing. `Implicit` for a
# fixed step run to convergence. `KStep` where the last steps hardly move the state.
