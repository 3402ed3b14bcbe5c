"""The xdvn process of a comparison: ``python work_xdvn.py TASK`` with a task as JSON (see ``protocol``)."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from protocol import CLIP, PRIOR_RATE, RATE, Task, serve

from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.training import train
from xdvn.inference.solve import forward

PRECISION = {"float32": "float32", "tf32": "tensorfloat32", "bf16": "bfloat16"}
"""Names of the precisions in JAX."""


def prepare(task: Task) -> Callable[[], object]:
    """Return the function to time."""
    if task.device == "gpu":  # on CPUs, the default of JAX
        jax.config.update("jax_default_matmul_precision", PRECISION[task.precision])
    if task.kind == "sgemm":
        a = jax.random.uniform(jax.random.key(0), (task.rows, task.rows))
        a = a.astype(jnp.bfloat16) if task.precision == "bf16" else a
        product = jax.jit(jnp.matmul)
        return lambda: product(a, a).block_until_ready()
    key = jax.random.key(0)
    if task.network == "default":
        network = FourDVarNet.default(task.channels, key=key)
    else:
        network = FourDVarNet.reference(task.channels, n_steps=task.steps, dropout=0.0, key=key)
    y, mask, truth = (jnp.moveaxis(jnp.asarray(a), 1, -1) for a in task.data())
    obs = jax.vmap(Observations)(y, mask)
    if task.kind == "infer":
        return lambda: np.asarray(forward(network, obs, None)[0])

    batch = sample(obs, truth)
    loss = SupervisedLoss(jnp.ones(truth.shape[1:]))
    # One update per epoch, so that ``next`` makes one update.
    updates = train(network, loss, adam(), ([batch] for _ in itertools.count()), lambda: iter(()), key=key)
    return lambda: next(updates).loss


def sample(obs: Observations, truth: jax.Array) -> Sample:
    """Return a batch with a loss everywhere."""
    return jax.vmap(Sample)(obs, truth, jnp.ones(truth.shape, bool), None, jnp.ones(len(truth), truth.dtype))


def adam() -> optax.GradientTransformation:
    """Return the published optimiser: Adam with clipped gradients and half the rate for the prior."""

    def slower_prior(updates: Any, _: Any) -> Any:
        slow = jax.tree.map(lambda u: PRIOR_RATE * u, updates.cost.prior)
        return eqx.tree_at(lambda network: network.cost.prior, updates, slow)

    return optax.chain(
        optax.clip_by_global_norm(CLIP),
        optax.scale_by_adam(),
        optax.scale_by_learning_rate(RATE),
        optax.stateless(slower_prior),
    )


class Xla:
    """JAX on a GPU (see ``protocol.Gpu``)."""

    def peak(self) -> float:
        """Return the peak memory of JAX's allocator [MB]."""
        return jax.local_devices()[0].memory_stats()["peak_bytes_in_use"] / 1e6

    def kernels(self, run: Callable[[], object]) -> dict[str, float]:
        """Run once and return the milliseconds of every kernel by name."""
        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder):
                run()
            (path,) = Path(folder).rglob("*.xplane.pb")
            profile = jax.profiler.ProfileData.from_file(str(path))
            events = [
                event
                for plane in profile.planes
                if plane.name.startswith("/device:GPU")
                for line in plane.lines
                if line.name.startswith("Stream")
                for event in line.events
            ]
        durations: dict[str, float] = {}
        for event in events:
            durations[event.name] = durations.get(event.name, 0.0) + event.duration_ns / 1e6
        return durations


if __name__ == "__main__":
    serve(prepare, Xla())
