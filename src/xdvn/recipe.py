"""How to train a 4DVarNet in minutes that is better than the best interpolation: start from one with a longer memory.

The interpolation is first tuned on training days. What maps best is a hedge: short scales and much noise keep its error
low and leave little that can be told apart. So the network starts from a map of longer memory that follows the data
closer; what is wrong in that has structure, which the network learns to remove. The demo and the benchmark call this.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import xarray as xr

from xdvn.baselines import GriddedAnalysis, OptimalInterpolation
from xdvn.core.augmentation import Parity
from xdvn.grid.axes import find_axes
from xdvn.model import Model
from xdvn.pipeline import fit

__all__ = ["fit_from_interpolation", "longer_memory"]

_WINDOW = 15  # steps of time, for daily maps
_WIDEST = 64  # cells of a window in space
_QUICK = GriddedAnalysis(nodes=3, tolerance=0.03)  # a first guess need not be exact


def longer_memory(tuned: OptimalInterpolation) -> OptimalInterpolation:
    """Return the interpolation to start a network from, given the one that maps best.

    It remembers twice as long, reaches half as far again and trusts the data twice as much. The best single map hedges
    and leaves little that can be told apart; what a longer memory gets wrong has structure, which the network learns to
    remove, and it tells of days beyond the network's window.

    Parameters
    ----------
    tuned : OptimalInterpolation
        As from ``OptimalInterpolation.tune``.

    Examples
    --------
    >>> longer_memory(OptimalInterpolation("ssh_obs", scales=(6.0, 1.0, 1.0), noise=0.2)).scales
    (12.0, 1.5, 1.5)
    """
    time, *space = tuned.scales
    scales = (2 * time, *(1.5 * s for s in space))
    return dataclasses.replace(tuned, scales=scales, noise=tuned.noise / 2, analysis=_QUICK)


def fit_from_interpolation(
    training: xr.Dataset,
    obs: str,
    truth: str | None,
    tuned: OptimalInterpolation,
    *,
    validation: slice | float = 0.15,
    epochs: int = 7,
    seed: int = 0,
    progress: bool = True,
    **options: Any,
) -> Model:
    """Train a 4DVarNet that starts each solve from ``longer_memory(tuned)``.

    Windows are 15 steps of time long, all of them are mapped, and as wide as the sea up to 64 cells. Samples and their
    negatives are taken for equally likely (sea level anomalies).

    Parameters
    ----------
    training : xr.Dataset
        Training and validation days, observations and truth.
    obs : str
        Name of the observed variable.
    truth : str, optional
        Name of its complete counterpart; None to learn from withheld observations.
    tuned : OptimalInterpolation
        The interpolation tuned on training days; it must be named as the truth, or without one as the observations.
    validation : slice or float
        As in ``xdvn.fit``.
    epochs, seed : int
        As in ``xdvn.fit``.
    progress : bool
        Show a bar.
    **options
        More for ``xdvn.fit``, such as ``loss=`` or ``retake=``; they win over what the recipe says.

    Returns
    -------
    Model
        With the interpolation as its first guess.
    """
    axes = find_axes(training[obs])
    patch = {axes.time: _WINDOW, **{d: min(_WIDEST, training.sizes[d]) for d in axes.space}}
    whole = [d for d in axes.space if patch[d] == training.sizes[d]]
    recipe: dict[str, Any] = {
        "first_guess": longer_memory(tuned),
        "augmentation": Parity(),
        "patch": patch,
        "overlap": {axes.time: _WINDOW - 1, **dict.fromkeys(whole, 0)},
        "epochs": epochs,
        "validation": validation,
        "seed": seed,
        "progress": progress,
    }
    return fit(training, obs, truth=truth, **(recipe | options))
