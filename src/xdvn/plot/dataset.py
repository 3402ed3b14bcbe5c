"""Plots of the variables of a Dataset: maps of grids and swaths, points of tracks, Hovmöller diagrams, lines."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import cartopy.crs as ccrs
import numpy as np
import xarray as xr
from cartopy.feature import Feature
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from xdvn.grid.axes import find_axes, require_variable
from xdvn.plot.instants import selected_indices
from xdvn.plot.maps import field as draw_field
from xdvn.plot.panels import PanelLayout, comparison
from xdvn.plot.projection import panel_shape, projection_for
from xdvn.plot.section import at_times, section
from xdvn.plot.selection import MapLayer, has_time, horizontal_dims, pick, single_extra_dims
from xdvn.plot.style import choose_colours, is_logarithm
from xdvn.plot.tracks import around, tracks

__all__ = ["overview"]

_WIDTH = 4.2  # inches of one panel with its colour bar
_COLUMNS = 4
_MOST = 12  # maps of one variable
_ORDER = ("maps in time", "maps", "tracks", "sections", "lines")


def overview(
    ds: xr.Dataset,
    *names: str,
    truth: xr.DataArray | None = None,
    observations: xr.DataArray | None = None,
    time: Any = None,
    ax: Axes | None = None,
    land: Feature | BaseGeometry | bool = True,
) -> Figure:
    """Draw variables of a Dataset, side by side: grids and swaths as maps, tracks as points, sections as diagrams.

    Variables with the same units and standard name (a truth, its observations, a reconstruction) share a colour scale.
    A grid of one row or column is a section: a Hovmöller diagram if there are several times, otherwise a line.

    Parameters
    ----------
    ds : xr.Dataset
        Dataset with variables on a grid, a swath, a track or a section.
    *names : str
        Variables to draw. If none, the floats of the first kind found: maps in time, maps, tracks, sections, lines.
        Offsets and distances of observations are excluded.
    truth, observations : xr.DataArray, optional
        Truth and observations, drawn with the variables of the same units and standard name, or with ``names``. Rows
        below contain the errors and the ``<name>_std``.
    time : optional
        Nearest instant to draw: a date such as ``"2012-11-03"`` (also for cftime calendars), or a position such as -1.
        A list or a slice draws one map per instant, at most 12. If None, the middle of the time series.
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
        There is nothing to draw, or the instant is outside the period.

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
    ds = _with_positions(ds)
    chosen = {name: require_variable(ds, name, "plotted") for name in names} or _drawable(ds)
    if truth is not None or observations is not None:
        return _against(ds, chosen, truth, observations, bool(names), time=time, ax=ax, land=land)
    if not chosen:
        raise ValueError(_nothing(ds))
    kinds = {name: _kind(da) for name, da in chosen.items()}
    forms = {name: _form(da, time) for name, da in chosen.items()}
    mapped = set(forms.values()) == {"map"}
    if mapped and (isinstance(time, slice) or np.ndim(time) > 0):
        return _instants(chosen, time, ax, land)
    if mapped and len(set(kinds.values())) == 1 and len(chosen) <= _COLUMNS:
        return comparison(chosen, ax=ax, time=time, land=land)
    drawn = {name: _Panel.of(da, forms[name], time) for name, da in chosen.items()}
    shape = max(panel.shape for panel in drawn.values())
    columns = min(len(drawn), _COLUMNS if mapped else 2)
    rows = -(-len(drawn) // columns)
    width = _WIDTH if mapped or len(drawn) > 1 else 5.4
    size = width * columns, ((width - 1.2) * shape + 0.7) * rows + 0.3
    layout = PanelLayout.of(ax, rows, columns, size, "compressed" if mapped else "constrained")
    for place, (name, panel) in enumerate(drawn.items()):
        axes = layout.figure.add_subplot(layout.grid[place // columns, place % columns], projection=panel.projection)
        same_kind = [other.values for key, other in drawn.items() if kinds[key] == kinds[name]]
        shared = choose_colours(panel.da, same_kind)
        panel.draw(axes, name, time, (shared.low, shared.high), land)
    return layout.root


@dataclass(frozen=True)
class _Panel:
    """A variable and the form of its plot: "map", "track" or "section"."""

    da: xr.DataArray
    form: str
    values: np.ndarray
    layer: MapLayer | None = None

    @classmethod
    def of(cls, da: xr.DataArray, form: str, time: Any) -> _Panel:
        if form == "map":
            layer = pick(da, time)
            return cls(da, form, layer.values, layer)
        if form == "track":
            da = _with_times(da)
            if isinstance(time, slice):
                stamps = xr.DataArray(np.zeros(da.size), {"time": da[_track_time(da)].values}, ("time",))
                da = da.isel({da.dims[0]: selected_indices(stamps, "time", time)})
            layer = around(da)
            return cls(da, form, np.asarray(da.values, float), layer)
        return cls(da, form, np.asarray(at_times(da, time).values, float))

    @property
    def shape(self) -> float:
        """Height over width."""
        return 0.66 if self.layer is None else panel_shape(self.layer)

    @property
    def projection(self) -> ccrs.Projection | None:
        """Projection of its axes, None for plain axes."""
        return None if self.layer is None else projection_for(self.layer)

    def draw(
        self,
        ax: Axes,
        name: str,
        time: Any,
        limits: tuple[float, float],
        land: Feature | BaseGeometry | bool,
    ) -> None:
        """Draw the variable."""
        if self.form == "map" and self.layer is not None:
            title = f"{name} {self.layer.when}".strip()
            draw_field(self.da, ax, time=time, limits=limits, title=title, land=land)
        elif self.form == "track":
            at = None if isinstance(time, slice) else time
            tracks(self.da, ax=ax, time=at, limits=limits, title=name, land=land)
        else:
            section(self.da, ax, time=time, limits=limits if self.is_surface(time) else None)
            ax.set_title(f"{name} {ax.get_title()}".strip())

    def is_surface(self, time: Any) -> bool:
        """Return whether a section has two dimensions, with colours, instead of a line."""
        return at_times(self.da, time).squeeze().ndim == 2


def _instants(
    chosen: Mapping[str, xr.DataArray], time: Any, ax: Axes | None, land: Feature | BaseGeometry | bool
) -> Figure:
    """Draw maps of several instants: a row of panels per variable, or more if they do not fit into one."""
    panels: list[list[tuple[str, xr.DataArray]]] = []
    for name, da in chosen.items():
        if not has_time(da):
            panels.append([(name, da)])
            continue
        dim = find_axes(da).time
        found = selected_indices(da, dim, time) or []
        if len(found) > _MOST:
            step = -(-len(found) // _MOST)
            raise ValueError(
                f"time= selects {len(found)} instants of {name!r}: expected at most {_MOST}. Use a step, as in "
                f"time=slice(start, stop, {step})"
            )
        panels.append([(name, da.isel({dim: i})) for i in found])
    columns = min(_COLUMNS, max(map(len, panels)))
    layers = [[pick(da) for _, da in row] for row in panels]
    rows = sum(-(-len(row) // columns) for row in panels)
    shape = max(panel_shape(layer) for row in layers for layer in row)
    size = _WIDTH * columns, ((_WIDTH - 1.2) * shape + 0.7) * rows + 0.3
    layout = PanelLayout.of(ax, rows, columns, size, "compressed")
    first = 0
    for row, drawn in zip(panels, layers, strict=True):
        colours = choose_colours(row[0][1], [layer.values for layer in drawn])
        limits = (colours.low, colours.high)
        for k, ((name, da), layer) in enumerate(zip(row, drawn, strict=True)):
            axes = layout.figure.add_subplot(
                layout.grid[first + k // columns, k % columns], projection=projection_for(layer)
            )
            draw_field(da, axes, limits=limits, title=f"{name} {layer.when}".strip(), land=land)
        first += -(-len(row) // columns)
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
        kinds = {name: _kind(da)[:2] for name, da in chosen.items()}
        raise ValueError(
            f"expected a variable with the units and standard_name of {reference.name!r}, {_kind(reference)[:2]}, got "
            f"{kinds}. Name the variable, as in ds.dvn.plot('ssh', truth=truth)"
        )
    compared = {
        name: da
        for name, da in compared.items()
        if name.removesuffix("_std") not in compared or not name.endswith("_std")
    }
    for name, da in compared.items():
        if not _is_map(da):
            raise ValueError(
                f"{name!r} has the dimensions {da.dims}: truth= and observations= expect maps. Keep both horizontal "
                "dimensions, as in ds.isel(lat=[8])"
            )
    std = {name: ds[f"{name}_std"] for name in compared if f"{name}_std" in ds}
    return comparison(compared, truth, observations=observations, std=std, **options)


def _kind(da: xr.DataArray) -> tuple[str | None, str | None, bool]:
    """Return what variables on one colour scale have in common; a logarithm may have the units of its variable."""
    return da.attrs.get("units"), da.attrs.get("standard_name"), is_logarithm(da)


def _drawable(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the floats of the first kind found; numbers of other types if there are none."""
    bounds = {str(v.attrs.get("bounds")) for v in ds.variables.values()}
    for types in ("f", "iub"):
        found: dict[str, dict[str, xr.DataArray]] = {kind: {} for kind in _ORDER}
        for key, da in ds.data_vars.items():
            name = str(key)
            auxiliary = "_offset_" in name or "_distance_in_" in name or name.endswith(("_bnds", "_bounds"))
            if auxiliary or name in bounds or da.dtype.kind not in types or da.size == 0:
                continue
            if kind := _default_kind(da):
                found[kind][name] = da
        for kind in _ORDER:
            if found[kind]:
                return found[kind]
    return {}


def _default_kind(da: xr.DataArray) -> str | None:
    if _is_map(da):
        return "maps in time" if has_time(da) else "maps"
    if _is_track(da):
        return "tracks"
    sizes = [n for n in da.shape if n > 1]
    return {1: "lines", 2: "sections"}.get(len(sizes))


def _form(da: xr.DataArray, time: Any) -> str:
    """Return the form of the plot of a variable: "map", "track" or "section"."""
    if _is_track(da):
        return "track"
    if not _is_map(da):
        # More dimensions than a section are an error of maps, which names the dimension.
        return "section" if len([n for n in da.shape if n > 1]) in (1, 2) else "map"
    sizes = [da.sizes[d] for d in _space(da)]
    moving = has_time(da) and da.sizes[find_axes(da).time] > 1
    one_instant = time is not None and not isinstance(time, slice) and np.ndim(time) == 0
    if max(sizes) == 1:
        return "section" if moving and not one_instant else "map"
    return "section" if min(sizes) == 1 and da[list(_space(da))[0]].ndim == 1 and _straight(da) else "map"


def _space(da: xr.DataArray) -> tuple[str, ...]:
    """Return the horizontal dimensions of a variable with or without time; none if they cannot be identified."""
    try:
        return horizontal_dims(da)
    except ValueError:
        return ()


def _straight(da: xr.DataArray) -> bool:
    """Return whether a row or column follows one axis, unlike a line of a curvilinear grid or of a swath."""
    places = [n for key in ("longitude", "latitude") for n in da.cf.guess_coord_axis().cf.coordinates.get(key, [])]
    return all(da[n].ndim <= 1 for n in places)


def _is_map(da: xr.DataArray) -> bool:
    space = _space(da)
    if len(space) != 2 or not set(space) <= set(da.dims):
        return False
    other = [d for d in da.dims if d not in space and d not in single_extra_dims(da)]
    return not other or (has_time(da) and other == [find_axes(da).time])


def _is_track(da: xr.DataArray) -> bool:
    """Return whether a variable has one longitude and one latitude per point of its only dimension."""
    if da.ndim != 1 or da.size == 0:
        return False
    coordinates = da.cf.guess_coord_axis().cf.coordinates
    found = [[n for n in coordinates.get(key, []) if da[n].dims == da.dims] for key in ("longitude", "latitude")]
    return all(len(names) == 1 for names in found)


def _track_time(da: xr.DataArray) -> Hashable | None:
    names = [n for n in da.cf.guess_coord_axis().cf.coordinates.get("time", []) if da[n].dims == da.dims]
    return names[0] if names else None


def _with_times(da: xr.DataArray) -> xr.DataArray:
    """Return a track with times, which are the positions of its points if it has none."""
    if _track_time(da) is not None:
        return da
    return da.drop_vars("time", errors="ignore").assign_coords(time=(da.dims, np.arange(da.size, dtype=float)))


def _with_positions(ds: xr.Dataset) -> xr.Dataset:
    """Return a Dataset in which longitudes and latitudes stored as variables are coordinates."""
    units = {f"degree{s}_{c}" for s in ("", "s") for c in ("north", "east", "N", "E")}
    found = [
        name
        for name, da in ds.data_vars.items()
        if da.attrs.get("units") in units
        or da.attrs.get("standard_name") in ("longitude", "latitude")
        or str(name).lower() in ("lon", "lat", "longitude", "latitude", "nav_lon", "nav_lat")
    ]
    return ds.set_coords(found)


def _nothing(ds: xr.Dataset) -> str:
    """Return the message of an error for a Dataset without a variable to draw, with what it has instead."""
    for name, da in ds.data_vars.items():
        if da.dtype.kind in "fiub" and 0 in da.shape:
            return f"nothing to draw: {name!r} has the shape {da.shape}. Check the selection before"
        if da.dtype.kind in "fiub" and (space := _space(da)):
            kept = {*space, *([find_axes(da).time] if has_time(da) else [])}
            if extra := [d for d in da.dims if d not in kept]:
                cure = f"Select one level, as in ds.isel({extra[0]}=0)"
                return f"nothing to draw: {name!r} has another dimension {extra[0]!r}. {cure}"
    found = ", ".join(str(name) for name in ds.data_vars) or "no variables"
    return (
        f"nothing to draw: expected numbers on a grid, a track or a section, got {found}. Name a variable, as in "
        "ds.dvn.plot('ssh'), or mark its axes, as in ds['rows'].attrs['axis'] = 'Y'"
    )
