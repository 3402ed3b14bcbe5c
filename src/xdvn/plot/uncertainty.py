"""Error and predicted standard deviation against the distance to the nearest observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from xdvn.grid.matching import on_grid_of
from xdvn.metrics import Bands, errors_by_group
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
    """Draw the RMSE and the predicted standard deviation by distance from the observations.

    If the uncertainty is calibrated, the RMSE (solid) equals the root mean predicted variance (dashed).

    Parameters
    ----------
    methods : mapping
        Maps by method, with the name of the truth and optionally ``<name>_std``.
    truth : xr.DataArray
        The truth, on the times and grid cells to evaluate.
    distance : xr.DataArray
        Distance to the nearest observation, such as ``distance_in_space`` of ``distance_to_observations``.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure.
    edges : sequence of float, optional
        Edges of the bands of distance. If None, seven bands of equal width up to the 99th percentile.

    Returns
    -------
    matplotlib Axes
        The axes of the plot.

    Raises
    ------
    KeyError
        A method has no map with the name of the truth.

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
        raise KeyError(f"{missing[0]!r} has no map {name!r}, the name of the truth. Rename its map or the truth")
    dims = [str(d) for d in truth.dims]
    shared = on_grid_of(distance, truth, dims, ("distance", "truth")).transpose(*truth.dims)
    if edges is None:
        edges = np.linspace(0, float(shared.quantile(0.99)), 8).tolist()
    bands = Bands(shared, edges)
    if ax is None:
        ax = plt.figure(figsize=(6.0, 3.8), layout="constrained").add_subplot()
    for i, (method, maps) in enumerate(methods.items()):
        mapped = on_grid_of(maps, truth, dims, (method, "truth"))
        errors = errors_by_group(bands, mapped[name], truth).rmse
        ax.plot(errors[bands.name], errors, marker=".", color=f"C{i}", label=method)
        if f"{name}_std" in mapped:
            std = mapped[f"{name}_std"].assign_attrs(units=truth.attrs.get("units", "1"))
            spread = errors_by_group(bands, std, (0 * truth).assign_attrs(truth.attrs)).rmse
            ax.plot(spread[bands.name], spread, ls="--", color=f"C{i}")
    if any(f"{name}_std" in maps for maps in methods.values()):
        ax.plot([], [], ls="--", color="0.4", label="predicted")
    ax.set_xlabel(label_of(shared))
    ax.set_ylabel(f"error [{truth.attrs.get('units', '1')}]")
    ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3, lw=0.4)
    ax.legend(frameon=False, fontsize="small", ncols=2, loc="lower right")
    return ax
