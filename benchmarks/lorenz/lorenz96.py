"""The published Lorenz-96 experiment: a ring of 40 cells, a random half of them observed at every 4th of 200 times.

Truth: F = 8, 10,000 steps of 0.05 after 5 units of spin-up from 8 everywhere except 8.01 in one cell. Windows start at
random: 2,000 in the first 7,000 steps (training) and 256 from step 7,500 (test). The observed halves are the same for
all windows of a part; errors have variance 2. Code: github.com/CIA-Oceanix/DinAE_4DVarNN_torch,
github.com/CIA-Oceanix/DinAE_4DVarNN_L96.
"""

from __future__ import annotations

import functools

import numpy as np
from jaxtyping import Float

from benchmarks.lorenz.protocol import Experiment
from benchmarks.lorenz.published import LORENZ96
from benchmarks.lorenz.trajectory import trajectory
from benchmarks.lorenz.windows import Scaling, Windows, draw_windows
from xdvn.dynamics import Lorenz96, RungeKutta4

__all__ = ["lorenz96"]

_DT, _STEPS, _LENGTH, _CELLS, _NOISE = 0.05, 10_000, 200, 40, 2.0
# Validation windows are between the other two and share no time with them.
_PARTS = {"training": (0, 6_900), "validation": (6_900, 7_500), "test": (7_500, 10_000)}


def lorenz96(n_training: int = 2_000, n_validation: int = 64, n_test: int = 256, seed: int = 0) -> Experiment:
    """Return the experiment.

    Parameters
    ----------
    n_training, n_validation, n_test : int
        Numbers of windows.
    seed : int
        Seed of the starts of windows, of the masks and of the errors; the trajectory is always the same.
    """
    states = _states()
    rng = np.random.default_rng(seed)
    parts = {}
    for (part, span), n in zip(_PARTS.items(), (n_training, n_validation, n_test), strict=True):
        cut = draw_windows(states, span, _LENGTH, n, rng)
        mask = np.zeros((_CELLS, _LENGTH, 1), bool)
        for time in range(0, _LENGTH, 4):
            mask[rng.permutation(_CELLS)[: _CELLS // 2], time] = True
        parts[part] = Windows.observe(cut, mask, _NOISE, rng)
    return Experiment(
        "Lorenz-96, a random half of the ring observed at every 4th step",
        RungeKutta4(Lorenz96(), dt=_DT),
        **parts,
        scaling=Scaling.of(parts["training"].truth),
        published=LORENZ96,
    )


@functools.cache
def _states() -> Float[np.ndarray, "time ring variable"]:
    start = np.full((_CELLS, 1), 8.0)
    start[_CELLS // 2] += 0.01
    return trajectory(Lorenz96(), start, dt=_DT, n_times=_STEPS, spin_up=5.0)
