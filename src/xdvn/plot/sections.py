"""Sections, time series and profiles: variables without two horizontal axes.

A variable on time and one other axis is a time-distance (Hovmöller) diagram, one on a single axis a line.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from xdvn.grid.axes import holds_dates
from xdvn.plot.maps import add_colour_bar
from xdvn.plot.style import choose_colours, label_of

__all__ = ["is_section", "section"]


def is_section(da: xr.DataArray) -> bool:
    """Return whether a variable has one or two dimensions longer than one, so that ``section`` can draw it."""
    return da.dtype.kind in "fiu" and 1 <= sum(n > 1 for n in da.sizes.values()) <= 2


def section(da: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw a variable on one or two axes: a line, or a diagram with time upwards.

    Parameters
    ----------
    da : xr.DataArray
        Variable; dimensions of size one are dropped.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure.

    Raises
    ------
    ValueError
        There are more than two axes, or none.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((3, 4)), {"time": [0, 1, 2], "lon": np.arange(-64.0, -60)}, ("time", "lon"), "ssh")
    >>> section(da).get_xlabel()
    'lon'
    >>> plt.close("all")
    """
    flat = da.squeeze()
    if flat.ndim not in (1, 2):
        raise ValueError(f"{da.name!r} has the dimensions {dict(da.sizes)}: expected one or two. Use da.isel(...)")
    if ax is None:
        ax = plt.figure(figsize=(5.2, 3.6), layout="compressed").add_subplot()
    for dim in map(str, flat.dims):
        if dim in flat.coords and flat[dim].dtype == object and holds_dates(flat[dim]):
            days = xr.DataArray([np.datetime64(t.isoformat()) for t in flat[dim].values], dims=dim)
            flat = flat.assign_coords({dim: days})
        if dim in flat.coords:
            flat = flat.sortby(dim)
    if flat.ndim == 1:
        only = str(flat.dims[0])
        ax.plot(_at(flat, only), flat.values, marker=".", linewidth=1)
        _concise(ax.xaxis, flat, only)
        ax.set_xlabel(_name(flat, only))
        ax.set_ylabel(label_of(da))
    else:
        timed = [str(d) for d in flat.dims if d in flat.coords and flat[d].dtype.kind == "M"]
        rows = timed[0] if timed else str(flat.dims[0])
        (columns,) = (str(d) for d in flat.dims if d != rows)
        colours = choose_colours(da, [flat.values])
        values = np.ma.masked_invalid(flat.transpose(rows, columns).values)
        edges = [_edges(_at(flat, d)) for d in (columns, rows)]
        mesh = ax.pcolormesh(*edges, values, cmap=colours.cmap, norm=colours.norm)
        _concise(ax.yaxis, flat, rows)
        ax.set_xlabel(_name(flat, columns))
        ax.set_ylabel(_name(flat, rows))
        add_colour_bar(ax, mesh, colours, label_of(da))
    ax.set_title(str(da.name or ""))
    return ax


def _at(da: xr.DataArray, dim: str) -> np.ndarray:
    return np.asarray(da[dim].values) if dim in da.coords else np.arange(da.sizes[dim])


def _edges(at: np.ndarray) -> np.ndarray:
    """Return the edges of cells halfway between their centres, of numbers or dates."""
    half = np.diff(at) / 2
    return np.concatenate([[at[0] - half[0]], at[:-1] + half, [at[-1] + half[-1]]])


def _concise(axis: Axis, da: xr.DataArray, dim: str) -> None:
    """Shorten the labels of dates, which would overlap."""
    if dim in da.coords and da[dim].dtype.kind == "M":
        locator = AutoDateLocator()
        axis.set_major_locator(locator)
        axis.set_major_formatter(ConciseDateFormatter(locator))


def _name(da: xr.DataArray, dim: str) -> str:
    units = da[dim].attrs.get("units", "") if dim in da.coords else ""
    return f"{dim} [{units}]" if units else dim
