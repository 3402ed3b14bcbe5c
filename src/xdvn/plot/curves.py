"""How a training went: the loss of every step or epoch, and on validation days, on logarithmic axes.

The history is a Dataset, so each variable brings its own axis: a loss per step and a validation loss per epoch are
drawn together. Called by users with ``model.history.to_dataset()``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

__all__ = ["training"]


def training(history: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the losses of a training.

    Parameters
    ----------
    history : xr.Dataset
        1-D variables ``loss`` and, optionally, ``validation_loss`` over the dimension ``step`` or ``epoch``; NaN
        where nothing was measured.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes
        The axes drawn on, the lowest validation loss marked.

    Raises
    ------
    ValueError
        When the history holds neither loss.

    Examples
    --------
    >>> history = xr.Dataset({"loss": ("epoch", [1.0, 0.5, 0.4]), "validation_loss": ("epoch", [1.1, 0.6, 0.7])})
    >>> ax = training(history)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['training', 'validation', 'best 0.6']
    >>> plt.close(ax.figure)
    """
    found = [name for name in ("loss", "validation_loss") if name in history]
    if not found:
        raise ValueError(
            f"the history has neither 'loss' nor 'validation_loss', only {list(map(str, history.data_vars))}; "
            "pass what fit recorded, model.history.to_dataset()"
        )
    if ax is None:
        ax = plt.figure(figsize=(6.4, 3.6), layout="constrained").add_subplot()
    styles = {"loss": ("training", "C0", 1.0), "validation_loss": ("validation", "C1", 1.8)}
    longest = max(history[name].size for name in found)
    for name in found:
        label, colour, width = styles[name]
        x, y = _curve(history[name], longest)
        ax.plot(x, y, color=colour, lw=width, marker="." if y.size < 40 else "", label=label)
        if name == "validation_loss" and y.size:
            best = int(np.argmin(y))
            ax.plot(x[best], y[best], "o", color=colour, mfc="none", ms=10, label=f"best {y[best]:.3g}", ls="none")
    ax.set_xlabel(str(max((history[name] for name in found), key=lambda v: v.size).dims[0]))
    ax.set_ylabel("loss")
    if all((np.asarray(history[name].dropna(history[name].dims[0])) > 0).all() for name in found):
        ax.set_yscale("log")
    ax.grid(alpha=0.3, which="both", lw=0.4)
    ax.legend(frameon=False)
    return ax


def _curve(losses: xr.DataArray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Measured values over their coordinate; a shorter record without one is spread evenly over the longer."""
    dim = losses.dims[0]
    if dim in losses.coords:
        x = np.asarray(losses[dim].values, float)
    else:
        x = np.arange(1, losses.size + 1) * (longest / losses.size)
    y = np.asarray(losses.values, float)
    keep = np.isfinite(y)
    return x[keep], y[keep]
