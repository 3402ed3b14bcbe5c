"""Methods side by side: truth, observations and maps in one row, what each got wrong in the row below.

All fields of the upper row share one colour scale, all errors (method minus truth) of the lower row another,
symmetric about 0, so that two panels of one colour mean two equal values. Called by users and by the demo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import find_axes
from xdvn.plot.field import Field, has_time, pick
from xdvn.plot.maps import add_colour_bar, draw, panel_shape, projection_for
from xdvn.plot.style import Colours, choose_colours, label_of

__all__ = ["comparison"]

_WIDTH = 2.7  # inches of one panel


def comparison(
    panels: Mapping[str, xr.DataArray],
    truth: xr.DataArray | None = None,
    *,
    observations: xr.DataArray | None = None,
    time: Any = None,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    error_limits: tuple[float, float] | None = None,
    title: str | None = None,
    land: Feature | BaseGeometry | bool = True,
) -> Figure:
    """Compare maps of one variable at one instant, and their errors where the truth is known.

    Parameters
    ----------
    panels : mapping of str to xr.DataArray
        Title and map of each method, in the order to be drawn.
    truth : xr.DataArray, optional
        The true field on the same grid; with it comes the row of errors, method minus truth.
    observations : xr.DataArray, optional
        What the methods were given, NaN where nothing was observed.
    time : optional
        The instant nearest to this, such as ``"2012-11-03"``; the middle of the first panel's record by default.
    cmap : str, optional
        Colour map of the upper row.
    limits, error_limits : (float, float), optional
        Limits of the two rows in the variable's unit; by default those of the truth (or of all maps) and of all errors.
    title : str, optional
        Above everything; the date by default.
    land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
        What to draw as land.

    Returns
    -------
    matplotlib Figure
        ``figure.savefig("comparison.png")`` saves it.

    Raises
    ------
    ValueError
        When there is nothing to compare, or a map is not on the grid of the truth.

    Examples
    --------
    >>> truth = xr.DataArray(np.zeros((4, 5)), dims=("lat", "lon"), name="ssh", attrs={"units": "m"},
    ...                      coords={"lat": np.arange(34.0, 38), "lon": np.arange(-65.0, -60)})
    >>> figure = comparison({"flat": truth + 0.1}, truth)
    >>> [ax.get_title() for ax in figure.axes if ax.get_title()]
    ['truth', 'flat', 'RMSE 0.1 m']
    >>> plt.close(figure)
    """
    if not panels:
        raise ValueError("nothing to compare: panels is empty; pass {'my method': ds['ssh'], ...}")
    shown: dict[str, xr.DataArray] = {}
    for name, da in (("truth", truth), ("observations", observations)):
        if name in panels and da is not None:
            raise ValueError(f"the panel name {name!r} is taken by the argument {name}=; give the panel another name")
        if da is not None:
            shown[name] = da
    shown |= panels
    first = next(iter(panels.values()))
    fields = _pick_all(shown, _instant_of(first, time))
    colours = _upper_colours(truth if truth is not None else first, fields, cmap, limits)
    rows = 1 if truth is None else 2
    projection = projection_for(next(iter(fields.values())))
    figure = plt.figure(figsize=_size(fields, rows), layout="constrained")
    axes = [[figure.add_subplot(rows, len(fields), r * len(fields) + c + 1, projection=projection)
             for c in range(len(fields))] for r in range(rows)]  # fmt: skip
    for column, (name, field) in enumerate(fields.items()):
        mesh = draw(axes[0][column], field, colours, land=land, labels=(column == 0, rows == 1 or name == "truth"))
        axes[0][column].set_title(name)
    add_colour_bar(axes[0][-1], mesh, colours, label_of(truth if truth is not None else first))
    if truth is not None:
        _draw_errors(axes[1], fields, truth, error_limits, land)
    figure.suptitle(fields[next(iter(panels))].when if title is None else title)
    return figure


def _draw_errors(
    axes: Sequence[Axes],
    fields: Mapping[str, Field],
    truth: xr.DataArray,
    limits: tuple[float, float] | None,
    land: Feature | BaseGeometry | bool,
) -> None:
    """Draw method minus truth below each panel; the place below the truth itself stays empty."""
    errors = {name: _minus(name, field, fields["truth"]) for name, field in fields.items() if name != "truth"}
    # Sparse observations would say little about the range of the maps' errors.
    methods = [e.values for name, e in errors.items() if name != "observations"]
    colours = choose_colours(truth, methods, cmap="PuOr_r", limits=limits, signed=True)
    axes[0].set_axis_off()
    units = str(truth.attrs.get("units", ""))
    for column, error in enumerate(errors.values(), start=1):
        mesh = draw(axes[column], error, colours, land=land, labels=(False, True))
        rmse = float(np.sqrt(np.nanmean(error.values**2))) if np.isfinite(error.values).any() else np.nan
        axes[column].set_title(f"RMSE {rmse:.2g} {units}".rstrip(), size="medium")
    label = f"Map − truth [{units}]" if units not in ("", "1") else "Map − truth"
    add_colour_bar(axes[-1], mesh, colours, label)


def _pick_all(shown: Mapping[str, xr.DataArray], time: Any) -> dict[str, Field]:
    fields = {name: pick(da, time) for name, da in shown.items()}
    when = {name: field.when for name, field in fields.items() if field.when}
    if len(set(when.values())) > 1:
        raise ValueError(
            f"the panels have no common instant near {time}: {when}; select one with da.sel(time=...) first"
        )
    return fields


def _instant_of(da: xr.DataArray, time: Any) -> Any:
    """Return the label to look for in every panel: the caller's, or that of the middle of the first panel's record."""
    if time is not None or not has_time(da):
        return time
    name = find_axes(da).time
    middle = da.sizes[name] // 2
    return da[name].values[middle] if name in da.coords else middle


def _upper_colours(
    main: xr.DataArray, fields: Mapping[str, Field], cmap: str | None, limits: tuple[float, float] | None
) -> Colours:
    reference = [fields["truth"]] if "truth" in fields else [f for n, f in fields.items() if n != "observations"]
    chosen = choose_colours(main, [f.values for f in reference], cmap=cmap, limits=limits)
    # Again over all panels, for the arrows of the colour bar.
    return choose_colours(main, [f.values for f in fields.values()], cmap=chosen.cmap, limits=(chosen.low, chosen.high))


def _minus(name: str, field: Field, truth: Field) -> Field:
    same = field.values.shape == truth.values.shape and all(
        np.allclose(a, b, atol=1e-6) for a, b in ((field.x, truth.x), (field.y, truth.y))
    )
    if not same or field.centre != truth.centre:
        raise ValueError(
            f"{name!r} {field.values.shape} is not on the grid of the truth {truth.values.shape}, so there is no error "
            "to draw; bring it there with da.interp_like(truth), or leave truth= out"
        )
    return replace(field, values=field.values - truth.values)


def _size(fields: Mapping[str, Field], rows: int) -> tuple[float, float]:
    """Inches of the whole figure: panels as wide as `_WIDTH`, or wider where the field is flat."""
    shape = panel_shape(next(iter(fields.values())))
    width = max(_WIDTH, 1.7 / shape)
    return width * len(fields) + 1.4, (width * shape + 0.3) * rows + 0.7
