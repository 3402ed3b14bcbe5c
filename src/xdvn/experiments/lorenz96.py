"""Lorenz-96 as published: a ring of 40 cells, at every 4th of 200 times a fresh random half of them seen.

Truth: F = 8, steps of 0.05, 10,000 of them after 5 units of spin-up from 8 everywhere but 8.01 in one cell. Windows
start at random: 2,000 in the first 7,000 steps (training), 256 from step 7,500 on (test). The observed halves are drawn
for each part, the same for all its windows; errors have the variance 2. Code:
github.com/CIA-Oceanix/DinAE_4DVarNN_torch, github.com/CIA-Oceanix/DinAE_4DVarNN_L96.
"""

from __future__ import annotations

import functools

import numpy as np
from jaxtyping import Float

from xdvn.dynamics import Lorenz96, RungeKutta4
from xdvn.experiments.protocol import Experiment
from xdvn.experiments.published import LORENZ96
from xdvn.experiments.trajectory import trajectory
from xdvn.experiments.windows import Scaling, Windows, draw_windows

__all__ = ["lorenz96"]

_DT, _STEPS, _LENGTH, _CELLS, _NOISE = 0.05, 10_000, 200, 40, 2.0
# Windows of validation lie between the other two and share no time with them.
_PARTS = {"training": (0, 6_900), "validation": (6_900, 7_500), "test": (7_500, 10_000)}


def lorenz96(n_training: int = 2_000, n_validation: int = 64, n_test: int = 256, seed: int = 0) -> Experiment:
    """Build the experiment.

    Parameters
    ----------
    n_training, n_validation, n_test : int
        Windows of each part.
    seed : int
        Seed of where windows start, of what is observed and of the errors; the trajectory is always the same.
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
        "Lorenz-96, a random half of the ring seen at every 4th step",
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
