"""Does a predicted uncertainty grow where the error does? Both against the distance to the nearest observation.

The root mean square error of points at about that distance (solid) and their root mean predicted variance (dashed) lie
on each other where the prediction is right, and both rise with distance where maps know what they cannot know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from xdvn.metrics import Bands, errors_by
from xdvn.plot.style import label_of

__all__ = ["error_by_distance"]


def error_by_distance(
    methods: Mapping[str, xr.Dataset],
    truth: xr.DataArray,
    distance: xr.DataArray,
    ax: Axes | None = None,
    *,
    edges: Sequence[float] | None = None,
) -> Axes:
    """Draw the error, and the standard error told, by distance from the observations.

    Parameters
    ----------
    methods : mapping
        Maps by method, named as the truth; those with ``<name>_std`` get a dashed line too.
    truth : xr.DataArray
        The complete field, on the times and cells that count.
    distance : xr.DataArray
        Such as ``distance_in_space`` of ``grid.distance.distance_to_observations``; on the truth's times and cells.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    edges : sequence of float, optional
        Of the bands of distance; default seven of equal width, up to what 99 % of the points are within.

    Returns
    -------
    matplotlib Axes
        The axes drawn on.

    Raises
    ------
    KeyError
        A method has no map named as the truth.

    Examples
    --------
    >>> far = xr.DataArray([[[0.0, 10.0, 20.0]]], dims=("time", "lat", "lon"), name="distance", attrs={"units": "km"},
    ...                    coords={"time": [0], "lat": [40.0], "lon": [0.0, 0.1, 0.2]})
    >>> truth = (0 * far).rename("ssh").assign_attrs(units="m")
    >>> maps = xr.Dataset({"ssh": (truth + 0.01 * far.values).assign_attrs(units="m")})
    >>> ax = error_by_distance({"OI": maps}, truth, far, edges=[0, 5, 15, 25])
    >>> ax.get_lines()[0].get_ydata().round(3).tolist()
    [0.0, 0.1, 0.2]
    >>> plt.close(ax.figure)
    """
    name = str(truth.name)
    missing = [method for method, maps in methods.items() if name not in maps]
    if missing:
        raise KeyError(f"{missing[0]!r} has no map {name!r}, as the truth is called; rename its map or the truth")
    shared = xr.align(distance, truth, join="inner")[0].transpose(*truth.dims)
    if edges is None:
        edges = np.linspace(0, float(shared.quantile(0.99)), 8).tolist()
    bands = Bands(shared, edges)
    if ax is None:
        ax = plt.figure(figsize=(6.0, 3.8), layout="constrained").add_subplot()
    for i, (method, maps) in enumerate(methods.items()):
        mapped = xr.align(maps, truth, join="inner")[0]
        errors = errors_by(bands, mapped[name], truth).rmse
        ax.plot(errors[bands.name], errors, marker=".", color=f"C{i}", label=method)
        if f"{name}_std" in mapped:
            told = mapped[f"{name}_std"].assign_attrs(units=truth.attrs.get("units", "1"))
            spread = errors_by(bands, told, (0 * truth).assign_attrs(truth.attrs)).rmse
            ax.plot(spread[bands.name], spread, ls="--", color=f"C{i}")
    if any(f"{name}_std" in maps for maps in methods.values()):
        ax.plot([], [], ls="--", color="0.4", label="as told")
    ax.set_xlabel(label_of(shared))
    ax.set_ylabel(f"error [{truth.attrs.get('units', '1')}]")
    ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3, lw=0.4)
    ax.legend(frameon=False, fontsize="small", ncols=2, loc="lower right")
    return ax
