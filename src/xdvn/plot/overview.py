"""One day of a whole Dataset: every gridded variable on a map, those of one kind on one scale.

Variables with the same unit and standard name (a truth, its observations, a reconstruction) are compared on shared
colours; others get a colour bar each. With the truth at hand, each map of its kind is set against it, with its error
and its own standard deviation. Called by ``ds.dvn.plot``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import find_axes, require_variable
from xdvn.plot.field import pick
from xdvn.plot.maps import map
from xdvn.plot.panels import comparison
from xdvn.plot.projection import panel_shape, projection_for
from xdvn.plot.sheet import Sheet
from xdvn.plot.style import choose_colours

__all__ = ["fields"]

_WIDTH = 4.2  # inches of one panel with its colour bar
_COLUMNS = 4


def fields(
    ds: xr.Dataset,
    *names: str,
    truth: xr.DataArray | None = None,
    observations: xr.DataArray | None = None,
    time: Any = None,
    ax: Axes | None = None,
    land: Feature | BaseGeometry | bool = True,
) -> Figure:
    """Draw one instant of some variables of a Dataset side by side.

    Parameters
    ----------
    ds : xr.Dataset
        Gridded variables; never changed.
    *names : str
        Which ones; by default all numbers on time and two horizontal dimensions, but for flags (integers), distances to
        observations and the ``<obs>_offset_<dim>`` of observations.
    truth, observations : xr.DataArray, optional
        The true field and what was observed of it: draws both, the variables of the truth's kind, and below them their
        errors and their ``<name>_std``, if there are any; by default all variables of the truth's kind.
    time : optional
        The instant nearest to this, such as ``"2012-11-03"``; the middle of the record by default.
    ax : matplotlib Axes, optional
        Axes whose place in a figure is divided into the panels (they are removed); a new figure by default.
    land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
        What to draw as land.

    Returns
    -------
    matplotlib Figure
        One panel a variable.

    Raises
    ------
    KeyError
        When there is no variable of a given name; the nearest one is suggested.
    ValueError
        When there is nothing to draw.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> lat, lon = np.arange(34.0, 38), np.arange(-65.0, -60)
    >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), np.zeros((2, 4, 5)), {"units": "m"})},
    ...                 {"time": np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]"), "lat": lat, "lon": lon})
    >>> figure = fields(ds)
    >>> [ax.get_title() for ax in figure.axes]
    ['ssh']
    >>> plt.close(figure)
    """
    chosen = {name: require_variable(ds, name, "plotted") for name in names} or _drawable(ds)
    if truth is not None or observations is not None:
        return _against(ds, chosen, truth, observations, bool(names), time=time, ax=ax, land=land)
    if not chosen:
        found = ", ".join(str(name) for name in ds.data_vars) or "no variables"
        raise ValueError(
            f"nothing to draw: no variable has time and two horizontal dimensions that are recognised; the Dataset has "
            f"{found}. Name what to draw, as in ds.dvn.plot('ssh'), or mark axes of other names: "
            "ds['your_rows'].attrs['axis'] = 'Y'"
        )
    kinds = {name: _kind(da) for name, da in chosen.items()}
    if len(set(kinds.values())) == 1 and len(chosen) <= _COLUMNS:
        return comparison(chosen, ax=ax, time=time, land=land)
    drawn = {name: pick(da, time) for name, da in chosen.items()}
    shape = max(panel_shape(field) for field in drawn.values())
    columns = min(len(drawn), _COLUMNS)
    rows = -(-len(drawn) // columns)
    size = _WIDTH * columns, ((_WIDTH - 1.2) * shape + 0.7) * rows + 0.3
    sheet = Sheet.of(ax, rows, columns, size, "compressed")
    for place, (name, da) in enumerate(chosen.items()):
        panel = sheet.figure.add_subplot(
            sheet.grid[place // columns, place % columns], projection=projection_for(drawn[name])
        )
        alike = [drawn[other].values for other, kind in kinds.items() if kind == kinds[name]]
        shared = choose_colours(da, alike)
        limits = (shared.low, shared.high)
        map(da, panel, time=time, limits=limits, title=f"{name} {drawn[name].when}".strip(), land=land)
    return sheet.root


def _against(
    ds: xr.Dataset,
    chosen: dict[str, xr.DataArray],
    truth: xr.DataArray | None,
    observations: xr.DataArray | None,
    named: bool,
    **options: Any,
) -> Figure:
    """Compare the variables of the truth's (or the observations') kind with it."""
    given = truth if truth is not None else observations
    assert given is not None
    kin = chosen if named else {name: da for name, da in chosen.items() if _kind(da) == _kind(given)}
    if not kin:
        kinds = {name: _kind(da) for name, da in chosen.items()}
        raise ValueError(
            f"no variable has the units and standard_name of {given.name!r}, {_kind(given)}; there are {kinds}. Name "
            "what to set against it, as in ds.dvn.plot('ssh', truth=truth)"
        )
    kin = {name: da for name, da in kin.items() if name.removesuffix("_std") not in kin or not name.endswith("_std")}
    std = {name: ds[f"{name}_std"] for name in kin if f"{name}_std" in ds}
    return comparison(kin, truth, observations=observations, std=std, **options)


def _kind(da: xr.DataArray) -> tuple[str | None, str | None]:
    return da.attrs.get("units"), da.attrs.get("standard_name")


def _drawable(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    found = {}
    for name, da in ds.data_vars.items():
        aside = "_offset_" in str(name) or "_distance_in_" in str(name)
        if not aside and np.issubdtype(da.dtype, np.floating) and da.ndim == 3:
            try:
                axes = find_axes(da)
            except ValueError:
                continue
            if len(axes.space) == 2:
                found[str(name)] = da
    return found
