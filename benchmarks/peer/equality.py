"""Equality of the published network in xdvn and in PyTorch: maps, gradients and steps of Adam from equal weights.

    python benchmarks/peer/equality.py --torch PYTHON

xdvn computes three cases and writes weights, data and results to .npz files: one window as published, two windows with
means per window as in xdvn, and two windows with the published widths, where convolutions are computed on tiles.
PYTHON, an interpreter with torch, computes the same and compares. Prints the largest difference of each kind, relative
to the largest number of each array, in double and in single precision. The exit status is 1 if one exceeds 1e-4.
``compare_torch.py`` explains the two kinds of steps.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from exchange import named
from protocol import Task
from work_xdvn import adam, sample

from xdvn.core.losses import SupervisedLoss
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.training import train

TOLERANCE = 1e-4
# Number of windows, means per window, channels, features of the prior and of the LSTM.
CASES = {
    "one window, as published": (1, False, 5, 8, 6),
    "two windows, means per window": (2, True, 5, 8, 6),
    "two windows, means per window, published widths": (2, True, 15, 32, 48),
}


def compute(path: Path, batch: int, per_window: bool, channels: int, prior: int, memory: int, dtype: str) -> None:
    """Write weights, data and the results of xdvn."""
    task = Task("train", batch, channels=channels, rows=16, columns=20, steps=4)
    key = jax.random.key(1)
    network = FourDVarNet.reference(
        channels, n_steps=4, dropout=0.0, prior_hidden=prior, modulator_hidden=memory, key=key
    )
    network = jax.tree.map(lambda a: a.astype(dtype) if eqx.is_inexact_array(a) else a, network)
    y, mask, truth = task.data()
    # Large data, for which the floor of the gradient's size, absent in the published code, is negligible.
    y, truth = ((1 if per_window else 30) * a.astype(dtype) for a in (y, truth))
    last = [jnp.moveaxis(jnp.asarray(a), 1, -1) for a in (y, mask, truth)]
    obs, loss = jax.vmap(Observations)(*last[:2]), SupervisedLoss(jnp.ones(last[2].shape[1:], dtype))
    batch_of_samples = sample(obs, last[2])

    def mean_loss(network: FourDVarNet) -> jax.Array:
        return jax.vmap(lambda one: loss(network, one, key))(batch_of_samples).mean()

    value, gradient = eqx.filter_jit(eqx.filter_value_and_grad(mean_loss))(network)
    maps = eqx.filter_jit(lambda network: jax.vmap(lambda o: network(o).x)(obs))(network)
    updates, _ = adam().update(gradient, adam().init(eqx.filter(network, eqx.is_inexact_array)))
    step = eqx.apply_updates(network, updates)
    epochs = [[batch_of_samples]]
    whole_step = next(train(network, loss, adam(), epochs, lambda: iter(()), key=key, ema_decay=0.0)).network
    results = {"map": np.moveaxis(np.asarray(maps), -1, 1), "loss": np.asarray(value)}
    results |= {f"gradient/{name}": a for name, a in named(gradient).items()}
    results |= {f"step/{name}": a for name, a in named(step).items()}
    results |= {f"whole step/{name}": a for name, a in named(whole_step).items()}
    inputs = {"y": y, "mask": mask, "truth": truth, "per_window": np.asarray(per_window)}
    inputs |= {f"weight/{name}": a for name, a in named(network).items()}
    np.savez(path, **inputs, **results)


def main() -> int:
    """Compare both libraries; return 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", default=sys.executable, help="Python interpreter with torch (default: this one)")
    torch_python = parser.parse_args().torch
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ("float64", "float32"):
            for title, case in CASES.items():
                path = Path(folder) / "case.npz"
                with jax.enable_x64(dtype == "float64"):
                    compute(path, *case, dtype)
                print(f"{title}, {dtype}:", flush=True)
                other = Path(__file__).with_name("compare_torch.py")
                command = [torch_python, str(other), str(path), str(TOLERANCE)]
                failed |= subprocess.run(command, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
