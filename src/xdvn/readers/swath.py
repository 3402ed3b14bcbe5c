"""Wide-swath altimetry: SWOT's KaRIn, two bands of pixels on either side of the ground track.

Swaths keep their own geometry: dimensions ``num_lines`` (along the track) and ``num_pixels`` (across it), latitudes and
longitudes on both, time on ``num_lines``. ``as_points`` lays them out as points, which ``xdvn.osse.grid_points`` takes.
SWOT L3: doi:10.24400/527896/A01-2023.018.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, eastward_of
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["HEIGHTS", "as_points", "read_simulated_swath", "read_swot_l3"]

_DIMS = ("num_lines", "num_pixels")
HEIGHTS = ("ssha_unfiltered", "ssha_filtered", "ssha_noiseless", "ssha")
"""What the height anomaly is called in SWOT files, in the order of choice."""


def read_swot_l3(
    path: str | Path, *, variable: str | None = None, with_mdt: bool = False, flag: int = 0, west: float = -180.0
) -> xr.Dataset:
    """Read SWOT level-3 swaths (Basic, Expert or Unsmoothed).

    Parameters
    ----------
    path : str or Path
        The file, of one pass.
    variable : str, optional
        Which height anomaly; by default the first the file has of ``ssha_unfiltered``, ``ssha_filtered``,
        ``ssha_noiseless``, ``ssha``.
    with_mdt : bool
        Whether to add the mean dynamic topography: sea surface height instead of its anomaly.
    flag : int
        Highest ``quality_flag`` kept, where the file has it: 0 keeps good pixels only.
    west : float
        Where longitudes begin [degrees east].

    Returns
    -------
    xr.Dataset
        ``sla`` (or ``ssh`` with the mean topography) on (num_lines, num_pixels) [m], ``cross_track_distance`` [km].
        Where the file has no times, all lines get the middle of the time that its attributes say it covers, and the
        coordinate's ``comment`` says so.

    Raises
    ------
    ValueError
        If the file has no such variable, no mean topography to add, or nothing that tells the time.
    """
    ds = open_file(path)
    origin = Path(path).name
    variable = variable or next((name for name in HEIGHTS if name in ds.data_vars), "")
    absent = [name for name in (variable, *(["mdt"] * with_mdt)) if name not in ds.data_vars]
    if absent:
        known = f"none of {', '.join(HEIGHTS)}" if absent == [""] else f"no {' or '.join(absent)}"
        raise ValueError(f"{origin} has {known}; it has {', '.join(map(str, ds.data_vars))}. Choose with variable=")
    height = ds[variable].transpose(*_DIMS)
    if "quality_flag" in ds:
        height = height.where(ds["quality_flag"].transpose(*_DIMS) <= flag)
    if with_mdt:
        height = (height + ds["mdt"].transpose(*_DIMS)).assign_attrs(units="m", formula=f"{variable} + mdt")
    return _swath(ds, height, ds["cross_track_distance"].transpose(*_DIMS), "ssh" if with_mdt else "sla", west, origin)


def read_simulated_swath(path: str | Path, *, variable: str = "ssh_model", west: float = -180.0) -> xr.Dataset:
    """Read simulated KaRIn swaths of the SSH mapping challenge 2020a, or other output of the SWOT simulator.

    Parameters
    ----------
    path : str or Path
        The file.
    variable : str
        ``"ssh_model"``, the model's height, which the challenge uses; ``"ssh_obs"``, the same with errors.
    west : float
        Where longitudes begin [degrees east].

    Returns
    -------
    xr.Dataset
        ``ssh`` on (num_lines, num_pixels) [m], ``cross_track_distance`` [km].

    Raises
    ------
    ValueError
        If the file has no such variable on a swath.
    """
    ds = open_file(path)
    origin = Path(path).name
    if variable not in ds.data_vars or ds[variable].ndim != 2 or "x_ac" not in ds.variables:
        raise ValueError(
            f"{origin} has no swath {variable!r} with across-track distances x_ac; it has "
            f"{', '.join(f'{v}{ds[v].dims}' for v in ds.data_vars)}"
        )
    across = next(str(d) for d in ds[variable].dims if d != "time")
    ds = ds.rename_dims({"time": _DIMS[0], across: _DIMS[1]})
    distance = ds["x_ac"].broadcast_like(ds[variable]).transpose(*_DIMS)
    return _swath(ds, ds[variable].transpose(*_DIMS), distance, "ssh", west, origin)


def as_points(swath: xr.Dataset) -> xr.Dataset:
    """Lay a swath out as points, line after line, without the pixels that have no height.

    Parameters
    ----------
    swath : xr.Dataset
        As the readers of this module return it; its first variable is the height.

    Returns
    -------
    xr.Dataset
        The same variables on ``point``, with ``time``, ``lat`` and ``lon``.
    """
    flat = swath.reset_coords().broadcast_like(swath["lat"]).stack(point=_DIMS)
    flat = flat.reset_index("point", drop=True).drop_vars(list(_DIMS), errors="ignore").set_coords(list(COORDINATES))
    height = next(iter(swath.data_vars))
    return flat.isel(point=np.flatnonzero(flat[height].notnull().values))[list(swath.data_vars)]


def _swath(
    ds: xr.Dataset, height: xr.DataArray, distance: xr.DataArray, name: str, west: float, origin: str
) -> xr.Dataset:
    lat, lon = (ds[coordinate(ds, n, origin)].transpose(*_DIMS).values for n in ("latitude", "longitude"))
    moved = eastward_of(lon, west)
    time, comment = _times(ds, height.sizes[_DIMS[0]], origin)
    coords = {"time": (_DIMS[:1], time), "lat": (_DIMS, lat.astype(np.float64)), "lon": (_DIMS, moved)}
    kept = {"cross_track_distance": distance.drop_vars(list(distance.coords)).assign_attrs(units="km")}
    heights = {name: describe(height.drop_vars(list(height.coords)), name)}
    described = {key: describe(array, key) for key, array in kept.items()}
    tidy = xr.Dataset(heights | described, coords=coords, attrs=ds.attrs)
    for key, attrs in COORDINATES.items():
        tidy[key].attrs = dict(attrs)
    if comment:
        tidy["time"].attrs["comment"] = comment
    return tidy


def _times(ds: xr.Dataset, n: int, origin: str) -> tuple[np.ndarray, str]:
    if "time" in ds.variables:
        return ds["time"].values, ""
    limits = [str(ds.attrs.get(f"time_coverage_{end}", "")).removesuffix("Z") for end in ("start", "end")]
    if not all(limits):
        raise ValueError(f"{origin} has neither a variable time nor the attributes time_coverage_start and _end")
    start, end = (np.datetime64(limit, "ns") for limit in limits)
    comment = f"not in the file: the middle of its coverage, {limits[0]} to {limits[1]}"
    return np.full(n, start + (end - start) // 2), comment
