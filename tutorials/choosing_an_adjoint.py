# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Choosing an adjoint: memory, time, gradient
#
# A network runs K steps of a solver, and `fit` trains its parameters through these steps. The adjoint, the third
# argument of `FourDVarNet(cost, solver, adjoint)`, defines how they are differentiated. The map never depends on it.
# Memory and time do, and for two adjoints the gradient does. This tutorial measures all three; [Choosing an
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

from xdvn.core.adjoints import BiCGStab, Implicit, RecursiveCheckpoint, TruncatedAdjoint, Unrolled
from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
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
network = FourDVarNet.default(SHAPE[-1], key=jax.random.key(0))


def with_steps(adjoint, n_steps):
    return FourDVarNet(network.cost, dataclasses.replace(network.solver, n_steps=n_steps), adjoint)


# %% [markdown]
# All adjoints give the same result, to the last bit or nearly:

# %%
adjoints = {
    "Unrolled(None)": Unrolled(None),
    "Unrolled()": Unrolled(),
    "RecursiveCheckpoint()": RecursiveCheckpoint(),
    "TruncatedAdjoint(1)": TruncatedAdjoint(1),
}
solve = eqx.filter_jit(lambda network, obs: network(obs).x)
reference = solve(with_steps(Unrolled(None), STEPS[0]), obs)
for name, adjoint in adjoints.items():
    largest = float(jnp.abs(solve(with_steps(adjoint, STEPS[0]), obs) - reference).max())
    print(f"{name:<22} largest difference of the result {largest:.1e}")

# %% [markdown]
# ## Memory and time
#
# Memory is what the compiled gradient needs in addition to its arguments and results, as the compiler reports it.


# %%
@eqx.filter_jit
def gradient(network, obs):
    return eqx.filter_grad(lambda n: (n(obs).x ** 2).mean())(network)


def measure(adjoint, n_steps):
    network = with_steps(adjoint, n_steps)
    program = gradient.lower(network, obs).compile()
    memory = program.compiled.memory_analysis().temp_size_in_bytes / 1e6
    jax.block_until_ready(program(network, obs))
    began = time.perf_counter()
    result = jax.block_until_ready(program(network, obs))
    return memory, time.perf_counter() - began, result


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
# Unrolled and checkpointed gradients are equal. The one-step gradient is not: it treats the state before the last step
# as a constant, which is cheap and inexact. The cosine measures the difference, for this network before training.


# %%
def flat(tree):
    return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_array))])


exact = flat(measured["Unrolled(None)"][-1][2])
for name, row in measured.items():
    vector = flat(row[-1][2])
    cosine = float(vector @ exact / (jnp.linalg.norm(vector) * jnp.linalg.norm(exact)))
    length = float(jnp.linalg.norm(vector) / jnp.linalg.norm(exact))
    print(f"{name:<22} cosine {cosine:.4f}, length {length:.3f} of the exact")

# %% [markdown]
# ## A scalar example
#
# x ← x − α ∇J with J = ½(x − y)² on one observed cell halves the distance to y at each step if α = ½: T(x) = x/2 + y/2,
# and x* = y, so dx*/dy = 1. One step gives ½ for any number of iterations, k steps give 1 − 2⁻ᵏ, and implicit gives 1.

# %%
one = Observations(jnp.asarray([[3.0]]), jnp.asarray([[True]]))
cost = VariationalCost(IdentityPrior(), obs_weight=0.5, prior_weight=0.0)
descent = GradientSolver(n_steps=30, modulator=IdentityModulator(), step_size=0.5)


def solve_scalar(y, adjoint):
    observed = Observations(jnp.reshape(y, (1, 1)), one.mask)
    return FourDVarNet(cost, descent, adjoint)(observed).x[0, 0]


for adjoint in (Unrolled(), TruncatedAdjoint(1), TruncatedAdjoint(3), Implicit()):
    value, slope = jax.value_and_grad(solve_scalar)(3.0, adjoint)
    print(f"{type(adjoint).__name__:<10} x* = {float(value):.4f}, dx*/dy = {float(slope):.4f}")

# %% [markdown]
# ## Incompatible adjoints
#
# `Implicit` needs a step that is one map of x. The learned solver changes with k and has a hidden state, so this pair
# raises an error that names an alternative:

# %%
try:
    FourDVarNet(network.cost, network.solver, Implicit(BiCGStab()))
except (TypeError, ValueError) as error:
    print(error)

# %% [markdown]
# ## Summary
#
# Use `Unrolled()`, the default, for up to about twenty steps. Use `RecursiveCheckpoint()` for many steps with little
# memory: it is exact, and its memory hardly grows with K. With few steps of a small network, as here, it saves nothing.
# Use `Implicit` for a fixed step run to convergence, and `TruncatedAdjoint` if the last steps hardly change the state.
