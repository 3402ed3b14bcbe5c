"""The published Lorenz-63 experiment: windows of 200 times, every 8th of them observed in all three variables.

Truth: sigma = 10, rho = 28, beta = 8/3, 20,000 steps of 0.01 after 5 units of spin-up from (8, 0, 30). Windows start at
random: 10,000 in the first 12,000 steps (training) and 2,000 in the last 5,000 (test), of which at most 25 are
independent. Observations: times 16, 24, ..., 184, with errors of variance 2. They are 11 % of the values; the first and
the last 15 times have none. Code: github.com/CIA-Oceanix/DinAE_4DVarNN_torch.
"""

from __future__ import annotations

import functools

import numpy as np
from jaxtyping import Float

from benchmarks.lorenz.protocol import Experiment
from benchmarks.lorenz.published import LORENZ63
from benchmarks.lorenz.trajectory import trajectory
from benchmarks.lorenz.windows import Scaling, Windows, draw_windows
from xdvn.dynamics import Lorenz63, RungeKutta4

__all__ = ["lorenz63"]

_DT, _STEPS, _LENGTH, _NOISE = 0.01, 20_000, 200, 2.0
# Range of the steps of windows. The published validation windows overlap with training, these do not.
_PARTS = {"training": (0, 12_000), "validation": (12_200, 14_800), "test": (15_000, 20_000)}


def lorenz63(n_training: int = 10_000, n_validation: int = 500, n_test: int = 2_000, seed: int = 0) -> Experiment:
    """Return the experiment.

    Parameters
    ----------
    n_training, n_validation, n_test : int
        Numbers of windows.
    seed : int
        Seed of the starts of windows and of the errors; the trajectory is always the same.
    """
    states = _states()
    mask = np.zeros((_LENGTH, 3), bool)
    mask[16:185:8] = True
    rng = np.random.default_rng(seed)
    parts = {}
    for (part, span), n in zip(_PARTS.items(), (n_training, n_validation, n_test), strict=True):
        parts[part] = Windows.observe(draw_windows(states, span, _LENGTH, n, rng), mask, _NOISE, rng)
    return Experiment(
        "Lorenz-63, all components observed at every 8th step",
        RungeKutta4(Lorenz63(), dt=_DT),
        **parts,
        scaling=Scaling.of(parts["training"].truth),
        published=LORENZ63,
    )


@functools.cache
def _states() -> Float[np.ndarray, "time variable"]:
    return trajectory(Lorenz63(), np.array([8.0, 0.0, 30.0]), dt=_DT, n_times=_STEPS, spin_up=5.0)
