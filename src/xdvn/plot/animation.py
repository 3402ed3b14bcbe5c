"""Animations of a variable over time, or over the iterations of a solve (``xdvn.diagnostics``)."""

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
from xdvn.plot.maps import add_colour_bar, draw, figure_size
from xdvn.plot.projection import projection_for
from xdvn.plot.selection import MapLayer, pick
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
    """Animate one variable; all frames have the same colour scale.

    Parameters
    ----------
    da : xr.DataArray
        Variable with two horizontal dimensions and the dimension of the frames.
    over : hashable, optional
        Dimension of the frames, such as ``"step"``. If None, time.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure.
    time : optional
        Instant, as in ``xdvn.plot.field``, if the frames are along another dimension than time.
    frames_per_second : float
        Frames per second. Default: 6.
    cmap, limits, land : optional
        As in ``xdvn.plot.field``, with limits from all frames.
    title : str
        Title before the date or step of each frame. Default: "".

    Returns
    -------
    matplotlib FuncAnimation
        The animation. Assign it to a variable until ``moving.save("days.gif", writer="pillow")`` or, in a notebook,
        ``IPython.display.HTML(moving.to_jshtml())``.

    Raises
    ------
    ValueError
        There is no dimension ``over``, or ``frames_per_second`` is not positive.

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
        raise ValueError(
            f"frames_per_second={frames_per_second:g}: expected a positive number. Set it to 6, for example"
        )
    if over is not None and over not in da.dims:
        raise ValueError(f"over={over!r}: expected one of the dimensions {da.dims} of {da.name!r}")
    along = find_axes(da).time if over is None else over
    first = da.isel({along: 0})
    frames = [_frame(da, along, i, time) for i in range(da.sizes[along])]
    layers = [layer for layer, _ in frames]
    colours = choose_colours(first, [layer.values for layer in layers], cmap=cmap, limits=limits)
    if ax is None:
        figure = plt.figure(figsize=figure_size(layers[0]), layout="compressed")
        ax = figure.add_subplot(projection=projection_for(layers[0]))
    mesh = draw(ax, layers[0], colours, land=land)
    add_colour_bar(ax, mesh, colours, label_of(da))
    heading = ax.set_title(f"{title} {frames[0][1]}".strip())

    def show(i: int) -> list[Artist]:
        layer, label = frames[i]
        mesh.set_array(layers[0].mesh.values(layer))
        heading.set_text(f"{title} {label}".strip())
        return [mesh, heading]

    root = ax.get_figure()
    assert root is not None
    return FuncAnimation(root, show, frames=len(frames), interval=1000 / frames_per_second, blit=False)  # type: ignore[arg-type]


def _frame(da: xr.DataArray, along: Hashable, i: int, time: Any) -> tuple[MapLayer, str]:
    """Return one frame and its label."""
    step = da.isel({along: i})
    layer = pick(step, time)
    label = step[along].values[()] if along in step.coords else i
    if isinstance(label, np.datetime64) or hasattr(label, "strftime"):
        return layer, layer.when
    number = f"{along} {label}"
    return layer, f"{layer.when}, {number}" if layer.when and layer.when != number else number
