"""The twin's sea as SWOT would see it: the wide swath and the nadir altimeter between its bands.

The challenge 2020a has SWOT beside the four nadirs; so has the twin with this. All measurements, narrow and wide, are
averaged in the cells of the twin's grid. ``xdvn.datasets.eddies(swot=True)`` calls it and keeps the result.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.osse.gridding import grid_stream
from xdvn.osse.orbits import SWOT
from xdvn.osse.sampling import along_track, sample
from xdvn.osse.swaths import along_swath
from xdvn.osse.twin import Twin

__all__ = ["observe_with_swot"]

_PORTION = 30  # days that are measured at a time; a year of the swath is eight million points


def observe_with_swot(twin: Twin, sea: xr.DataArray) -> xr.Dataset:
    """Measure a twin's sea with its own altimeters and SWOT, and average the measurements in its grid.

    The twin's own measurements are the same as without SWOT; SWOT's phase and errors are drawn from the same seed.

    Parameters
    ----------
    twin : Twin
        The experiment.
    sea : xr.DataArray
        Its sea, as ``twin.simulate()`` returns it.

    Returns
    -------
    xr.Dataset
        ``ssh_obs`` [m] on the twin's grid, NaN where nothing was measured, with its offsets as in ``grid_points``.

    Examples
    --------
    >>> twin = Twin.small()
    >>> sea = twin.simulate()
    >>> both = observe_with_swot(twin, sea).ssh_obs.notnull().sum()
    >>> bool(both > 2 * twin.make().ssh_obs.notnull().sum())
    True
    """
    grid = xr.Dataset(coords=twin.coords)
    cells = grid_stream(_measurements(twin, sea), grid)
    kept = [str(v) for v in cells.data_vars if "offset" in str(v)]
    attrs = {"ancillary_variables": " ".join(kept)}
    attrs["long_name"] = "sea surface height, mean of the nadir altimeter and SWOT measurements in the cell"
    observed = cells["ssh_obs"].assign_attrs(attrs)
    return cells[kept].assign(ssh_obs=observed)


def _measurements(twin: Twin, sea: xr.DataArray) -> Iterator[xr.DataArray]:
    yield twin.observe(sea)
    seed = twin.seed if twin.orbit_seed is None else twin.orbit_seed
    random = np.random.default_rng([seed, 1])  # another stream than that of the nadirs
    epoch = random.uniform(0, 3650)
    half = twin.spacing / 2
    lat, lon = ((low - half, high + half) for low, high in (twin.lat, twin.lon))
    for first in range(0, twin.days, _PORTION):
        start, days = pd.Timestamp(twin.start) + pd.Timedelta(days=first), min(_PORTION, twin.days - first)
        for points in (
            along_track([SWOT], start, days, lat, lon, epoch=epoch + first),
            along_swath(SWOT, start, days, lat, lon, epoch=epoch + first),
        ):
            eddies = sample(sea, points, periodic=True, noise=twin.noise, seed=int(random.integers(2**31)))
            yield (eddies + twin.front(points["lat"])).rename("ssh_obs").assign_attrs(sea.attrs)
