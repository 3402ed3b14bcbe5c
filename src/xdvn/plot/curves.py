"""Curves over a record and over a training: the score of each day, the loss of every step or epoch.

``by_time`` draws what ``metrics`` returned by time for one or several methods. The history of a training is a Dataset,
so each variable brings its own axis: a loss per step and a validation loss per epoch are drawn together, on
logarithmic axes. Called by users with ``maps.dvn.score(truth)`` and ``model.history.to_dataset()``.
"""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from xdvn.plot.methods import Scores, by_method
from xdvn.plot.style import label_of

__all__ = ["by_time", "training"]


def by_time(scores: Scores, ax: Axes | None = None, *, name: str = "rmse_by_time") -> Axes:
    """Draw a score of each time.

    Parameters
    ----------
    scores : xr.Dataset, or mapping of str to xr.Dataset
        What ``maps.dvn.score(truth)`` returned; several methods as a mapping or along a dimension ``method``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    name : str
        Which score: ``rmse_by_time`` of maps, ``score_by_day`` along tracks, or any other over one dimension.

    Returns
    -------
    matplotlib Axes
        The axes drawn on; the legend tells each method's root mean square over time (of a score: its mean).

    Raises
    ------
    KeyError
        There is no such score.
    ValueError
        It has not exactly one dimension.

    Examples
    --------
    >>> rmse = xr.Dataset({"rmse_by_time": ("time", [0.03, 0.04], {"units": "m"})}, {"time": [0, 1]})
    >>> ax = by_time({"OI": rmse, "xdvn": 0.5 * rmse})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['OI: 0.0354', 'xdvn: 0.0177']
    >>> plt.close(ax.figure)
    """
    methods = by_method(scores, name)
    first = next(iter(methods.values()))[name]
    if first.ndim != 1:
        raise ValueError(f"{name!r} has the dimensions {first.dims}; expected one, time. Choose another with name=")
    if ax is None:
        ax = plt.figure(figsize=(6.4, 3.2), layout="constrained").add_subplot()
    for method, ds in methods.items():
        curve = ds[name]
        dim = curve.dims[0]
        x = curve[dim].values if dim in curve.coords else np.arange(curve.size)
        y = np.asarray(curve.values, float)
        known = y[np.isfinite(y)]
        pooled = np.sqrt(np.mean(known**2)) if "rmse" in name else np.mean(known)
        told = f"{pooled:.3g}" if known.size else "unknown"
        ax.plot(x, y, lw=1.4, marker="." if y.size < 60 else "", label=f"{method}: {told}" if method else told)
    if np.issubdtype(first[first.dims[0]].dtype, np.datetime64):
        locator = AutoDateLocator(minticks=3, maxticks=8)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    else:
        ax.set_xlabel(str(first.dims[0]))
    ax.set_ylabel(textwrap.fill(label_of(first), 34))
    if "rmse" in name:
        ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3, lw=0.4)
    # Long names beside one another would squeeze the axes.
    columns = min(3, len(methods)) if sum(map(len, methods)) < 40 else 1
    ax.legend(frameon=False, fontsize="small", ncols=columns)
    return ax


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
        if not history[name].notnull().any():
            continue  # no days were held out
        label, colour, width = styles[name]
        x, y = _curve(history[name], longest)
        ax.plot(x, y, color=colour, lw=width, marker="." if y.size < 40 else "", label=label)
        if name == "validation_loss" and y.size:
            best = int(np.argmin(y))
            ax.plot(x[best], y[best], "o", color=colour, mfc="none", ms=10, label=f"best {y[best]:.3g}", ls="none")
    ax.set_xlabel(str(max((history[name] for name in found), key=lambda v: v.size).dims[0]))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
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
