"""One day of a whole Dataset: every gridded variable on a map, those of one kind on one scale.

Variables with the same unit and standard name (a truth, its observations, a reconstruction) are compared on shared
colours; others get a colour bar each. Called by ``ds.dvn.plot``.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import find_axes, require_variable
from xdvn.plot.field import pick
from xdvn.plot.maps import map, panel_shape, projection_for
from xdvn.plot.panels import comparison
from xdvn.plot.style import choose_colours

__all__ = ["fields"]

_WIDTH = 4.2  # inches of one panel with its colour bar


def fields(ds: xr.Dataset, *names: str, time: Any = None, land: Feature | BaseGeometry | bool = True) -> Figure:
    """Draw one instant of some variables of a Dataset side by side.

    Parameters
    ----------
    ds : xr.Dataset
        Gridded variables; never changed.
    *names : str
        Which ones; by default all numbers on time and two horizontal dimensions, without flags (integers) and without
        the ``<obs>_offset_<dim>`` of observations.
    time : optional
        The instant nearest to this, such as ``"2012-11-03"``; the middle of the record by default.
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
    >>> lat, lon = np.arange(34.0, 38), np.arange(-65.0, -60)
    >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), np.zeros((2, 4, 5)), {"units": "m"})},
    ...                 {"time": np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]"), "lat": lat, "lon": lon})
    >>> figure = fields(ds)
    >>> [ax.get_title() for ax in figure.axes]
    ['ssh']
    >>> plt.close(figure)
    """
    chosen = {name: require_variable(ds, name, "plotted") for name in names} or _drawable(ds)
    if not chosen:
        found = ", ".join(str(name) for name in ds.data_vars) or "no variables"
        raise ValueError(
            f"nothing to draw: no variable has time and two horizontal dimensions; the Dataset has {found}. "
            "Name what to draw, as in ds.dvn.plot('ssh')"
        )
    kinds = {name: (da.attrs.get("units"), da.attrs.get("standard_name")) for name, da in chosen.items()}
    if len(set(kinds.values())) == 1:
        return comparison(chosen, time=time, land=land)
    drawn = {name: pick(da, time) for name, da in chosen.items()}
    shape = max(panel_shape(field) for field in drawn.values())
    figure = plt.figure(figsize=(_WIDTH * len(drawn), (_WIDTH - 1.2) * shape + 1), layout="compressed")
    for place, (name, da) in enumerate(chosen.items(), start=1):
        ax = figure.add_subplot(1, len(drawn), place, projection=projection_for(drawn[name]))
        alike = [drawn[other].values for other, kind in kinds.items() if kind == kinds[name]]
        shared = choose_colours(da, alike)
        limits = (shared.low, shared.high)
        map(da, ax, time=time, limits=limits, title=f"{name} {drawn[name].when}".strip(), land=land)
    return figure


def _drawable(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    found = {}
    for name, da in ds.data_vars.items():
        if "_offset_" not in str(name) and np.issubdtype(da.dtype, np.floating) and da.ndim == 3:
            try:
                axes = find_axes(da)
            except ValueError:
                continue
            if len(axes.space) == 2:
                found[str(name)] = da
    return found
