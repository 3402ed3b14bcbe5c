"""Published results for the two systems, from the output of the published notebooks. Interior scores are missing."""

from __future__ import annotations

from xdvn.benchmark import Published

__all__ = ["LORENZ63", "LORENZ96"]

_LORENZ63 = "github.com/CIA-Oceanix/DinAE_4DVarNN_torch, notebook on Lorenz-63"
_LORENZ96 = "github.com/CIA-Oceanix/DinAE_4DVarNN_torch, notebook VarModelNN_L96_Preprint2020"


def _row(method: str, everywhere: float, observed: float | None, unobserved: float | None, source: str) -> Published:
    scores = {"everywhere": everywhere, "observed": observed, "unobserved": unobserved}
    return Published(method, {name: value for name, value in scores.items() if value is not None}, source)


LORENZ63: tuple[Published, ...] = (
    _row("linear in time, edges zero", 41.55, None, None, _LORENZ63),
    _row("gradient descent, best of 20,000 steps", 0.746, 0.396, 0.790, _LORENZ63),
    _row("4DVarNet with LSTM solver", 0.893, 0.500, 0.942, _LORENZ63),
)
"""Results on 2,000 test windows. The best step of the descent is chosen with the truth; the last step has 0.855."""

LORENZ96: tuple[Published, ...] = (
    _row("linear in time", 7.142, None, 7.873, _LORENZ96),
    _row("gradient descent, ODE prior, 1,450 steps", 3.357, None, 3.645, _LORENZ96),
    _row("LSTM solver, ODE prior, 20 steps", 0.827, 0.621, 0.856, _LORENZ96),
)
"""Results on 4 windows for the first guess, on 256 for the learned solver."""
