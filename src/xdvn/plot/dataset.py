"""Maps of all gridded variables of a Dataset at one instant."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import require_variable
from xdvn.metrics.track_points import track_coordinates
from xdvn.plot.maps import field as draw_field
from xdvn.plot.panels import PanelLayout, comparison
from xdvn.plot.projection import panel_shape, projection_for
from xdvn.plot.sections import is_section
from xdvn.plot.sections import section as draw_section
from xdvn.plot.selection import horizontal_axes, pick
from xdvn.plot.style import choose_colours
from xdvn.plot.tracks import projection_of_track
from xdvn.plot.tracks import tracks as draw_tracks

__all__ = ["overview"]

_WIDTH = 4.2  # inches of one panel with its colour bar
_COLUMNS = 4


def overview(
    ds: xr.Dataset,
    *names: str,
    truth: xr.DataArray | None = None,
    observations: xr.DataArray | None = None,
    time: Any = None,
    ax: Axes | None = None,
    land: Feature | BaseGeometry | bool = True,
) -> Figure:
    """Draw variables of a Dataset at one instant, side by side.

    Variables with the same units and standard name (a truth, its observations, a reconstruction) share a colour scale.

    Parameters
    ----------
    ds : xr.Dataset
        Dataset with gridded variables.
    *names : str
        Variables to draw. If none, all floats on two horizontal dimensions and optionally time, except offsets and
        distances of observations; without such, along-track observations, sections and time series.
    truth, observations : xr.DataArray, optional
        Truth and observations, drawn with the variables of the same units and standard name, or with ``names``. Rows
        below contain the errors and the ``<name>_std``.
    time : optional
        Nearest instant to draw, such as ``"2012-11-03"``. If None, the middle of the time series.
    ax : matplotlib Axes, optional
        Axes that the panels replace in their figure. If None, a new figure.
    land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
        Land to draw.

    Returns
    -------
    matplotlib Figure
        A figure with one panel per variable.

    Raises
    ------
    KeyError
        There is no variable of this name. The message suggests the nearest one.
    ValueError
        There is nothing to draw.

    Examples
    --------
    >>> import numpy as np, xarray as xr, xdvn
    >>> import matplotlib.pyplot as plt
    >>> lat, lon = np.arange(34.0, 38), np.arange(-65.0, -60)
    >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), np.zeros((2, 4, 5)), {"units": "m"})},
    ...                 {"time": np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]"), "lat": lat, "lon": lon})
    >>> figure = ds.dvn.plot()
    >>> [ax.get_title() for ax in figure.axes]
    ['ssh']
    >>> plt.close(figure)
    """
    chosen = {name: require_variable(ds, name, "plotted") for name in names} or _drawable(ds)
    if truth is not None or observations is not None:
        return _against(ds, chosen, truth, observations, bool(names), time=time, ax=ax, land=land)
    if not chosen or not all(_is_map(da) for da in chosen.values()):
        others = chosen or {str(n): da for n, da in ds.data_vars.items() if da.dtype.kind == "f" and not _is_map(da)}
        along = {name: da for name, da in others.items() if _is_track(da)}
        sections = {name: da for name, da in others.items() if name not in along and is_section(da)}
        if along or sections:
            return _draw_other(along, sections, ax, time=time, land=land)
    if not chosen:
        found = ", ".join(str(name) for name in ds.data_vars) or "no variables"
        raise ValueError(
            "nothing to draw: expected floats on two horizontal dimensions, along a track or in a section, got "
            f"{found}. Name a variable, as in ds.dvn.plot('ssh'), or mark axes, as in ds['rows'].attrs['axis'] = 'Y'"
        )
    kinds = {name: _kind(da) for name, da in chosen.items()}
    if len(set(kinds.values())) == 1 and len(chosen) <= _COLUMNS:
        return comparison(chosen, ax=ax, time=time, land=land)
    drawn = {name: pick(da, time) for name, da in chosen.items()}
    shape = max(panel_shape(layer) for layer in drawn.values())
    columns = min(len(drawn), _COLUMNS)
    rows = -(-len(drawn) // columns)
    size = _WIDTH * columns, ((_WIDTH - 1.2) * shape + 0.7) * rows + 0.3
    layout = PanelLayout.of(ax, rows, columns, size, "compressed")
    for place, (name, da) in enumerate(chosen.items()):
        panel = layout.figure.add_subplot(
            layout.grid[place // columns, place % columns], projection=projection_for(drawn[name])
        )
        same_kind = [drawn[other].values for other, kind in kinds.items() if kind == kinds[name]]
        shared = choose_colours(da, same_kind)
        limits = (shared.low, shared.high)
        draw_field(da, panel, time=time, limits=limits, title=f"{name} {drawn[name].when}".strip(), land=land)
    return layout.root


def _against(
    ds: xr.Dataset,
    chosen: dict[str, xr.DataArray],
    truth: xr.DataArray | None,
    observations: xr.DataArray | None,
    named: bool,
    **options: Any,
) -> Figure:
    """Compare variables with the truth, or with the observations if there is no truth."""
    reference = truth if truth is not None else observations
    assert reference is not None
    compared = chosen if named else {name: da for name, da in chosen.items() if _kind(da) == _kind(reference)}
    if not compared:
        kinds = {name: _kind(da) for name, da in chosen.items()}
        raise ValueError(
            f"expected a variable with the units and standard_name of {reference.name!r}, {_kind(reference)}, got "
            f"{kinds}. Name the variable, as in ds.dvn.plot('ssh', truth=truth)"
        )
    compared = {
        name: da
        for name, da in compared.items()
        if name.removesuffix("_std") not in compared or not name.endswith("_std")
    }
    std = {name: ds[f"{name}_std"] for name in compared if f"{name}_std" in ds}
    return comparison(compared, truth, observations=observations, std=std, **options)


def _kind(da: xr.DataArray) -> tuple[str | None, str | None]:
    return da.attrs.get("units"), da.attrs.get("standard_name")


def _draw_other(
    along: dict[str, xr.DataArray],
    sections: dict[str, xr.DataArray],
    ax: Axes | None,
    *,
    time: Any,
    land: Feature | BaseGeometry | bool,
) -> Figure:
    """Draw tracks as points on maps, and sections and time series on plain axes."""
    if along and not sections and len(along) == 1:
        (track,) = along.values()
        figure = draw_tracks(track, ax=ax, time=time, land=land).get_figure(root=True)
        assert figure is not None
        return figure
    shown = sections or along
    layout = PanelLayout.of(ax, 1, len(shown), (_WIDTH * len(shown) + 1.0, 3.4), "constrained")
    for place, (name, da) in enumerate(shown.items()):
        if name in sections:
            draw_section(da, layout.figure.add_subplot(layout.grid[0, place]))
        else:
            panel = layout.figure.add_subplot(layout.grid[0, place], projection=projection_of_track(da))
            draw_tracks(da, ax=panel, time=time, land=land)
    return layout.root


def _is_track(da: xr.DataArray) -> bool:
    if da.ndim != 1:
        return False
    try:
        track_coordinates(da)
    except ValueError:
        return False
    return True


def _is_map(da: xr.DataArray) -> bool:
    try:
        return len(horizontal_axes(da)) == 2 and min(da.sizes[d] for d in horizontal_axes(da)) > 0
    except ValueError:
        return False


def _drawable(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    found = {
        str(name): da
        for name, da in ds.data_vars.items()
        if not ("_offset_" in str(name) or "_distance_in_" in str(name))
        and np.issubdtype(da.dtype, np.floating)
        and da.ndim in (2, 3)
        and _is_map(da)
    }
    # A depth or a mask is drawn alone only.
    return {name: da for name, da in found.items() if da.ndim == 3} or found
