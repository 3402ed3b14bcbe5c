"""Memory and time of every adjoint against the number of solver steps K, on a window of 15 x 64 x 64.

    python benchmarks/adjoints.py [K ...]

Prints one Markdown table. Memory is that of the compiled gradient without its arguments and results, as reported by the
compiler; time is the fastest of three runs. The network is the default one, with a fixed step size for ``Implicit()``.
The table is in docs/adjoints.md.
"""

from __future__ import annotations

import dataclasses
import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.adjoints import BiCGStab, Implicit, OnUnconverged, RecursiveCheckpoint, TruncatedAdjoint, Unrolled
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.solvers import GradientSolver

SHAPE = (64, 64, 15)
ADJOINTS = {
    "`Unrolled(None)`: all saved": Unrolled(None),
    "`Unrolled()`: gates saved": Unrolled(),
    "`Unrolled(())`: nothing saved": Unrolled(()),
    "`RecursiveCheckpoint()`": RecursiveCheckpoint(),
    "`TruncatedAdjoint(1)`: one-step": TruncatedAdjoint(1),
    "`Implicit(BiCGStab())`, fixed step": Implicit(BiCGStab(max_products=20), unconverged=OnUnconverged.IGNORE),
}


def make_network(adjoint: object, n_steps: int) -> FourDVarNet:
    """Return the default network with an adjoint and a number of steps."""
    network = FourDVarNet.default(SHAPE[-1], key=jax.random.key(0))
    if isinstance(adjoint, Implicit):
        solver = GradientSolver(n_steps=n_steps, modulator=IdentityModulator(), step_size=0.1 * float(np.prod(SHAPE)))
    else:
        solver = dataclasses.replace(network.solver, n_steps=n_steps)
    return FourDVarNet(network.cost, solver, adjoint)


def measure(adjoint: object, n_steps: int, obs: Observations) -> tuple[float, float]:
    """Return temporary memory [MB] and the seconds of one gradient."""

    @eqx.filter_jit
    def gradient(network: FourDVarNet, obs: Observations) -> FourDVarNet:
        return eqx.filter_grad(lambda n: (n(obs).x ** 2).sum())(network)

    network = make_network(adjoint, n_steps)
    memory = gradient.lower(network, obs).compile().compiled.memory_analysis().temp_size_in_bytes / 1e6
    times = []
    for _ in range(4):  # the first run compiles
        began = time.perf_counter()
        jax.block_until_ready(gradient(network, obs))
        times.append(time.perf_counter() - began)
    return memory, min(times[1:])


def main(steps: list[int]) -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    mask = jnp.asarray(rng.random(SHAPE) < 0.08)
    obs = Observations(jnp.asarray(rng.normal(size=SHAPE), jnp.float32), mask)
    print("| adjoint | " + " | ".join(f"K = {k}" for k in steps) + " |")
    print("|---|" + "---|" * len(steps))
    for name, adjoint in ADJOINTS.items():
        cells = ["{:.0f} MB, {:.2f} s".format(*measure(adjoint, k, obs)) for k in steps]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main([int(k) for k in sys.argv[1:]] or [5, 10, 20, 40])
