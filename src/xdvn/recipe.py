"""Training of a 4DVarNet from an optimal interpolation with wide scales, in minutes.

The interpolation is tuned on training days. The tuned map is a compromise with short scales and much noise, and its
errors have little structure. The errors of a map with wider scales are structured, and the network learns to remove
them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import xarray as xr

from xdvn.api import fit
from xdvn.baselines import OptimalInterpolation, StructuredKernelInterpolation
from xdvn.core.augmentation import QGParity
from xdvn.grid.axes import find_axes
from xdvn.grid.patches import Windows
from xdvn.model import Model
from xdvn.training.settings import Training

__all__ = ["fit_from_oi", "widen_scales"]

_WINDOW = 15  # steps of time, for daily maps
_WIDEST = 64  # cells of a window in space
_QUICK = StructuredKernelInterpolation(nodes=3, tolerance=0.03)  # a first guess need not be exact


def widen_scales(tuned: OptimalInterpolation) -> OptimalInterpolation:
    """Return the first guess of a network from the tuned interpolation.

    The time scale is doubled, the space scales are multiplied by 1.5 and the noise is halved. The map then contains
    information from days outside the window of the network, and its errors are structured.

    Parameters
    ----------
    tuned : OptimalInterpolation
        Result of ``OptimalInterpolation.tune``.

    Examples
    --------
    >>> widen_scales(OptimalInterpolation("ssh_obs", scales=(6.0, 1.0, 1.0), noise_ratio=0.2)).scales
    (12.0, 1.5, 1.5)
    """
    time, *space = tuned.scales
    scales = (2 * time, *(1.5 * s for s in space))
    return dataclasses.replace(tuned, scales=scales, noise_ratio=tuned.noise_ratio / 2, analysis=_QUICK)


def fit_from_oi(
    ds: xr.Dataset,
    obs: str,
    truth: str | None,
    tuned: OptimalInterpolation,
    *,
    training: Training | Mapping[str, Any] | None = None,
    validation: slice | float = 0.15,
    progress: bool = True,
    **options: Any,
) -> Model:
    """Train a 4DVarNet that starts each solve from ``widen_scales(tuned)``.

    Windows have 15 time steps and the width of the field, up to 64 cells, and start at every time step. ``QGParity``
    augments the samples, since a sea level anomaly and its negative are equally likely.

    Parameters
    ----------
    ds : xr.Dataset
        Training and validation days: observations and truth.
    obs : str
        Name of the observed variable.
    truth : str, optional
        Name of the complete variable. If None, the network learns from withheld observations.
    tuned : OptimalInterpolation
        Interpolation tuned on training days. Its ``name`` must be ``truth``, or ``obs`` without a truth.
    training : Training or mapping, optional
        As in ``xdvn.fit``. Default: 7 epochs and ``QGParity()``.
    validation : slice or float
        As in ``xdvn.fit``.
    progress : bool
        Show a progress bar.
    **options
        Other arguments of ``xdvn.fit``, such as ``loss=`` or ``resampling=``.

    Returns
    -------
    Model
        Trained model with the interpolation as its first guess.
    """
    axes = find_axes(ds[obs])
    size = {axes.time: _WINDOW, **{d: min(_WIDEST, ds.sizes[d]) for d in axes.space}}
    whole = [d for d in axes.space if size[d] == ds.sizes[d]]
    settings = Training.of(training)
    settings = replace(
        settings,
        epochs=7 if settings.epochs is None else settings.epochs,
        augmentation=QGParity() if settings.augmentation is None else settings.augmentation,
    )
    recipe: dict[str, Any] = {
        "first_guess": widen_scales(tuned),
        "windows": Windows(size, {axes.time: _WINDOW - 1, **dict.fromkeys(whole, 0)}),
        "training": settings,
        "validation": validation,
        "progress": progress,
    }
    return fit(ds, obs, truth=truth, **(recipe | options))
