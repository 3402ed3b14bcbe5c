"""Readers of wide-swath altimetry (SWOT KaRIn).

Swaths have the dimensions ``num_lines`` (along-track) and ``num_pixels`` (across-track). ``to_points`` converts them to
points for ``xdvn.tracks.bin_points``. SWOT L3: doi:10.24400/527896/A01-2023.018.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from xdvn.readers.decoding import open_file
from xdvn.readers.regular import coordinate, wrap_longitude
from xdvn.readers.vocabulary import COORDINATES, describe

__all__ = ["HEIGHTS", "read_simulated_swath", "read_swot_l3", "to_points"]

_DIMS = ("num_lines", "num_pixels")
HEIGHTS = ("ssha_unfiltered", "ssha_filtered", "ssha_noiseless", "ssha")
"""Names of the height anomaly in SWOT files, in order of preference."""


def read_swot_l3(
    path: str | Path, *, variable: str | None = None, with_mdt: bool = False, flag: int = 0, lon_start: float = -180.0
) -> xr.Dataset:
    """Read SWOT level-3 swaths (Basic, Expert or Unsmoothed).

    Parameters
    ----------
    path : str or Path
        The file, with one pass.
    variable : str, optional
        Height anomaly. If None, the first in the file of ``ssha_unfiltered``, ``ssha_filtered``, ``ssha_noiseless``
        and ``ssha``.
    with_mdt : bool
        Whether to add the mean dynamic topography, which gives sea surface height. Default: False.
    flag : int
        Highest accepted ``quality_flag``, if the file has it. Default: 0, good pixels only.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.

    Returns
    -------
    xr.Dataset
        ``sla`` (or ``ssh`` with the mean topography) on (num_lines, num_pixels) [m], ``cross_track_distance`` [km].
        If the file has no times, ``time`` is the middle of the period in its attributes, as its ``comment`` states.

    Raises
    ------
    ValueError
        If the file has no such variable, no mean topography to add or no time.
    """
    ds = open_file(path)
    origin = Path(path).name
    variable = variable or next((name for name in HEIGHTS if name in ds.data_vars), "")
    absent = [name for name in (variable, *(["mdt"] * with_mdt)) if name not in ds.data_vars]
    if absent:
        missing = f"none of {', '.join(HEIGHTS)}" if absent == [""] else f"no {' or '.join(absent)}"
        raise ValueError(f"{origin} has {missing}: it contains {', '.join(map(str, ds.data_vars))}. Set variable=")
    height = ds[variable].transpose(*_DIMS)
    if "quality_flag" in ds:
        height = height.where(ds["quality_flag"].transpose(*_DIMS) <= flag)
    if with_mdt:
        height = (height + ds["mdt"].transpose(*_DIMS)).assign_attrs(units="m", formula=f"{variable} + mdt")
    return _swath(
        ds, height, ds["cross_track_distance"].transpose(*_DIMS), "ssh" if with_mdt else "sla", lon_start, origin
    )


def read_simulated_swath(path: str | Path, *, variable: str = "ssh_model", lon_start: float = -180.0) -> xr.Dataset:
    """Read simulated KaRIn swaths of the SSH mapping challenge 2020a or of the SWOT simulator.

    Parameters
    ----------
    path : str or Path
        The file.
    variable : str
        ``"ssh_model"`` (default): the height of the model, as in the challenge. ``"ssh_obs"``: with errors.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.

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
            f"variable={variable!r}: expected a swath with across-track distances x_ac in {origin}, which contains "
            f"{', '.join(f'{v}{ds[v].dims}' for v in ds.data_vars)}"
        )
    across = next(str(d) for d in ds[variable].dims if d != "time")
    ds = ds.rename_dims({"time": _DIMS[0], across: _DIMS[1]})
    distance = ds["x_ac"].broadcast_like(ds[variable]).transpose(*_DIMS)
    return _swath(ds, ds[variable].transpose(*_DIMS), distance, "ssh", lon_start, origin)


def to_points(swath: xr.Dataset) -> xr.Dataset:
    """Convert a swath to points, line by line, without pixels of missing height.

    Parameters
    ----------
    swath : xr.Dataset
        A swath as ``read_swot_l3`` returns it; its first variable is the height.

    Returns
    -------
    xr.Dataset
        The variables on ``point``, with ``time``, ``lat`` and ``lon``.
    """
    flat = swath.reset_coords().broadcast_like(swath["lat"]).stack(point=_DIMS)
    flat = flat.reset_index("point", drop=True).drop_vars(list(_DIMS), errors="ignore").set_coords(list(COORDINATES))
    height = next(iter(swath.data_vars))
    return flat.isel(point=np.flatnonzero(flat[height].notnull().values))[list(swath.data_vars)]


def _swath(
    ds: xr.Dataset, height: xr.DataArray, distance: xr.DataArray, name: str, lon_start: float, origin: str
) -> xr.Dataset:
    lat, lon = (ds[coordinate(ds, n, origin)].transpose(*_DIMS).values for n in ("latitude", "longitude"))
    lon = wrap_longitude(lon, lon_start)
    time, comment = _times(ds, height.sizes[_DIMS[0]], origin)
    coords = {"time": (_DIMS[:1], time), "lat": (_DIMS, lat.astype(np.float64)), "lon": (_DIMS, lon)}
    distance = distance.assign_attrs(units="km")
    arrays = {
        key: describe(array.drop_vars(list(array.coords)), key)
        for key, array in ((name, height), ("cross_track_distance", distance))
    }
    tidy = xr.Dataset(arrays, coords=coords, attrs=ds.attrs)
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
        raise ValueError(
            f"{origin} has no time: expected a variable time, or the attributes time_coverage_start and _end"
        )
    start, end = (np.datetime64(limit, "ns") for limit in limits)
    comment = f"not in the file: the middle of its coverage, {limits[0]} to {limits[1]}"
    return np.full(n, start + (end - start) // 2), comment
