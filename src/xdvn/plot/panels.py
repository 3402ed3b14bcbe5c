"""Methods side by side: truth, observations and maps in one row, below it what each got wrong and how sure it was.

All fields of the first row share one colour scale; all errors (method minus truth) another, symmetric about 0; all
standard deviations a third: two panels of one colour mean two equal values. Called by users and by the demo.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from xdvn.plot.field import Field, instant_of, pick
from xdvn.plot.maps import add_colour_bar, draw
from xdvn.plot.projection import panel_shape, projection_for
from xdvn.plot.sheet import Sheet
from xdvn.plot.style import Colours, choose_colours, label_of

__all__ = ["comparison"]

_WIDTH = 2.7  # inches of one panel


def comparison(
    panels: Mapping[str, xr.DataArray],
    truth: xr.DataArray | None = None,
    ax: Axes | None = None,
    *,
    observations: xr.DataArray | None = None,
    std: Mapping[str, xr.DataArray] | None = None,
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
    ax : matplotlib Axes, optional
        Axes whose place in a figure is divided into the panels (they are removed); a new figure by default.
    observations : xr.DataArray, optional
        What the methods were given, NaN where nothing was observed.
    std : mapping of str to xr.DataArray, optional
        Standard deviation of each method's error, by the names in ``panels``; with it comes a row of them.
    time : optional
        The instant nearest to this, such as ``"2012-11-03"``; the middle of the first panel's record by default.
    cmap : str, optional
        Colour map of the first row.
    limits, error_limits : (float, float), optional
        Limits of the first two rows in the variable's unit; by default those of the truth (or of all maps) and of all
        errors.
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
        When there is nothing to compare, a map is not on the grid of the truth, or a standard deviation has no map.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
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
    fields = _pick_all(shown, instant_of(first, time))
    colours = _upper_colours(truth if truth is not None else first, fields, cmap, limits)
    spreads = _spreads(std or {}, panels, instant_of(first, time))
    rows = 1 + (truth is not None) + bool(spreads)
    projection = projection_for(next(iter(fields.values())))
    sheet = Sheet.of(ax, rows, len(fields), _size(fields, rows), "constrained")
    axes = [[sheet.figure.add_subplot(sheet.grid[r, c], projection=projection) for c in range(len(fields))]
            for r in range(rows)]  # fmt: skip
    main = truth if truth is not None else first
    errors = {} if truth is None else {n: _minus(n, f, fields["truth"]) for n, f in fields.items() if n != "truth"}
    # In each column the lowest panel carries the longitudes.
    lowest = dict.fromkeys(fields, 0) | dict.fromkeys(errors, 1) | dict.fromkeys(spreads, rows - 1)
    for column, (name, field) in enumerate(fields.items()):
        mesh = draw(axes[0][column], field, colours, land=land, labels=(column == 0, lowest[name] == 0))
        axes[0][column].set_title(name)
    add_colour_bar(axes[0][-1], mesh, colours, _shared_label(main))
    if truth is not None:
        at = dict(zip(fields, axes[1], strict=True))
        _draw_errors(at, errors, truth, error_limits, land, [n for n in errors if lowest[n] == 1])
    if spreads:
        _draw_spreads(dict(zip(fields, axes[-1], strict=True)), spreads, main, land)
    sheet.entitle(fields[next(iter(panels))].when if title is None else title, axes[0][0])
    return sheet.root


def _draw_errors(
    axes: Mapping[str, Axes],
    errors: Mapping[str, Field],
    truth: xr.DataArray,
    limits: tuple[float, float] | None,
    land: Feature | BaseGeometry | bool,
    bottom: Container[str],
) -> None:
    """Draw method minus truth below each panel; the place below the truth itself stays empty."""
    # Sparse observations would say little about the range of the maps' errors.
    methods = [e.values for name, e in errors.items() if name != "observations"]
    colours = choose_colours(truth, methods, cmap="PuOr_r", limits=limits, signed=True)
    units = _units(truth)
    for name, ax in axes.items():
        if name not in errors:
            ax.set_axis_off()
            continue
        error = errors[name]
        mesh = draw(ax, error, colours, land=land, labels=(False, name in bottom))
        rmse = float(np.sqrt(np.nanmean(error.values**2))) if np.isfinite(error.values).any() else np.nan
        ax.set_title(f"RMSE {rmse:.2g} {units}".rstrip(), size="medium")
    add_colour_bar(ax, mesh, colours, f"Map − truth [{units}]" if units else "Map − truth")


def _draw_spreads(
    axes: Mapping[str, Axes],
    spreads: Mapping[str, Field],
    main: xr.DataArray,
    land: Feature | BaseGeometry | bool,
) -> None:
    """Draw standard deviations below the methods that tell one; their RMS is to be held against the RMSE."""
    values = [spread.values for spread in spreads.values()]
    highest = choose_colours(main, values, signed=False).high
    colours = choose_colours(main, values, cmap="magma", limits=(0.0, highest or 1.0), signed=False)
    units = _units(main)
    for name, ax in axes.items():
        if name not in spreads:
            ax.set_axis_off()
            continue
        mesh = draw(ax, spreads[name], colours, land=land, labels=(False, True))
        known = spreads[name].values[np.isfinite(spreads[name].values)]
        typical = float(np.sqrt(np.mean(known**2))) if known.size else np.nan
        ax.set_title(f"RMS {typical:.2g} {units}".rstrip(), size="medium")
    last = [name for name in axes if name in spreads][-1]
    bar = add_colour_bar(axes[last], mesh, colours, f"Standard deviation [{units}]" if units else "Standard deviation")
    # Beside an empty place there is room for the bar, and the columns above need not move apart for it.
    bar.set_in_layout(last == list(axes)[-1])


def _spreads(std: Mapping[str, xr.DataArray], panels: Mapping[str, xr.DataArray], time: Any) -> dict[str, Field]:
    if unknown := [name for name in std if name not in panels]:
        raise ValueError(f"std= names {unknown}, which are not among the panels {list(panels)}; give both one name")
    return {name: pick(da, time) for name, da in std.items()}


def _shared_label(da: xr.DataArray) -> str:
    """Return the name of the quantity without what only the truth is: "sea surface height, truth" up to the comma."""
    words = str(da.attrs.get("long_name", "")).split(",")[0]
    return label_of(da.assign_attrs(long_name=words))


def _units(da: xr.DataArray) -> str:
    units = str(da.attrs.get("units", ""))
    return "" if units == "1" else units


def _pick_all(shown: Mapping[str, xr.DataArray], time: Any) -> dict[str, Field]:
    fields = {name: pick(da, time) for name, da in shown.items()}
    when = {name: field.when for name, field in fields.items() if field.when}
    if len(set(when.values())) > 1:
        raise ValueError(
            f"the panels have no common instant near {time}: {when}; select one with da.sel(time=...) first"
        )
    return fields


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
