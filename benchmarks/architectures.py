"""Score and training time of variants of the default network.

    python benchmarks/architectures.py [default full light few separable grouped]

All variants train on the twin without a first guess, for seven epochs on the same days with one seed: the default
network (gates of 32 features at half resolution, 5 steps); gates at full resolution; 16 features; 3 steps; gates
separable into a kernel for each channel and a mixing of channels; gates in two groups. Prints the table of
``time_to_accuracy.py``: the anomaly score on independent days, minutes until it exceeds that of the tuned interpolation
and until 95 % of the final gain, and the score after every epoch.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from time_to_accuracy import CLOCK, Twin, record_epochs, score_epochs, summary

from xdvn import Training, datasets
from xdvn import api as pipeline
from xdvn.core.layers.convolution import Convolution
from xdvn.core.layers.init import init_uniform, split_key
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet


class Separable(eqx.Module):
    """Convolution by a 3 x 3 kernel for each channel, then a mixing of channels in each cell."""

    kernel: jax.Array
    mix: Convolution

    def __init__(self, channels_in: int, channels_out: int, key: jax.Array) -> None:
        k_kernel, k_mix = split_key(key, 2)
        self.kernel = init_uniform(k_kernel, (3, 3, channels_in), 1 / 3)
        self.mix = Convolution(channels_in, channels_out, 2, taps=1, key=k_mix)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply to one sample."""
        rows, columns, _ = x.shape
        padded = jnp.pad(x, [(1, 1), (1, 1), (0, 0)])
        taps = (padded[i : i + rows, j : j + columns] * self.kernel[i, j] for i in range(3) for j in range(3))
        return self.mix(sum(taps, jnp.zeros_like(x)))


class Grouped(eqx.Module):
    """Two convolutions, each from every second channel to half of the results."""

    halves: tuple[Convolution, Convolution]

    def __init__(self, channels_in: int, channels_out: int, key: jax.Array) -> None:
        keys = split_key(key, 2)
        self.halves = tuple(
            Convolution(len(range(n, channels_in, 2)), channels_out // 2, 2, key=k) for n, k in enumerate(keys)
        )

    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply to one sample."""
        # Interleaved, so that each of the four gates has features of both groups.
        return jnp.stack([half(x[..., n::2]) for n, half in enumerate(self.halves)], -1).reshape(*x.shape[:-1], -1)


def network(steps: int = 5, gates: Callable[..., Any] | None = None, **lstm: Any) -> Callable[..., FourDVarNet]:
    """Return a function that makes the default network with another modulator."""

    def make(channels: int, ndim: int, *, key: jax.Array) -> FourDVarNet:
        network = FourDVarNet.default(channels, ndim, key=key)
        k_modulator, k_gates = jax.random.split(jax.random.fold_in(key, 1))
        modulator = ConvLSTMModulator(
            channels, ndim, init_from_first_guess=True, **{"hidden": 32, **lstm}, key=k_modulator
        )
        if gates is not None:
            _, _, channels_in, channels_out = modulator.gates.kernel.shape
            modulator = eqx.tree_at(lambda m: m.gates, modulator, gates(channels_in, channels_out, k_gates))
        solver = dataclasses.replace(network.solver, modulator=modulator, n_steps=steps)
        return eqx.tree_at(lambda n: n.solver, network, solver)

    return make


NETWORKS = {
    "default": network(),
    "full": network(factor=1),
    "light": network(hidden=16),
    "few": network(steps=3),
    "separable": network(gates=Separable),
    "grouped": network(gates=Grouped),
}


def main(names: list[str]) -> None:
    """Train and score every network and print its row."""
    twin = Twin(datasets.eddies())
    reference = twin.score(twin.tuned().reconstruct(twin.observed))
    print(f"tuned interpolation: {reference:.3f}")
    print("| network | final | minutes to the interpolation | to 95 % of the gain | minutes: score |")
    print("|---|---|---|---|---|", flush=True)
    for name in names or NETWORKS:
        with record_epochs(CLOCK()) as marks:
            model = pipeline.fit(
                twin.training,
                "ssh_obs",
                truth="ssh",
                network=NETWORKS[name],
                validation=twin.validation,
                progress=False,
                training=Training(epochs=7),
            )
        print(summary(name, score_epochs(twin, model, marks), reference), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
