"""Methods side by side: truth, observations and maps in one row, errors and standard deviations below."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpecBase
from shapely.geometry.base import BaseGeometry

from xdvn.plot.maps import add_colour_bar, draw
from xdvn.plot.projection import panel_shape, projection_for
from xdvn.plot.selection import MapLayer, instant_of, pick
from xdvn.plot.style import Colours, choose_colours, label_of

__all__ = ["PanelLayout", "comparison"]

_WIDTH = 2.7  # inches of one panel


@dataclass(frozen=True)
class PanelLayout:
    """A figure and the grid of its panels.

    Parameters
    ----------
    figure : matplotlib Figure
        Figure, or part of a figure, to draw in.
    grid : GridSpecBase
        Positions of the panels, ``grid[row, column]``.
    own : bool
        Whether the figure contains only these panels.
    """

    figure: Figure | SubFigure
    grid: GridSpecBase
    own: bool

    @classmethod
    def of(cls, ax: Axes | None, rows: int, columns: int, size: tuple[float, float], layout: str) -> PanelLayout:
        """Create a figure of ``size`` [inches], or replace axes of a figure by a grid of panels.

        Raises
        ------
        ValueError
            The axes are not in a grid of subplots.
        """
        if ax is None:
            figure = plt.figure(figsize=size, layout=layout)
            return cls(figure, figure.add_gridspec(rows, columns), True)
        spec = ax.get_subplotspec()
        if spec is None:
            raise ValueError(
                "ax=: expected axes in a grid of subplots. Create them with plt.subplots() or figure.add_subplot(), or "
                "leave ax out"
            )
        parent = ax.figure
        ax.remove()
        return cls(parent, spec.subgridspec(rows, columns), False)

    @property
    def root(self) -> Figure:
        """Whole figure, for example to save it."""
        figure = self.figure
        while isinstance(figure, SubFigure):
            figure = figure.figure
        assert isinstance(figure, Figure)
        return figure

    def entitle(self, title: str, first: Axes) -> None:
        """Write a title above all panels; in a figure with other axes, above the title of the first panel."""
        if self.own:
            self.figure.suptitle(title)
        elif title:
            first.set_title(f"{title}\n{first.get_title()}".strip())


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
    """Draw maps of one variable at one instant side by side, with their errors if there is a truth.

    All maps of the first row have one colour scale, all errors (method minus truth) a second, all standard deviations a
    third.

    Parameters
    ----------
    panels : mapping of str to xr.DataArray
        Maps by the name of the method, from left to right.
    truth : xr.DataArray, optional
        Truth on the same grid, which adds a row of errors.
    ax : matplotlib Axes, optional
        Axes that the panels replace in their figure. If None, a new figure.
    observations : xr.DataArray, optional
        Observations, NaN in gaps.
    std : mapping of str to xr.DataArray, optional
        Standard deviations of the error by the names of ``panels``, which add a row.
    time : optional
        Nearest instant to draw, such as ``"2012-11-03"``. If None, the middle of the time series of the first panel.
    cmap : str, optional
        Colour map of the first row. If None, from the attributes.
    limits, error_limits : (float, float), optional
        Limits of the maps and of the errors in the units of the variable. If None, those of the truth (or of all maps)
        and of all errors.
    title : str, optional
        Title above all panels. If None, the date.
    land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
        Land to draw.

    Returns
    -------
    matplotlib Figure
        The figure; ``figure.savefig("comparison.png")`` saves it.

    Raises
    ------
    ValueError
        There is no map, a map is not on the grid of the truth, or a standard deviation has no map.

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
        raise ValueError("panels={}: expected at least one map. Pass {'OI': ds['ssh'], ...}")
    shown: dict[str, xr.DataArray] = {}
    for name, da in (("truth", truth), ("observations", observations)):
        if name in panels and da is not None:
            raise ValueError(f"panels= contains {name!r}, the name of the argument {name}=. Rename the panel")
        if da is not None:
            shown[name] = da
    shown |= panels
    first = next(iter(panels.values()))
    layers = _pick_all(shown, instant_of(first, time))
    colours = _upper_colours(truth if truth is not None else first, layers, cmap, limits)
    spreads = _spreads(std or {}, panels, instant_of(first, time))
    rows = 1 + (truth is not None) + bool(spreads)
    projection = projection_for(next(iter(layers.values())))
    layout = PanelLayout.of(
        ax, rows, len(layers), _size(layers, rows), "compressed" if len(layers) == 1 else "constrained"
    )
    axes = [[layout.figure.add_subplot(layout.grid[r, c], projection=projection) for c in range(len(layers))]
            for r in range(rows)]  # fmt: skip
    main = truth if truth is not None else first
    errors = {} if truth is None else {n: _minus(n, f, layers["truth"]) for n, f in layers.items() if n != "truth"}
    # In each column, only the lowest panel has labels of longitude.
    lowest = dict.fromkeys(layers, 0) | dict.fromkeys(errors, 1) | dict.fromkeys(spreads, rows - 1)
    for column, (name, layer) in enumerate(layers.items()):
        mesh = draw(axes[0][column], layer, colours, land=land, labels=(column == 0, lowest[name] == 0))
        axes[0][column].set_title(name)
    add_colour_bar(axes[0][-1], mesh, colours, _shared_label(main))
    if truth is not None:
        at = dict(zip(layers, axes[1], strict=True))
        _draw_errors(at, errors, truth, error_limits, land, [n for n in errors if lowest[n] == 1])
    if spreads:
        _draw_spreads(dict(zip(layers, axes[-1], strict=True)), spreads, main, land)
    layout.entitle(layers[next(iter(panels))].when if title is None else title, axes[0][0])
    return layout.root


def _draw_errors(
    axes: Mapping[str, Axes],
    errors: Mapping[str, MapLayer],
    truth: xr.DataArray,
    limits: tuple[float, float] | None,
    land: Feature | BaseGeometry | bool,
    bottom: Container[str],
) -> None:
    """Draw method minus truth below each panel, except the truth."""
    # Errors of sparse observations do not represent the range of the errors of maps.
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
    spreads: Mapping[str, MapLayer],
    main: xr.DataArray,
    land: Feature | BaseGeometry | bool,
) -> None:
    """Draw standard deviations below their methods, with their RMS in the title, to compare with the RMSE."""
    values = [spread.values for spread in spreads.values()]
    highest = choose_colours(main, values, signed=False).high
    colours = choose_colours(main, values, cmap="magma", limits=(0.0, highest or 1.0), signed=False)
    units = _units(main)
    for name, ax in axes.items():
        if name not in spreads:
            ax.set_axis_off()
            continue
        mesh = draw(ax, spreads[name], colours, land=land, labels=(False, True))
        finite = spreads[name].values[np.isfinite(spreads[name].values)]
        rms = float(np.sqrt(np.mean(finite**2))) if finite.size else np.nan
        ax.set_title(f"RMS {rms:.2g} {units}".rstrip(), size="medium")
    last = [name for name in axes if name in spreads][-1]
    bar = add_colour_bar(axes[last], mesh, colours, f"Standard deviation [{units}]" if units else "Standard deviation")
    # A bar over an empty panel needs no space of the layout, so that the columns above stay evenly spaced.
    bar.set_in_layout(last == list(axes)[-1])


def _spreads(std: Mapping[str, xr.DataArray], panels: Mapping[str, xr.DataArray], time: Any) -> dict[str, MapLayer]:
    if unknown := [name for name in std if name not in panels]:
        raise ValueError(f"std= contains {unknown}: expected names of the panels {list(panels)}. Rename them")
    return {name: pick(da, time, outside=True) for name, da in std.items()}


def _shared_label(da: xr.DataArray) -> str:
    """Return a label without the part of the long name that applies to the truth only, after a comma."""
    words = str(da.attrs.get("long_name", "")).split(",")[0]
    return label_of(da.assign_attrs(long_name=words))


def _units(da: xr.DataArray) -> str:
    units = str(da.attrs.get("units", ""))
    return "" if units == "1" else units


def _pick_all(shown: Mapping[str, xr.DataArray], time: Any) -> dict[str, MapLayer]:
    layers = {name: pick(da, time, outside=True) for name, da in shown.items()}
    when = {name: layer.when for name, layer in layers.items() if layer.when}
    if len(set(when.values())) > 1:
        raise ValueError(
            f"the panels have no common instant near {time}, but {when}. Select one with da.sel(time=...) first"
        )
    return layers


def _upper_colours(
    main: xr.DataArray, layers: Mapping[str, MapLayer], cmap: str | None, limits: tuple[float, float] | None
) -> Colours:
    reference = [layers["truth"]] if "truth" in layers else [f for n, f in layers.items() if n != "observations"]
    chosen = choose_colours(main, [f.values for f in reference], cmap=cmap, limits=limits)
    # The arrows of the colour bar depend on all panels, not only on those of the limits.
    return choose_colours(main, [f.values for f in layers.values()], cmap=chosen.cmap, limits=(chosen.low, chosen.high))


def _minus(name: str, layer: MapLayer, truth: MapLayer) -> MapLayer:
    if not _same_grid(layer, truth):
        raise ValueError(
            f"{name!r} {layer.values.shape} is not on the grid of the truth {truth.values.shape}. Interpolate it "
            "with da.interp_like(truth), or leave truth out"
        )
    return replace(layer, values=layer.values - truth.values)


def _same_grid(a: MapLayer, b: MapLayer) -> bool:
    """Return whether cell centres are equal, in any convention of longitudes, to a hundredth of a cell."""
    if a.values.shape != b.values.shape or a.x.shape != b.x.shape or (a.centre is None) != (b.centre is None):
        return False
    step = min((float(np.abs(np.diff(c)).min()) for c in (b.x, b.y) if c.shape[-1] > 1), default=1.0)
    turn = 0.0 if a.centre is None or b.centre is None else (a.centre - b.centre + 180) % 360 - 180
    near = max(1e-6, min(0.01 * step, 1e-3))
    return abs(turn) < near and all(np.allclose(p, q, rtol=0, atol=near) for p, q in ((a.x, b.x), (a.y, b.y)))


def _size(layers: Mapping[str, MapLayer], rows: int) -> tuple[float, float]:
    """Return the size of the figure [inches]; panels of low height are wider than `_WIDTH`."""
    shape = panel_shape(next(iter(layers.values())))
    width = max(_WIDTH, 1.7 / shape)
    return width * len(layers) + 1.4, (width * shape + 0.3) * rows + 0.7
