"""Sections and time series: a variable on two dimensions as a Hovmöller diagram, on one as a line.

Longitude is horizontal in a section with time, as is usual for propagating waves (Hovmöller 1949,
doi:10.1111/j.2153-3490.1949.tb01260.x). Otherwise time is horizontal, and depth increases downward.
"""

from __future__ import annotations

import textwrap
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from cartopy.mpl.ticker import LatitudeFormatter, LongitudeFormatter
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import FuncFormatter, MaxNLocator

from xdvn.grid.axes import holds_dates
from xdvn.plot.cells import axis_edges, circle_start, with_gaps
from xdvn.plot.instants import calendar_dates, date_text, nearest_index, selected_indices
from xdvn.plot.maps import add_colour_bar, note_if_empty
from xdvn.plot.style import choose_colours, label_of

__all__ = ["at_times", "section", "time_dim"]


def section(
    da: xr.DataArray,
    ax: Axes | None = None,
    *,
    time: Any = None,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    title: str | None = None,
    colour_bar: bool = True,
) -> Axes:
    """Draw a section, a Hovmöller diagram or a time series.

    Parameters
    ----------
    da : xr.DataArray
        Variable with one or two dimensions of more than one cell, such as (time, lon) or (time, lat=1, lon=1).
    ax : matplotlib Axes, optional
        Plain axes to draw in. If None, a new figure.
    time : optional
        Instant, as in ``xdvn.plot.field``, or a list or slice of instants. If None, all.
    cmap, limits : optional
        Colour map, and (low, high) in the units of the variable. If None, from its attributes and values.
    title : str, optional
        Title. If None, the position of the section.
    colour_bar : bool
        Whether to draw a colour bar with name and units. Default: True.

    Returns
    -------
    matplotlib Axes
        The axes of the plot.

    Raises
    ------
    ValueError
        There are more than two dimensions, or only one value.

    Examples
    --------
    >>> wave = np.sin(np.arange(6.0)[:, None] + np.arange(8.0))
    >>> da = xr.DataArray(wave, {"time": range(6), "lon": np.arange(176.0, 184)}, ("time", "lon"), name="ssh")
    >>> ax = section(da)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('longitude', 'time')
    >>> plt.close(ax.figure)
    """
    heading = _position(da) if title is None else title
    da = at_times(da, time)
    if title is None and not heading:
        heading = _position(da)
    da = da.squeeze(drop=False)
    if 0 in da.shape:
        raise ValueError(
            f"{da.name!r} has the shape {da.shape}: expected one value or more. Check the selection before"
        )
    if da.ndim not in (1, 2):
        raise ValueError(
            f"{da.name!r} has {'one value' if da.ndim == 0 else f'the dimensions {da.dims}'}: expected one or two "
            f"dimensions. {'Select a period' if da.ndim == 0 else f'Select one level with da.isel({da.dims[0]}=0)'}"
        )
    if ax is None:
        ax = plt.figure(figsize=(6.0, 3.4 if da.ndim == 1 else 4.0), layout="constrained").add_subplot()
    if da.ndim == 1:
        _line(ax, da, limits)
    else:
        _hovmoller(ax, da, cmap, limits, colour_bar)
    ax.set_title(heading)
    return ax


def at_times(da: xr.DataArray, time: Any) -> xr.DataArray:
    """Select an instant, a list or a slice of a variable; all without ``time`` or without a time dimension."""
    dim = time_dim(da)
    if time is None or dim is None:
        return da
    several = selected_indices(da, dim, time)
    return da.isel({dim: nearest_index(da, dim, time) if several is None else several})


def time_dim(da: xr.DataArray) -> Hashable | None:
    """Return the time dimension of a variable, by its dates, attributes or name, or None."""
    dated = [d for d in da.dims if d in da.coords and holds_dates(da[d])]
    if dated:
        return dated[0]
    guessed = da.cf.guess_coord_axis().cf
    named = [n for n in [*guessed.axes.get("T", []), *guessed.coordinates.get("time", [])] if n in da.dims]
    return named[0] if named else "time" if "time" in da.dims else None


@dataclass(frozen=True)
class _Axis:
    """Order and positions of the cells along one dimension, with the label and the kind of its axis."""

    order: np.ndarray
    centres: np.ndarray
    label: str
    kind: str  # "time", "longitude", "latitude", "vertical", "names" or ""
    names: tuple[str, ...] = ()
    downward: bool = False

    @classmethod
    def of(cls, da: xr.DataArray, dim: Hashable) -> _Axis:
        coord, kind = _coordinate(da, dim)
        if coord is None:
            return cls(np.arange(da.sizes[dim]), np.arange(da.sizes[dim], dtype=float), str(dim), "")
        label = label_of(coord)
        if holds_dates(coord):
            dates = calendar_dates(coord.values)
            valid = np.flatnonzero(~np.isnat(dates))
            days = date2num(dates[valid])
            order = np.unique(days, return_index=True)[1]
            return cls(valid[order], days[order], "", "time")
        values = coord.values
        if values.dtype.kind == "m":
            values, label = values / np.timedelta64(1, "D"), f"{coord.name} [days]"
        if values.dtype.kind not in "iuf":
            n = values.size
            return cls(np.arange(n), np.arange(n, dtype=float), str(dim), "names", tuple(str(v) for v in values))
        values = values.astype(float)
        finite = np.flatnonzero(np.isfinite(values))
        if kind == "longitude" and finite.size:
            first = circle_start(values[finite])[0]
            east = values - first
            values = first + east - 360 * np.floor((east + 1e-4) / 360)
        steps = np.diff(values)
        if finite.size == values.size and (steps > 0).all() | (steps < 0).all():
            order = finite
        else:
            order = finite[np.unique(values[finite], return_index=True)[1]]
        downward = kind == "vertical" and (
            coord.attrs.get("positive") == "down"
            or ("positive" not in coord.attrs and "depth" in str(coord.name).lower())
        )
        if kind in ("longitude", "latitude"):
            label = kind
        return cls(order, values[order], label, kind, downward=downward)

    def label_axis(self, axis: Axis) -> None:
        """Label an axis of matplotlib."""
        axis.set_label_text(self.label)
        if self.kind == "time":
            locator = AutoDateLocator(minticks=3, maxticks=7)
            axis.set_major_locator(locator)
            axis.set_major_formatter(ConciseDateFormatter(locator))
        elif self.kind == "longitude":
            east = LongitudeFormatter()
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 3, 5, 6, 10]))
            axis.set_major_formatter(FuncFormatter(lambda value, _: east((value + 180) % 360 - 180)))
        elif self.kind == "latitude":
            north = LatitudeFormatter()
            axis.set_major_formatter(FuncFormatter(lambda value, _: north(value)))
        elif self.kind == "names":
            axis.set_ticks(self.centres, list(self.names))
        if self.downward:
            axis.set_inverted(True)


def _coordinate(da: xr.DataArray, dim: Hashable) -> tuple[xr.DataArray | None, str]:
    """Return the one-dimensional coordinate along a dimension, its own or the only other one, and its kind."""
    guessed = da.cf.guess_coord_axis().cf
    along = [n for n, c in da.coords.items() if c.dims == (dim,)]
    kinds = {n: kind for kind in ("longitude", "latitude", "vertical") for n in guessed.coordinates.get(kind, [])}
    kinds |= dict.fromkeys(guessed.axes.get("Z", []), "vertical")
    place = {n: kinds[n] for n in along if n in kinds}
    if dim in along:
        return da[dim], place.get(dim, "vertical" if "depth" in str(dim).lower() else "")
    if place:
        # Along an oblique line, the coordinate that varies most.
        name = max(place, key=lambda n: float(np.ptp(da[n].values)) if da[n].dtype.kind in "iuf" else 0.0)
        return da[name], place[name]
    return (da[along[0]], "") if len(along) == 1 else (None, "")


def _line(ax: Axes, da: xr.DataArray, limits: tuple[float, float] | None) -> None:
    axis = _Axis.of(da, da.dims[0])
    values = np.asarray(da.values, float)[axis.order]
    values[~np.isfinite(values)] = np.nan
    finite = np.isfinite(values)
    # Only a marker shows a value between two gaps.
    alone = finite & ~(np.r_[False, finite[:-1]] | np.r_[finite[1:], False])
    marker = "." if values.size < 60 or alone.any() else ""
    if axis.kind == "vertical":
        ax.plot(values, axis.centres, lw=1.4, marker=marker)
        axis.label_axis(ax.yaxis)
        ax.set_xlabel(textwrap.fill(label_of(da), 40))
    else:
        ax.plot(axis.centres, values, lw=1.4, marker=marker)
        axis.label_axis(ax.xaxis)
        ax.set_ylabel(textwrap.fill(label_of(da), 30))
    if limits is not None and limits[0] < limits[1]:
        (ax.set_xlim if axis.kind == "vertical" else ax.set_ylim)(*limits)
    note_if_empty(ax, np.ma.masked_invalid(values))
    ax.grid(alpha=0.3, lw=0.4)


def _hovmoller(
    ax: Axes, da: xr.DataArray, cmap: str | None, limits: tuple[float, float] | None, colour_bar: bool
) -> None:
    first, second = (_Axis.of(da, dim) for dim in da.dims)
    along = {"time": 2, "longitude": 3, "latitude": 1, "vertical": -1}
    flipped = along.get(first.kind, 0) > along.get(second.kind, 0)
    rows, columns = (second, first) if flipped else (first, second)
    values = np.asarray(da.values, float)
    values = values.T if flipped else values
    values = values[np.ix_(rows.order, columns.order)]
    colours = choose_colours(da, [values], cmap=cmap, limits=limits)
    (x, i), (y, j) = axis_edges(columns.centres), axis_edges(rows.centres)
    drawn = np.ma.masked_invalid(with_gaps(values, j, i))
    mesh = ax.pcolormesh(x, y, drawn, cmap=colours.cmap, norm=colours.norm, shading="flat")
    note_if_empty(ax, drawn)
    columns.label_axis(ax.xaxis)
    rows.label_axis(ax.yaxis)
    if colour_bar:
        add_colour_bar(ax, mesh, colours, label_of(da))


def _position(da: xr.DataArray) -> str:
    """Return the instant and the place of a section: its coordinates of one value."""
    parts: list[str] = []
    for name, coord in da.coords.items():
        if coord.size != 1 or coord.dims and coord.dims[0] not in da.dims:
            continue
        value = coord.values.ravel()[0]
        if isinstance(value, np.datetime64) or hasattr(value, "strftime"):
            parts.insert(0, date_text(value))
        elif coord.dtype.kind in "iuf":
            value, units = float(value), str(coord.attrs.get("units", ""))
            if units in ("degrees_east", "degree_east"):
                value = (value + 180) % 360 - 180
                parts.append(f"{abs(value):.6g}°{'W' if value < 0 else 'E'}")
            elif units in ("degrees_north", "degree_north"):
                parts.append(f"{abs(value):.6g}°{'S' if value < 0 else 'N'}")
            else:
                parts.append(f"{name} {value:.6g} {units if units != '1' else ''}".strip())
    return ", ".join(parts[:3])
