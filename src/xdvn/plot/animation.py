"""A field in motion: over the days of a record, or forming over the iterations of a solve.

One colour scale holds for all frames. The iterations of a whole field come from ``xdvn.iterates``. Called by users.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import find_axes
from xdvn.plot.field import Field, pick
from xdvn.plot.maps import add_colour_bar, draw, figure_size
from xdvn.plot.projection import projection_for
from xdvn.plot.style import choose_colours, label_of

__all__ = ["animation"]


def animation(
    da: xr.DataArray,
    over: Hashable | None = None,
    ax: Axes | None = None,
    *,
    time: Any = None,
    frames_per_second: float = 6.0,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
    land: Feature | BaseGeometry | bool = True,
) -> FuncAnimation:
    """Animate one variable.

    Parameters
    ----------
    da : xr.DataArray
        Two horizontal dimensions, and what to go along.
    over : hashable, optional
        The dimension of the frames, such as ``"step"``; by default time.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    time : optional
        If the frames go along another dimension than time: the instant that is shown, as in ``xdvn.plot.map``.
    frames_per_second : float
        Pace.
    cmap, limits, land : optional
        As in ``xdvn.plot.map``; limits by default from all frames.
    title : str
        Before the date or step of each frame.

    Returns
    -------
    matplotlib FuncAnimation
        Keep it in a variable until it is shown or saved: ``moving.save("days.gif", writer="pillow")``, or in a notebook
        ``IPython.display.HTML(moving.to_jshtml())``.

    Raises
    ------
    ValueError
        There is no such dimension, or the pace is not positive.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((3, 4, 5)), dims=("time", "lat", "lon"), name="ssh", attrs={"units": "m"},
    ...                   coords={"time": range(3), "lat": np.arange(34.0, 38), "lon": np.arange(-65.0, -60)})
    >>> import tempfile
    >>> moving = animation(da)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     moving.save(f"{folder}/days.gif", writer="pillow", dpi=20)
    >>> plt.close("all")
    """
    if not frames_per_second > 0:
        raise ValueError(f"frames_per_second={frames_per_second:g}: expected a positive number, such as 6")
    if over is not None and over not in da.dims:
        raise ValueError(f"{da.name!r} has no dimension {over!r}; its dimensions are {da.dims}")
    along = find_axes(da).time if over is None else over
    others = da.isel({along: 0})
    shown = [_frame(da, along, i, time) for i in range(da.sizes[along])]
    fields = [field for field, _ in shown]
    colours = choose_colours(others, [f.values for f in fields], cmap=cmap, limits=limits)
    if ax is None:
        figure = plt.figure(figsize=figure_size(fields[0]), layout="compressed")
        ax = figure.add_subplot(projection=projection_for(fields[0]))
    mesh = draw(ax, fields[0], colours, land=land)
    add_colour_bar(ax, mesh, colours, label_of(da))
    heading = ax.set_title(f"{title} {shown[0][1]}".strip())

    def show(i: int) -> list[Artist]:
        field, label = shown[i]
        mesh.set_array(np.ma.masked_invalid(field.values))
        heading.set_text(f"{title} {label}".strip())
        return [mesh, heading]

    home = ax.get_figure()
    assert home is not None
    return FuncAnimation(home, show, frames=len(shown), interval=1000 / frames_per_second, blit=False)  # type: ignore[arg-type]


def _frame(da: xr.DataArray, along: Hashable, i: int, time: Any) -> tuple[Field, str]:
    """Return one frame and what to call it."""
    still = da.isel({along: i})
    field = pick(still, time)
    label = still[along].values[()] if along in still.coords else i
    if isinstance(label, np.datetime64) or hasattr(label, "strftime"):
        return field, field.when
    number = f"{along} {label}"
    return field, f"{field.when}, {number}" if field.when and field.when != number else number
