"""Time series of scores, and training curves."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from xdvn.grid.axes import holds_dates
from xdvn.plot.instants import calendar_dates
from xdvn.plot.style import Scores, by_method, label_of

__all__ = ["time_series", "training"]


def time_series(scores: Scores, ax: Axes | None = None, *, name: str = "rmse_by_time") -> Axes:
    """Draw a score against time.

    Parameters
    ----------
    scores : xr.Dataset, or mapping of str to xr.Dataset
        Result of ``maps.dvn.score(truth)``; several methods as a mapping or along a dimension ``method``.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure.
    name : str
        Score: ``rmse_by_time`` of maps (default), ``score_by_day`` along tracks, or another with one dimension.

    Returns
    -------
    matplotlib Axes
        The axes of the plot. The legend contains the root mean square over time of each RMSE, the mean of other scores.

    Raises
    ------
    KeyError
        A method does not have this score.
    ValueError
        The score does not have exactly one dimension.

    Examples
    --------
    >>> rmse = xr.Dataset({"rmse_by_time": ("time", [0.03, 0.04], {"units": "m"})}, {"time": [0, 1]})
    >>> ax = time_series({"OI": rmse, "xdvn": 0.5 * rmse})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['OI: 0.0354', 'xdvn: 0.0177']
    >>> plt.close(ax.figure)
    """
    methods = by_method(scores, name)
    first = next(iter(methods.values()))[name]
    if first.ndim != 1:
        raise ValueError(f"name={name!r} has the dimensions {first.dims}: expected one, time. Choose another score")
    if ax is None:
        ax = plt.figure(figsize=(6.4, 3.2), layout="constrained").add_subplot()
    for method, ds in methods.items():
        curve = ds[name]
        dim = curve.dims[0]
        x = calendar_dates(curve[dim].values) if dim in curve.coords else np.arange(curve.size)
        y = np.asarray(curve.values, float)
        finite = y[np.isfinite(y)]
        pooled = np.sqrt(np.mean(finite**2)) if "rmse" in name else np.mean(finite)
        value = f"{pooled:.3g}" if finite.size else "unknown"
        ax.plot(x, y, lw=1.4, marker="." if y.size < 60 else "", label=f"{method}: {value}" if method else value)
    if first.dims[0] in first.coords and holds_dates(first[first.dims[0]]):
        locator = AutoDateLocator(minticks=3, maxticks=8)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    else:
        ax.set_xlabel(str(first.dims[0]))
    ax.set_ylabel(textwrap.fill(label_of(first), 34))
    if "rmse" in name:
        ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3, lw=0.4)
    # Long names side by side would make the axes too narrow.
    columns = min(3, len(methods)) if sum(map(len, methods)) < 40 else 1
    ax.legend(frameon=False, fontsize="small", ncols=columns)
    return ax


def training(history: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the losses of a training.

    Parameters
    ----------
    history : xr.Dataset
        ``loss`` and optionally ``validation_loss``, 1-D over ``step`` or ``epoch``; NaN without a value.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure.

    Returns
    -------
    matplotlib Axes
        The axes of the plot, with a mark at the lowest validation loss.

    Raises
    ------
    ValueError
        If the history contains neither loss.

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
            f"the history has neither 'loss' nor 'validation_loss', only {list(map(str, history.data_vars))}. Pass "
            "model.history.to_dataset()"
        )
    if ax is None:
        ax = plt.figure(figsize=(6.4, 3.6), layout="constrained").add_subplot()
    styles = {"loss": ("training", "C0", 1.0), "validation_loss": ("validation", "C1", 1.8)}
    longest = max(history[name].size for name in found)
    for name in found:
        if not history[name].notnull().any():
            continue  # a training without validation
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
    """Return finite losses and their coordinate; without one, they are spread evenly over ``longest`` steps."""
    dim = losses.dims[0]
    if dim in losses.coords:
        x = np.asarray(losses[dim].values, float)
    else:
        x = np.arange(1, losses.size + 1) * (longest / losses.size)
    y = np.asarray(losses.values, float)
    finite = np.isfinite(y)
    return x[finite], y[finite]
